"""Lists of texts that may stand at certain places of a reply: the rule by itself, and with the real starter model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.api import Choice, EngineError, GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from assistant.engine.llama.choice_lists import Choices

NAMES = Choice(after="def ", texts=("add", "address", "subtract"), end="(")


def _walk(choices: Choices, text: str) -> bool:
    """Whether every byte of `text` was allowed in its place."""
    for byte in text.encode():
        if not choices.allows(bytes([byte])):
            return False
        choices.take(bytes([byte]))
    return True


@pytest.mark.parametrize(
    "text", ["x def add(a)", "def address(", "def subtract(a) def add(", "no place at all", "de f x"]
)
def test_names_of_the_list_and_free_text_are_allowed(text: str) -> None:
    assert _walk(Choices([NAMES]), text)


@pytest.mark.parametrize("text", ["def other(", "def ad(", "def addre(", "def (", "def add(a) def mul(", "def add ("])
def test_other_names_are_not(text: str) -> None:
    assert not _walk(Choices([NAMES]), text)


def test_tokens_across_the_edges_of_a_place_are_judged_whole() -> None:
    choices = Choices([NAMES])
    assert choices.allows(b"def add(")
    assert choices.allows(b" def addr")
    assert not choices.allows(b"def other")
    choices.take(b"class X: de")
    assert not choices.allows(b"f o")
    choices.take(b"f a")
    assert choices.bound
    assert choices.allows(b"ddress(self) and def add(")
    assert not choices.allows(b"ddress(self) and def axx(")


def test_end_of_one_text_can_begin_the_next_place() -> None:
    choices = Choices([Choice("\n### ", ("a.py", "b.py"))])
    assert _walk(choices, "\n### a.py\n### b.py\n### ")
    assert choices.bound
    assert not choices.allows(b"c")


def test_several_lists_each_hold_at_their_place() -> None:
    lists = [Choice("", ("yes", "no"), end=": "), Choice("in ", ("Rome", "Oslo"), end="")]
    assert _walk(Choices(lists), "no: in Oslo, not in Rome")
    assert not _walk(Choices(lists), "maybe")
    assert not _walk(Choices(lists), "yes: in Paris")


def test_what_may_follow_is_the_rest_of_each_text() -> None:
    choices = Choices([NAMES])
    choices.take(b"def a")
    rests: list[bytes] = []
    assert choices.possible(lambda rest: rests.append(rest) or [len(rest)]) == [3, 7]  # type: ignore[func-returns-value]
    assert rests == [b"dd(", b"ddress("]


def test_place_that_was_entered_wrongly_is_entered_with_one_of_its_texts() -> None:
    choices = Choices([Choice("in: ", ("Rome", "Oslo"))])
    choices.take(b"in:")
    assert not choices.allows(b" Paris")
    tokens = {b" Rome\n": [4], b" Oslo\n": [5]}
    assert choices.possible(lambda rest: tokens.get(rest, [])) == [4, 5]


def test_open_text_may_be_written_as_the_beginning_of_a_longer_token() -> None:
    choices = Choices([Choice("", ("re",), end="")])
    assert choices.possible(lambda rest: [1], lambda rest: [2, 3] if rest == b"re" else []) == [1, 2, 3]
    closed = Choices([Choice("", ("re",), end="\n")])
    assert closed.possible(lambda rest: [1], lambda rest: [2, 3]) == [1]


@given(st.text("de fa(", max_size=30), st.integers(1, 4))
def test_how_a_text_is_cut_into_tokens_makes_no_difference(text: str, step: int) -> None:
    def allowed(size: int) -> bool:
        choices = Choices([Choice("de", ("fa", "fad"), end="(")])
        for at in range(0, len(text), size):
            piece = text[at : at + size].encode()
            if not choices.allows(piece):
                return False
            choices.take(piece)
        return True

    assert allowed(step) == allowed(1)


@pytest.fixture(scope="module")
def engine(starter_model: Path) -> Iterator[BlockingEngine]:
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(starter_model), context_size=512))
        yield engine


HEADERS = "Edits.\n### symbol: alpha\nchanged\n### symbol: beta\nchanged\n### symbol: gamma\nchanged\n"


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.0, 1.2])
def test_symbol_that_does_not_exist_cannot_be_written(engine: BlockingEngine, temperature: float) -> None:
    names = ("parse_header", "Reader.close", "schließen")
    for seed in range(3):
        request = GenerationRequest(
            TextPrompt(HEADERS), 60, Sampling(temperature, seed=seed), choices=(Choice("### symbol: ", names),)
        )
        text, stats = engine.reply(request)
        said = [line.removeprefix("### symbol: ") for line in text.split("\n")[:-1] if line.startswith("### symbol: ")]
        assert said or temperature, "the little model repeats the pattern"
        assert set(said) <= set(names)
        assert 0 < stats.constrained_tokens < stats.completion_tokens or not said


@pytest.mark.slow
def test_word_that_was_begun_is_ended_as_the_model_would(engine: BlockingEngine) -> None:
    """The model wants a blank first; held to the letters, it says a word of its own that begins so."""
    prompt = TextPrompt("The capital of France is Paris. The capital of Italy is")
    held = GenerationRequest(prompt, 3, Sampling(temperature=0), choices=(Choice("", (" Ro",), end=""),))
    assert engine.reply(held)[0].startswith(" Rome")
    start = GenerationRequest(
        TextPrompt("def add(a, b):\n    "), 4, Sampling(temperature=0), choices=(Choice("", ("ret",), end=""),)
    )
    assert engine.reply(start)[0].startswith("return")


@pytest.mark.slow
def test_prose_is_not_looked_at_and_stays_as_it_was(engine: BlockingEngine) -> None:
    prompt, greedy = TextPrompt("Once upon a time there was"), Sampling(temperature=0)
    plain, _ = engine.reply(GenerationRequest(prompt, 40, greedy))
    listed = GenerationRequest(prompt, 40, greedy, choices=(Choice("### symbol: ", ("one",)),))
    lazy = Sampling(temperature=0, grammar='root ::= "yes"', grammar_after="### answer: ")
    for request in (listed, GenerationRequest(prompt, 40, lazy)):
        text, stats = engine.reply(request)
        assert (text, stats.completion_tokens, stats.constrained_tokens) == (plain, 40, 0)


@pytest.mark.slow
def test_grammar_looks_at_the_tokens_after_its_trigger_only(engine: BlockingEngine) -> None:
    lazy = Sampling(temperature=0, grammar='root ::= (" seven" | " eight") "!" "\\n"', grammar_after="answer:")
    prompt = TextPrompt("Numbers.\nanswer: 1\nanswer: 2\nanswer: 3\n")
    text, stats = engine.reply(GenerationRequest(prompt, 12, lazy))
    assert text in ("answer: seven!\n", "answer: eight!\n")
    assert stats.constrained_tokens == stats.completion_tokens + 1 - len(engine.tokenize("answer:"))


@pytest.mark.slow
@pytest.mark.parametrize("awaited", ["el", "Hel", "lo, W", "H"])
@pytest.mark.parametrize("grammar", ["[0-9]+", '""', '"é" .*', '[a-z]+ " "'])
def test_trigger_that_ends_within_a_token_is_followed_by_what_the_grammar_allows(
    engine: BlockingEngine, awaited: str, grammar: str
) -> None:
    """The model says "Hello, World" here: where the rest of such a token is forbidden, the token is not said."""
    prompt = TextPrompt("def hello_world():\n    print(")
    lazy = Sampling(temperature=0, grammar=f"root ::= {grammar}", grammar_after=awaited)
    text, _ = engine.reply(GenerationRequest(prompt, 9, lazy))
    _, found, after = text.partition(awaited)
    rule = {"[0-9]+": "[0-9]+", '""': "", '"é" .*': "é.*", '[a-z]+ " "': "[a-z]+ "}[grammar]
    assert found and re.fullmatch(rule, after, re.DOTALL), text


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_reply_ends_where_a_grammar_leaves_nothing_to_say(engine: BlockingEngine, temperature: float) -> None:
    held = Sampling(temperature, seed=1, grammar='root ::= "a" "\\x00" "b"')
    text, stats = engine.reply(GenerationRequest(TextPrompt("hello"), 9, held))
    assert (text, stats.stop_reason) == ("a", "end")


@pytest.mark.slow
def test_grammar_and_lists_together_are_refused(engine: BlockingEngine) -> None:
    both = GenerationRequest(TextPrompt("x"), 4, Sampling(grammar='root ::= "a"'), choices=(NAMES,))
    with pytest.raises(EngineError, match="both"):
        engine.reply(both)
