"""What a judged proposal teaches: the lessons of a review, and of a completion once it is seen what became of it.

It makes lessons and keeps none; whether they may be kept is `assistant.lessons`' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.editing.edit import Hunk, Rejection
from assistant.lessons.lesson import AFTER, BEFORE, Lesson
from assistant.session.edits import Review

_ANCHOR = 60
"""Characters beside a completion by which its place is found again."""


def lessons_of_review(
    reviews: Sequence[Review],
    wanted: Sequence[tuple[Review, Sequence[Hunk]]],
    rejections: Sequence[Rejection],
    model: str = "",
    folder: str = "",
) -> Iterator[Lesson]:
    """One lesson for each hunk that was decided about; hunks left open teach nothing."""
    kept = {id(review): hunks for review, hunks in wanted}
    for review in reviews:
        for hunk in kept.get(id(review), ()):
            proposed = _as_proposed(review, hunk)
            verdict = "accepted" if proposed.new == hunk.new else "edited"
            yield _lesson(review, proposed, "".join(hunk.new), verdict, "", model, folder)
        for rejection in rejections:
            if rejection.path == review.edit.path:
                old = "".join(rejection.hunk.old)
                hunk = _as_proposed(review, rejection.hunk)
                yield _lesson(review, hunk, old, "rejected", rejection.reason, model, folder)


def _as_proposed(review: Review, hunk: Hunk) -> Hunk:
    """The hunk as the model wrote it; a person may have rewritten its new lines since."""
    return next((one for one in review.hunks if (one.start, one.old) == (hunk.start, hunk.old)), hunk)


def _lesson(review: Review, hunk: Hunk, final: str, verdict: str, comment: str, model: str, folder: str) -> Lesson:
    lines = (review.edit.before or "").splitlines(keepends=True)
    return Lesson(
        kind="change",
        verdict=verdict,  # type: ignore[arg-type]  # one of the three, see the caller
        path=review.edit.path,
        language=review.task.language.name if review.task.language else "",
        instruction=review.task.instruction,
        before="".join(lines[: hunk.start])[-BEFORE:],
        old="".join(hunk.old),
        after="".join(lines[hunk.start + len(hunk.old) :])[:AFTER],
        proposed="".join(hunk.new),
        final=final,
        comment=comment,
        model=model,
        folder=folder,
    )


def what_became(text: str, before: str, after: str, at: int) -> str | None:
    """What stands now between `before` and `after`, near character `at`; None where the place is not to be found."""
    left, right = before[-_ANCHOR:], after[:_ANCHOR]
    nearest = None
    start = text.find(left)
    while start >= 0:
        place = start + len(left)
        if nearest is None or abs(place - at) < abs(nearest - at):
            nearest = place
        if place > at + len(text) // 2 or not left:
            break
        start = text.find(left, start + 1)
    if nearest is None:
        return None
    if not left:
        nearest = 0
    end = text.find(right, nearest) if right.strip() else len(text)
    return text[nearest:end] if end >= 0 else None


def lesson_of_completion(
    text: str, proposed: str, before: str, after: str, at: int, taken: bool, path: str, language: str, model: str = ""
) -> Lesson | None:
    """What a completion teaches, some time after it was taken or dismissed; None where that cannot be told.

    Args:
        text: the file now.
        before: the file's text before the place when it was suggested, `after` what stood behind it.
        at: the place, in characters.
    """
    final = what_became(text, before, after, at)
    if final is None or len(final) > 4 * len(proposed) + 400:
        return None
    verdict = "accepted" if final == proposed else "edited" if taken else "rejected"
    if taken and not final.strip():
        verdict = "rejected"
    return Lesson(
        kind="completion",
        verdict=verdict,  # type: ignore[arg-type]  # one of the three
        path=path,
        language=language,
        instruction="",
        before=before[-BEFORE:],
        old="",
        after=after[:AFTER],
        proposed=proposed,
        final=final,
        model=model,
    )
