"""Asking until it parses: the fault goes back to the model, and what stays broken is marked."""

from __future__ import annotations

import pytest

from assistant.editing.edit import Hunk, Rejection
from assistant.editing.propose import FORMATS, Attempt, Proposal, format_for, propose, symbol_meant
from assistant.editing.task import EditTask
from assistant.errors import NothingProduced
from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from tests.fakes.scripted_engine import ScriptedEngine

TEXT = "def f(a):\n    return a - 1\n\n\ndef g(a):\n    return f(a)\n"
PYTHON = language_named("python")


async def _run(engine: ScriptedEngine, task: EditTask) -> tuple[list[str], Proposal]:
    failures, last = [], None
    async for step in propose(engine, task):
        if isinstance(step, Attempt):
            failures.append(step.why)
        elif isinstance(step, Proposal):
            last = step
    assert last is not None
    return failures, last


def _task(**more: object) -> EditTask:
    return EditTask("m.py", TEXT, PYTHON, "Add one instead.", "f", **more)  # type: ignore[arg-type]


async def test_a_sound_change_is_taken_at_once_and_the_reply_is_cut_where_the_symbol_ends() -> None:
    engine = ScriptedEngine(["    return a + 1\n\n\ndef g(a):\n    return 0\n\n\n" + "# chatter\n" * 500])
    failures, proposal = await _run(engine, _task())
    assert failures == []
    assert proposal.edit.after == TEXT.replace("a - 1", "a + 1")
    assert engine.cancelled == 1 and proposal.completion_tokens < 40


async def test_a_fault_is_shown_to_the_model_and_asked_for_again() -> None:
    engine = ScriptedEngine(["    return (a + 1\n```", "    return a + 1\n```"])
    failures, proposal = await _run(engine, _task())
    assert len(failures) == 1 and "line 2" in failures[0]
    assert proposal.attempts == 2 and proposal.verdict.sound
    assert "could not be used: it breaks the syntax" in engine.last_messages()[-1].content
    temperatures = [request.sampling.temperature for request in engine.requests]
    assert temperatures[0] == 0 and temperatures[1] > 0


async def test_what_stays_broken_is_marked() -> None:
    failures, proposal = await _run(ScriptedEngine(["    return (a + 1\n```"]), _task())
    assert len(failures) == 3 and proposal.attempts == 3
    assert not proposal.verdict.sound


async def test_a_model_that_changes_nothing_is_told_from_one_that_does() -> None:
    with pytest.raises(NothingProduced, match="changes nothing"):
        await _run(ScriptedEngine(["    return a - 1\n```"]), _task())


async def test_a_file_that_was_broken_before_can_be_edited() -> None:
    task = EditTask("m.py", TEXT + "\n\ndef broken(:\n", PYTHON, "Add one instead.", "f")
    _, proposal = await _run(ScriptedEngine(["    return a + 1\n```"]), task)
    assert proposal.verdict.sound


async def test_rejections_and_their_reasons_go_back_to_the_model() -> None:
    engine = ScriptedEngine(["    return a + 1\n```"])
    await _run(engine, _task(rejections=(Rejection("m.py", Hunk(1, ("x\n",), ("y = 1\n",)), "too short"),)))
    assert "too short" in engine.last_messages()[-1].content


def test_the_symbol_that_a_wish_names_is_found() -> None:
    document = Document("class A:\n    def run(self):\n        pass\n\n\ndef main():\n    pass\n", PYTHON)
    assert symbol_meant(document, "Make A.run return 1") == "A.run"
    assert symbol_meant(document, "Make run in A return 1") == "A.run"
    assert symbol_meant(document, "Make main and A.run return 1") == ""
    assert symbol_meant(document, "Do something") == ""


def test_formats_are_chosen_by_what_is_known() -> None:
    assert format_for(_task()).name == "whole-symbol"
    assert format_for(EditTask("m.py", TEXT, PYTHON, "x")).name == "whole-file"
    assert format_for(EditTask("m.py", TEXT * 30, PYTHON, "x")).name == "search-replace"


async def test_search_and_replace_ends_where_chatter_begins() -> None:
    pair = "    return a - 1\n=======\n    return a + 1\n>>>>>>> REPLACE\n"
    engine = ScriptedEngine([pair + "\nThis adds one instead.\n" + "More words.\n" * 300])
    steps = [step async for step in propose(engine, _task(), FORMATS["search-replace"])]
    proposal = steps[-1]
    assert isinstance(proposal, Proposal)
    assert proposal.edit.after == TEXT.replace("a - 1", "a + 1")
    assert proposal.completion_tokens < 60


async def test_a_whole_file_has_room_for_all_of_it_also_when_a_symbol_is_meant() -> None:
    engine = ScriptedEngine([TEXT.replace("a - 1", "a + 1") + "```"])
    long = EditTask("m.py", TEXT + "# x\n" * 400, PYTHON, "Add one.", "f")
    async for _ in propose(engine, long, FORMATS["whole-file"], attempts=1):
        pass
    assert engine.requests[0].max_tokens > 800


def test_a_section_with_a_fenced_example_is_not_asked_for_as_a_fenced_symbol() -> None:
    text = "# One\n\n```sh\nls\n```\n\n# Two\n\ntext\n" + "more\n" * 80
    markdown = language_named("markdown")
    assert format_for(EditTask("a.md", text, markdown, "Say more.", "One")).name == "search-replace"
    assert format_for(EditTask("a.md", text, markdown, "Say more.", "Two")).name == "whole-symbol"
