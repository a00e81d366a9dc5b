"""Lessons as data to train on: instruction pairs, as evolve and finetune read them, and preference pairs.

A pair is only made where the lesson says what is right: of a rejected proposal nothing is learnt as an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from assistant.errors import NothingProduced, UsageError
from assistant.ground.fences import fence_for
from assistant.ground.files import write_whole
from assistant.lessons.lesson import Kept, Lesson

Form = Literal["instructions", "preferences"]
FORMS: tuple[Form, ...] = get_args(Form)


def export(kept: Sequence[Kept], file: Path, form: Form) -> int:
    """Write the pairs of some lessons as JSON lines, whole or not at all; returns how many.

    Raises:
        UsageError: `file` is a folder.
        NothingProduced: no pair follows from these lessons.
        AssistantError: it cannot be written.
    """
    if file.is_dir():
        raise UsageError(f"cannot write {file}", "it is a folder", "wizard-tui lessons export FILE.jsonl")
    rows = list(instruction_pairs(kept) if form == "instructions" else preference_pairs(kept))
    if not rows:
        why = (
            "no lesson was accepted or edited" if form == "instructions" else "none was edited, or rejected for another"
        )
        raise NothingProduced(
            f"there are no {form} to export", why if kept else "there are no lessons", "wizard-tui lessons list"
        )
    write_whole(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


def instruction_pairs(kept: Iterable[Kept]) -> Iterator[dict[str, str]]:
    """`instruction` and `response` of what was accepted or edited, oldest first."""
    for one in sorted(kept, key=lambda one: one.id):
        if one.lesson.verdict != "rejected" and one.lesson.final.strip():
            yield {"instruction": task(one.lesson), "response": fenced(one.lesson.language, one.lesson.final)}


def preference_pairs(kept: Iterable[Kept]) -> Iterator[dict[str, str]]:
    """`prompt`, `chosen` and `rejected`: what a person made of a proposal, or took or typed in its place."""
    rows = sorted((one.lesson for one in kept), key=lambda lesson: lesson.verdict == "rejected")
    liked: dict[str, str] = {}
    for lesson in rows:
        prompt = task(lesson)
        if lesson.verdict != "rejected":
            liked[prompt] = lesson.final
        chosen = _instead(lesson, liked.get(prompt, ""))
        if chosen.strip() and chosen != lesson.proposed:
            yield {
                "prompt": prompt,
                "chosen": fenced(lesson.language, chosen),
                "rejected": fenced(lesson.language, lesson.proposed),
            }


def _instead(lesson: Lesson, liked: str) -> str:
    """What was preferred to the proposal; "" where nobody knows."""
    if lesson.verdict == "edited":
        return lesson.final
    if lesson.verdict == "accepted":
        return ""
    # What stayed as it was says that the change was wrong, not what would have been right.
    return liked or (lesson.final if lesson.final != lesson.old else "")


def task(lesson: Lesson) -> str:
    """The lesson as a task for a model."""
    if lesson.kind == "completion":
        code = f"{lesson.before}<HERE>{lesson.after}"
        return f"Write the {lesson.language} code that belongs at <HERE> in {lesson.path}.\n\n{fenced(lesson.language, code)}"
    comment = f"\n\nNot like this: {lesson.comment}" if lesson.comment and lesson.verdict == "edited" else ""
    around = lesson.before[-800:].lstrip("\n")
    context = f"It stands after this code:\n\n{fenced(lesson.language, around)}\n\n" if around.strip() else ""
    old = lesson.old if lesson.old.strip() else "(nothing yet)"
    return f"{lesson.instruction}\n\n{context}Rewrite this part of {lesson.path}:\n\n{fenced(lesson.language, old)}{comment}"


def fenced(language: str, code: str) -> str:
    """Code in a fence that it does not break."""
    fence = fence_for(code)
    return f"{fence}{language}\n{code.rstrip(chr(10))}\n{fence}"
