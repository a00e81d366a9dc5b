"""Follows a reply while it is written and says where to take it back to, once no continuation can make it sound.

The place is the end of the last clean statement; where new tries from there fail as well, one further back is taken, and
after some tries the reply is let go on (the gate judges it when it is there). This judges; `propose` asks the engine.
"""

from __future__ import annotations

from collections import Counter

from assistant.editing.task import EditTask
from assistant.syntax.document import Span
from assistant.syntax.viable import can_judge, is_hopeless, is_statement_end

MOST_REWINDS = 8
_TRIES_AT_ONE_PLACE = 3


class Watch:
    """Watches one reply that takes the place of `span`.

    Args:
        begun: the code that was written for the model, which the reply continues.
    """

    def __init__(self, task: EditTask, span: Span, begun: str) -> None:
        self._document = task.document
        self._span = span
        self._begun = begun
        self._clean = [0]
        self._looked = 0
        self._tries: Counter[int] = Counter()
        self._on = can_judge(self._document, span)

    @property
    def rewinds(self) -> int:
        """How often the reply was told to go back."""
        return self._tries.total()

    def look(self, text: str) -> int | None:
        """Where in `text`, the reply so far, to go on from instead; None where it may go on as it stands."""
        whole = text[: text.rfind("\n") + 1]
        if not self._on or self._tries.total() >= MOST_REWINDS or "```" in whole or "~~~" in whole:
            return None
        self._clean = [place for place in self._clean if place <= len(whole)]
        self._looked = min(self._looked, len(whole))
        while self._looked < len(whole):
            end = whole.index("\n", self._looked) + 1
            code = self._begun + whole[:end]
            if is_hopeless(self._document, self._span, code):
                return self._back()
            if is_statement_end(self._document, code):
                self._clean.append(end)
            self._looked = end
        return None

    def _back(self) -> int:
        while len(self._clean) > 1 and self._tries[self._clean[-1]] >= _TRIES_AT_ONE_PLACE:
            self._clean.pop()
        place = self._clean[-1]
        self._tries[place] += 1
        self._looked = place
        return place
