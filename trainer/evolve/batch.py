"""One batch of tasks from beginning to end: ask, judge, ask for answers, judge, check. Knows no files and no order.

Runs in a thread of its own when the teacher is a server. What depends on the rows before (near duplicates) is settled
later, in the order of the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.engine.api import GenerationRequest
from trainer.errors import TrainerError
from trainer.evolve.asking import Asking, says_more, task_of
from trainer.evolve.checking.checks import Checks
from trainer.evolve.checking.elimination import ANSWER_RULES, TASK_RULES, Candidate, judge
from trainer.evolve.heuristics import Heuristic
from trainer.evolve.tally import Tally
from trainer.generators.generator import Generator, Reply
from trainer.records import Eliminated, Instruction, Seed, row_id


@dataclass(frozen=True)
class Task:
    """One lineage's turn in one round: evolve `parent`, or take in `seed`."""

    round: int
    lineage: int
    heuristic: Heuristic | None
    """None for a seed that is taken as it is."""
    parent: Instruction | None
    seed: Seed | None

    @property
    def source(self) -> str:
        """The text that the new task comes from."""
        return self.parent.instruction if self.parent else self.seed.instruction if self.seed else ""

    @property
    def name(self) -> str:
        """Name of the heuristic, or `seed`."""
        return self.heuristic.name if self.heuristic else "seed"


@dataclass(frozen=True)
class Draft:
    """A task on its way through the batch; `fate` says by which rule and why it was thrown away."""

    task: Task
    instruction: str
    response: str = ""
    fate: tuple[str, str] | None = None
    verified: bool | None = None
    pass_fraction: float | None = None


def work(
    batch: Sequence[Task], asking: Asking, checks: Checks, teacher: Generator, tally: Tally
) -> list[Instruction | Eliminated]:
    """The outcomes of a batch, one per task, in order."""
    drafts = [_taken(task, checks) for task in batch]
    drafts = _evolved(drafts, asking, teacher, tally)
    if checks.judge:
        drafts = _compared(drafts, asking, teacher, tally)
    drafts = [_screened(draft, checks) for draft in drafts]
    drafts = _answered(drafts, asking, teacher, tally)
    drafts = [_screened_answer(draft, checks) for draft in drafts]
    if checks.verifier is not None:
        drafts = checks.verifier.verified(drafts, asking, teacher, tally)
    return [_outcome(draft) for draft in drafts]


def _taken(task: Task, checks: Checks) -> Draft:
    """The start of a draft; what people bring themselves has its secrets masked before anyone sees it."""
    if task.seed is None:
        return Draft(task, task.source)
    instruction = checks.masked(task.seed.instruction)
    masked = replace(task, seed=replace(task.seed, instruction=instruction))
    return Draft(masked, instruction, checks.masked(task.seed.response))


def _evolved(drafts: list[Draft], asking: Asking, teacher: Generator, tally: Tally) -> list[Draft]:
    asked = [i for i, draft in enumerate(drafts) if draft.task.heuristic is not None]
    replies = _asked(teacher, [_evolve_request(drafts[i].task, asking) for i in asked], tally)
    for i, reply in zip(asked, replies, strict=True):
        task = drafts[i].task
        text = task_of(reply.text)
        parent = task.parent.instruction if task.parent else ""
        if task.heuristic is not None and task.heuristic.kind == "inspire":
            parent = ""
        candidate = Candidate(text, parent, "", task.name, _cut(reply))
        drafts[i] = replace(drafts[i], instruction=text, fate=judge(candidate, TASK_RULES))
    return drafts


def _evolve_request(task: Task, asking: Asking) -> GenerationRequest:
    assert task.heuristic is not None
    return asking.evolve(task.heuristic, task.source, task.round, task.lineage)


def _compared(drafts: list[Draft], asking: Asking, teacher: Generator, tally: Tally) -> list[Draft]:
    """Let the teacher say whether a task asks for more than its parent."""
    asked = [i for i, draft in enumerate(drafts) if draft.task.parent is not None and draft.fate is None]
    requests = [
        asking.compare(drafts[i].task.source, drafts[i].instruction, drafts[i].task.round, drafts[i].task.lineage)
        for i in asked
    ]
    for i, reply in zip(asked, _asked(teacher, requests, tally), strict=True):
        if not says_more(reply.text):
            drafts[i] = replace(drafts[i], fate=("no new information", "the teacher finds that it asks for the same"))
    return drafts


def _answered(drafts: list[Draft], asking: Asking, teacher: Generator, tally: Tally) -> list[Draft]:
    asked = [i for i, draft in enumerate(drafts) if draft.fate is None and not draft.response]
    requests = [asking.answer(drafts[i].instruction, drafts[i].task.round, drafts[i].task.lineage) for i in asked]
    for i, reply in zip(asked, _asked(teacher, requests, tally), strict=True):
        draft = replace(drafts[i], response=reply.text.strip())
        candidate = Candidate(draft.instruction, "", draft.response, draft.task.name, _cut(reply))
        drafts[i] = replace(draft, fate=judge(candidate, ANSWER_RULES))
    return drafts


def _screened(draft: Draft, checks: Checks) -> Draft:
    return draft if draft.fate else replace(draft, fate=checks.contaminated_task(draft.instruction))


def _screened_answer(draft: Draft, checks: Checks) -> Draft:
    return draft if draft.fate else replace(draft, fate=checks.contaminated_answer(draft.response))


def _asked(teacher: Generator, requests: Sequence[GenerationRequest], tally: Tally) -> list[Reply]:
    replies = []
    for reply in teacher.generate(requests) if requests else ():
        replies.append(reply)
        tally.reply(reply)
    if len(replies) != len(requests):
        raise TrainerError(f"{teacher.name} gave {len(replies)} replies to {len(requests)} requests")
    return replies


def _cut(reply: Reply) -> bool:
    return reply.stop_reason in ("length", "context_full")


def _outcome(draft: Draft) -> Instruction | Eliminated:
    task, parent = draft.task, draft.task.parent
    if draft.fate:
        name, reason = draft.fate
        return Eliminated(
            parent.id if parent else None,
            task.round,
            task.lineage,
            task.name,
            name,
            reason,
            draft.instruction,
            draft.response,
        )
    return Instruction(
        row_id(parent.id if parent else None, task.round, task.name, draft.instruction),
        parent.id if parent else None,
        task.round,
        task.name,
        draft.instruction,
        draft.response,
        (*parent.ancestry, parent.id) if parent else (),
        task.lineage,
        draft.verified,
        draft.pass_fraction,
    )
