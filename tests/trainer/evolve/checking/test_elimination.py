"""Each rule of elimination, with what it throws away and what it must let pass."""

from __future__ import annotations

import pytest

from trainer.evolve.asking import says_more, task_of
from trainer.evolve.checking import elimination as rules
from trainer.evolve.checking.elimination import ANSWER_RULES, TASK_RULES, Candidate, judge

PARENT = "Write a Python function that returns the largest number of a list."
TASK = "Write a Python function that returns the second largest distinct number of a list, in one pass and without sorting."
CODE = "```python\ndef f(values):\n    return max(values)\n```"

THROWN = [
    (rules.empty_or_short, Candidate("")),
    (rules.empty_or_short, Candidate("Sort it now")),
    (rules.no_content, Candidate("... of the and, but with it!")),
    (rules.refusal, Candidate("I'm sorry, but I can't help with making this task harder.")),
    (rules.refusal, Candidate("As an AI language model, I cannot do that.")),
    (rules.refusal, Candidate("Unfortunately, the task is already as hard as it gets.")),
    (rules.refusal, Candidate("I apologize, but I cannot assist with making the task harder.")),
    (rules.refusal, Candidate("I regret that I can't help with this one.")),
    (rules.refusal, Candidate("It is not possible for me to make this harder.")),
    (rules.refusal, Candidate("I must decline to rewrite this task.")),
    (rules.template_copied, Candidate("#Rewritten Test#: sort a list of numbers by length", PARENT)),
    (rules.template_copied, Candidate("Based on the given prompt, sort a list of numbers", PARENT)),
    (rules.template_copied, Candidate("Write only the task itself: sort a list of numbers", PARENT)),
    (rules.task_cut_off, Candidate("Write a function that takes a list and", PARENT, cut_off=True)),
    (rules.solved_instead, Candidate("```python\ndef f():\n    return 1\n```", PARENT)),
    (rules.solved_instead, Candidate("def f(values):\n    total = 0\n    for v in values:\n        total += v\n    return total", PARENT)),
    (rules.template_copied, Candidate("Sort a list of names in Python.\nThe task:\nSort it twice.", PARENT)),
    (rules.solved_instead, Candidate("You can sort the list by calling sorted on it and returning the result.", PARENT)),
    (rules.solved_instead, Candidate(f"Sort the list by its digit sums. Here is a possible solution:\n{CODE}", PARENT)),
    (rules.answer_repeats_task, Candidate(TASK, response=TASK + " " + PARENT)),
    (rules.no_new_information, Candidate(PARENT, PARENT)),
    (rules.no_new_information, Candidate(PARENT.upper() + "!!", PARENT)),
    (rules.no_new_information, Candidate("Please " + PARENT, PARENT)),
    (rules.language_changed, Candidate("Write a Java method that returns the two largest numbers of an array.", PARENT)),
    (rules.repetitive, Candidate("Use a list of the numbers. " * 40)),
    (rules.garbled, Candidate("Write a function that\x00 sorts a list twice.")),
    (rules.garbled, Candidate(TASK, response="x\x1b[2J and more of it")),
    (rules.answer_empty_or_short, Candidate(TASK, response="  ")),
    (rules.answer_empty_or_short, Candidate(TASK, response="ok")),
    (rules.answer_without_content, Candidate("What is it?", response="It is, and so it was!")),
    (rules.answer_refuses, Candidate(TASK, response="I am sorry, I cannot write that.")),
    (rules.answer_refuses, Candidate(TASK, response="Well, sorry about that, no code this time.")),
    (rules.answer_copies_template, Candidate(TASK, response="## Given prompt\nfoo")),
    (rules.answer_cut_off, Candidate(TASK, response="```python\ndef f(", cut_off=True)),
    (rules.answer_without_code, Candidate(TASK, response="You should think about the problem, and then sort the list.")),
    (rules.language_mismatch, Candidate("Write a Java program that adds numbers.", response="```python\nprint(1)\n```")),
    (rules.language_mismatch, Candidate("Explain how sorting works in a few words.", response="首先比较相邻的元素，如果第一个比第二个大，就交换它们两个，直到没有任何一对需要比较。")),
    (rules.unparsable_code, Candidate(TASK, response="```python\ndef f(:\n    return\n```")),
    (rules.language_mismatch, Candidate("Write a SQL query that lists all users.", response="```python\nprint(1)\n```")),
    (rules.language_mismatch, Candidate("Write a Java program that adds.", response="```kotlin\nfun main() {}\n```")),
    (rules.unparsable_code, Candidate(TASK, response="def f(a)\n    return sorted(a)")),
    (rules.unparsable_code, Candidate(TASK, response="Here is the solution:\n\n    def f(x:\n        return x\n\nIt is short.")),
    (rules.unparsable_code, Candidate("Write it in JavaScript.", response="```\nfunction f( { return 1;\n```")),
]  # fmt: skip

KEPT = [
    (rules.garbled, Candidate(TASK, response="Tabs\tand\r\nform feeds\f, ümläuts 和 🙂")),
    (rules.template_copied, Candidate("Write a parser for the given prompt of a shell.", "Parse the given prompt.")),
    (rules.template_copied, Candidate("Sort the given test scores, then add the two largest.", PARENT)),
    (rules.refusal, Candidate("Sort a list of apologies by length, and say sorry for each that is empty.")),
    (rules.solved_instead, Candidate(f"{TASK}\n\nHere is code that looks right and is wrong:\n{CODE}", PARENT, heuristic="erroneous_code")),
    (rules.answer_repeats_task, Candidate("Reverse abc.", response="cba")),
    (rules.no_new_information, Candidate(TASK, PARENT)),
    (rules.no_new_information, Candidate(TASK)),
    (rules.language_changed, Candidate("Write a function that returns the largest number of a nested list.", PARENT)),
    (rules.language_changed, Candidate("Write a Python function that turns a Java list into a sorted one.", PARENT)),
    (rules.repetitive, Candidate(TASK, response="\n".join(f"case {n}: return '{n * 37 % 101}'" for n in range(60)))),
    (rules.answer_empty_or_short, Candidate("What does print(1 + 2 * 3) show?", response="7")),
    (rules.answer_without_content, Candidate("Give the regular expression.", response="^a.+")),
    (rules.answer_refuses, Candidate(TASK, response='```python\nprint("Sorry, no such item")\n```')),
    (rules.answer_refuses, Candidate(TASK, response='print("I am sorry")')),
    (rules.answer_empty_or_short, Candidate("Write a regular expression statement for digits.", response=r"\d+")),
    (rules.answer_without_code, Candidate("Write a shell script that counts.", response="#!/bin/bash\nseq 1 10")),
    (rules.answer_without_code, Candidate("Explain what a stack is.", response="A stack is a list that grows at one end.")),
    (rules.language_mismatch, Candidate("Write a Flask program.", response="```python\nprint(1)\n```")),
    (rules.language_mismatch, Candidate("Go through the list in C order.", response="```python\nprint(1)\n```")),
    (rules.language_mismatch, Candidate("Write a web page in JavaScript.", response="```html\n<b>x</b>\n```")),
    (rules.language_mismatch, Candidate("Write a SQL query.", response="```python\ndb.execute('SELECT 1')\n```")),
    (rules.unparsable_code, Candidate(TASK, response="def f(a):\n    return sorted(a)\n\nThis sorts the list (in place of max.")),
    (rules.unparsable_code, Candidate(TASK, response="```text\nthis is ( no code\n```")),
    (rules.unparsable_code, Candidate("Write it in Python or Java.", response="```\nclass A { }\n```")),
]  # fmt: skip


def name(case: tuple) -> str:
    return f"{case[0].__name__}-{(case[1].response or case[1].instruction)[:18]!r}"


@pytest.mark.parametrize("case", THROWN, ids=map(name, THROWN))
def test_rule_throws_away(case: tuple) -> None:
    rule, candidate = case
    assert rule(candidate)


@pytest.mark.parametrize("case", KEPT, ids=map(name, KEPT))
def test_rule_lets_pass(case: tuple) -> None:
    rule, candidate = case
    assert rule(candidate) is None


def test_every_rule_of_the_tables_has_cases_and_lets_a_good_pair_pass() -> None:
    tried = {rule for rule, _ in THROWN}
    good = Candidate(TASK, PARENT, CODE, "constraints")
    for _, rule in (*TASK_RULES, *ANSWER_RULES):
        assert rule in tried
        assert rule(good) is None
    assert judge(good, TASK_RULES) is judge(good, ANSWER_RULES) is None


def test_the_verdict_names_the_rule_and_the_reason() -> None:
    assert judge(Candidate(PARENT, PARENT), TASK_RULES) == (
        "no new information",
        "the task is its parent, word for word",
    )


@pytest.mark.parametrize(
    ("reply", "task"),
    [
        (TASK, TASK),
        (f"Here is a harder version:\n\n{TASK}", TASK),
        (f"Sure! Here's the rewritten task:\n{TASK}", TASK),
        (f"**Rewritten Task:** {TASK}", TASK),
        (f"New task:\n{TASK}", TASK),
        (f'"{TASK}"', TASK),
        (f"```\n{TASK}\n```", TASK),
        (f"{TASK}\n\n{CODE}", f"{TASK}\n\n{CODE}"),
        (
            "Here is a list of numbers. Sort it by the digit sum.",
            "Here is a list of numbers. Sort it by the digit sum.",
        ),
    ],
)
def test_the_task_is_taken_out_of_the_reply(reply: str, task: str) -> None:
    assert task_of(reply) == task


def test_a_judge_that_says_neither_word_eliminates_nothing() -> None:
    assert says_more("more") and says_more("hm") and says_more("More.") and not says_more("Same")
