"""Which definitions of a folder matter most: a personalized PageRank over who uses whose names.

A file that uses a name points to the files that define it, the more often the stronger, and the more files define the
name the weaker. What the prompt already talks about pulls the rank towards itself.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from assistant.context.names import Definition, FileNames

_DAMPING = 0.85
_ROUNDS = 40
_STILL = 1e-5
_TOO_COMMON = 24
"""A name that more files define says nothing about any of them."""

_ASIDE = frozenset(("test", "tests", "testing", "spec", "specs", "fixtures", "samples", "examples", "benchmarks"))
_KIND_WEIGHTS = {"test": 0.1, "variable": 0.3, "section": 0.3}


@dataclass(frozen=True)
class Ranked:
    """A definition, the file it is in, and its share of all rank."""

    path: str
    definition: Definition
    rank: float


def rank(
    files: Mapping[str, FileNames], focus: Collection[str] = (), mentioned: Collection[str] = ()
) -> tuple[Ranked, ...]:
    """All definitions of a folder, the most important first.

    Args:
        focus: paths that the conversation is about.
        mentioned: names that it speaks of.
    """
    mentioned = {mark for name in mentioned for mark in (name, f".{name}")}
    edges = _edges(files, _definers(files), frozenset(focus), frozenset(mentioned))
    weights = _personalization(files, frozenset(focus), frozenset(mentioned))
    ranks = pagerank({user: _by_file(used) for user, used in edges.items()}, list(files), weights)
    scores: dict[tuple[str, str], float] = defaultdict(float)
    for user, used in edges.items():
        total = sum(used.values())
        for target, weight in used.items():
            scores[target] += ranks[user] * weight / total
    for path, names in files.items():
        for name in {mark for definition in names.definitions for mark in _marks(definition)}.intersection(mentioned):
            scores[path, name] += ranks[path]
    found = [one for path, names in files.items() for one in _ranked(path, names, scores, ranks[path])]
    return tuple(sorted(found, key=lambda one: (-one.rank, one.path, one.definition.start_line)))


def _ranked(path: str, names: FileNames, scores: Mapping[tuple[str, str], float], file_rank: float) -> Iterator[Ranked]:
    """The definitions of a file: what is known of a name is shared out among those that bear it."""
    bearers = Counter(mark for definition in names.definitions for mark in _marks(definition))
    for definition in names.definitions:
        used = sum(scores.get((path, mark), 0.0) / bearers[mark] for mark in _marks(definition))
        # What nobody uses follows in the order of its file's rank.
        quiet = file_rank * 1e-3 / (1 + definition.depth)
        yield Ranked(path, definition, (used + quiet) * _KIND_WEIGHTS.get(definition.kind, 1.0))


def _marks(definition: Definition) -> tuple[str, ...]:
    """How uses of a definition are written: by its name, or by its name on something (`.name`)."""
    return (f".{definition.name}",) if definition.kind == "method" else (definition.name, f".{definition.name}")


def pagerank(
    edges: Mapping[str, Mapping[str, float]], nodes: Collection[str], weights: Mapping[str, float]
) -> dict[str, float]:
    """The share of visits of each node, for a walk that follows edges by weight and jumps by `weights`; sums to 1."""
    if not nodes:
        return {}
    total = sum(weights.get(node, 0.0) for node in nodes)
    jump = {node: weights.get(node, 0.0) / total if total else 1 / len(nodes) for node in nodes}
    steps = [
        (node, [(target, weight / out) for target, weight in edges[node].items()])
        for node in nodes
        if node in edges and (out := sum(edges[node].values())) > 0
    ]
    leading = {node for node, _ in steps}
    ends = [node for node in nodes if node not in leading]
    ranks = dict(jump)
    for _ in range(_ROUNDS):
        lost = 1 - _DAMPING + _DAMPING * sum(ranks[node] for node in ends)
        after = {node: lost * share for node, share in jump.items()}
        for node, targets in steps:
            flow = _DAMPING * ranks[node]
            for target, share in targets:
                after[target] += flow * share
        moved = sum(abs(after[node] - ranks[node]) for node in nodes)
        ranks = after
        if moved < _STILL:
            break
    return ranks


def _definers(files: Mapping[str, FileNames]) -> dict[str, list[str]]:
    definers: dict[str, list[str]] = defaultdict(list)
    for path, names in files.items():
        for mark in dict.fromkeys(mark for definition in names.definitions for mark in _marks(definition)):
            definers[mark].append(path)
    return definers


def _edges(
    files: Mapping[str, FileNames], definers: Mapping[str, list[str]], focus: frozenset[str], mentioned: frozenset[str]
) -> dict[str, dict[tuple[str, str], float]]:
    """From each file to the definitions that it uses in other files, as (path, mark), by weight."""
    edges: dict[str, dict[tuple[str, str], float]] = {}
    users = Counter(name for names in files.values() for name, _ in names.uses if name in definers)
    telling = {name: _telling(name, count / len(files)) for name, count in users.items()}
    aside = {path for path in files if not _ASIDE.isdisjoint(path.split("/"))}
    for user, names in files.items():
        used: dict[tuple[str, str], float] = {}
        met = {target for name, _ in names.uses if name in definers and name[0] != "." for target in definers[name]}
        for name, count in names.uses:
            targets = definers.get(name)
            if not targets or len(targets) > _TOO_COMMON or user in targets:
                continue
            weight = math.sqrt(count) * telling[name] / len(targets)
            weight *= 10 if name in mentioned else 1
            weight *= 20 if user in focus else 1
            for target in targets:
                # What only tests and examples define is theirs, whatever others call by the same name; and what is
                # called on something is rarely of a file that the user names nothing else of.
                foreign = (target in aside and user not in aside) or (name[0] == "." and target not in met)
                used[target, name] = weight * (0.02 if foreign else 1)
        if used:
            edges[user] = used
    return edges


def _telling(name: str, share: float) -> float:
    """How much a use says, `share` being the share of all files that use the name.

    A long compound name means one thing. A short or private one may be anything's, and so may one that is called on
    something, the more so if it is called everywhere: then it is likely a method of the language's own lists and texts.
    """
    plain = name.lstrip(".")
    if plain.startswith("_"):
        return 0.1
    compound = "_" in plain or re.search("[a-z][A-Z]", plain) is not None
    telling = 4.0 if compound and len(plain) >= 8 else 1.0 if len(plain) > 3 else 0.3 if len(plain) > 1 else 0.05
    if plain == name:
        return telling
    return telling * 0.25 * (1.0 if compound else max(0.02, 1 - 5 * share))


def _by_file(used: Mapping[tuple[str, str], float]) -> dict[str, float]:
    files: dict[str, float] = defaultdict(float)
    for (path, _), weight in used.items():
        files[path] += weight
    return files


def _personalization(
    files: Mapping[str, FileNames], focus: frozenset[str], mentioned: frozenset[str]
) -> dict[str, float]:
    weights = dict.fromkeys(files, 1.0)
    strong = max(10.0, len(files) / 2)
    for path, names in files.items():
        stem = path.rpartition("/")[2].partition(".")[0]
        if path in focus:
            weights[path] += 2 * strong
        if stem in mentioned or any(definition.name in mentioned for definition in names.definitions):
            weights[path] += strong
    return weights
