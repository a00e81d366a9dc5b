"""The repository map: what a folder holds, as an outline of its most important definitions that fits a token budget.

The text lists files by rank, and under each the declarations that are worth their tokens with the classes that they lie
in. It is for a model to read; `index` finds the names and `ranking` judges them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.context.index import Index, index_folder
from assistant.context.names import Definition
from assistant.context.ranking import Ranked, rank

CountTokens = Callable[[str], int]
_INDENT = "  "
_CHARS_PER_TOKEN = 3.5
_TRIES = 10
_FULL = 0.97
"""A text that takes this share of the budget is long enough."""


@dataclass(frozen=True)
class MapText:
    """A map as text: its size in tokens, what it shows, and how many definitions there was no room for."""

    text: str
    tokens: int
    shown: tuple[Ranked, ...]
    left_out: int


class RepoMap:
    """The ranked definitions of a folder, ready to be written out at any length.

    Args:
        index: the names of the folder's files.
        focus: paths that the conversation is about; they pull rank towards what they use.
        mentioned: names that it speaks of.
        without: paths that are in the prompt in full and so are not told again.
    """

    def __init__(
        self,
        index: Index,
        focus: Collection[str] = (),
        mentioned: Collection[str] = (),
        without: Collection[str] = (),
    ) -> None:
        self._index = index
        ranked = rank(index.files, focus, mentioned)
        self.ranked: tuple[Ranked, ...] = tuple(one for one in ranked if one.path not in frozenset(without))

    def text(self, count: int) -> str:
        """The outline of the `count` most important definitions."""
        chosen = self.ranked[:count]
        by_file: dict[str, set[str]] = {}
        for one in chosen:
            by_file.setdefault(one.path, set()).add(one.definition.qualified_name)
        return "\n".join(self._file(path, names) for path, names in by_file.items())

    def fit(self, budget: int, count_tokens: CountTokens) -> MapText:
        """The longest outline of at most `budget` tokens; empty if not even one definition fits."""
        search = _Search(self, budget)
        while (text := search.question()) is not None:
            search.answer(count_tokens(text))
        return search.best

    async def fit_async(self, budget: int, count_tokens: Callable[[str], Awaitable[int]]) -> MapText:
        """`fit` where counting has to be awaited."""
        search = _Search(self, budget)
        while (text := search.question()) is not None:
            search.answer(await count_tokens(text))
        return search.best

    def _file(self, path: str, names: set[str]) -> str:
        """One file of the outline, the definitions in the order of its text, each within what it lies in."""
        lines = [f"{path}:"]
        around: list[tuple[int, Definition, bool]] = []
        for definition in self._index.files[path].definitions:
            while around and (around[-1][0] < definition.start_line or around[-1][1].depth >= definition.depth):
                around.pop()
            shown = definition.qualified_name in names
            if shown:
                for at, (end, outer, told) in enumerate(around):
                    if not told:
                        lines.append(f"{_INDENT * (at + 1)}{outer.declaration}")
                        around[at] = (end, outer, True)
                lines.append(f"{_INDENT * (len(around) + 1)}{definition.declaration}")
            around.append((definition.end_line, definition, shown))
        return "\n".join(lines)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The paths that have definitions, the most important first."""
        return tuple(dict.fromkeys(one.path for one in self.ranked))


class _Search:
    """The search for the most definitions that fit: asks for the size of one text after another."""

    def __init__(self, repo_map: RepoMap, budget: int) -> None:
        self._map = repo_map
        self._budget = budget
        self._low, self._high = 0, len(repo_map.ranked)
        self._tries = _TRIES
        self._guess = self._first_guess()
        self._text = ""
        self.best = MapText("", 0, (), self._high)

    def question(self) -> str | None:
        """The next text to be counted, or None when the best is known."""
        if self._low >= self._high or not self._tries:
            return None
        self._tries -= 1
        self._guess = min(max(self._guess, self._low + 1), self._high)
        self._text = self._map.text(self._guess)
        return self._text

    def answer(self, tokens: int) -> None:
        """What the last question came to."""
        asked = self._guess
        by_proportion = asked * self._budget // max(tokens, 1)
        if tokens <= self._budget:
            shown = self._map.ranked[:asked]
            self.best = MapText(self._text, tokens, shown, len(self._map.ranked) - asked)
            self._low = asked if tokens < _FULL * self._budget else self._high
        else:
            self._high = asked - 1
        middle = (self._low + self._high + 1) // 2
        near = self._low < by_proportion <= self._high and self._tries > _TRIES // 2
        self._guess = by_proportion if near else middle

    def _first_guess(self) -> int:
        """How many definitions fit if each token has some characters."""
        room = self._budget * _CHARS_PER_TOKEN
        for count, one in enumerate(self._map.ranked):
            room -= len(one.definition.declaration) + 4
            if room < 0:
                return max(1, count)
        return len(self._map.ranked)


def repository_map(
    folder: Path,
    budget: int,
    count_tokens: CountTokens,
    focus: Collection[str] = (),
    mentioned: Collection[str] = (),
    without: Collection[str] = (),
) -> MapText:
    """The map of a folder in at most `budget` tokens.

    Raises:
        AssistantError: there is no such folder.
    """
    return RepoMap(index_folder(folder), focus, mentioned, without).fit(budget, count_tokens)
