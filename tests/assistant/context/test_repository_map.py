"""The map shows what is used most, within its budget, whatever that is."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.context.index import Index, index_folder
from assistant.context.names import Definition, FileNames
from assistant.context.ranking import pagerank, rank
from assistant.context.repository_map import RepoMap, repository_map


def words(text: str) -> int:
    return len(text.split())


def test_what_others_use_comes_first_and_tests_come_last(repository: Path) -> None:
    ranked = rank(index_folder(repository).files)
    names = [one.definition.qualified_name for one in ranked]
    assert {"make_jar", "Box"} <= set(names[:3])
    assert names.index("UNUSED_LIMIT") > names.index("Jar") > names.index("make_jar")
    assert names[-1] == "test_jar"
    assert all(earlier.rank >= later.rank for earlier, later in itertools.pairwise(ranked))


def test_what_the_conversation_is_about_pulls_rank_towards_it(repository: Path) -> None:
    files = index_folder(repository).files
    plain = {one.definition.qualified_name: one.rank for one in rank(files)}
    mentioned = {one.definition.qualified_name: one.rank for one in rank(files, mentioned={"Box"})}
    focused = {one.definition.qualified_name: one.rank for one in rank(files, focus={"web/app.js"})}
    assert mentioned["Box"] > plain["Box"]
    assert focused["bake"] > plain["bake"]


def test_the_outline_shows_the_classes_around_a_method(repository: Path) -> None:
    repo_map = RepoMap(index_folder(repository))
    lines = repo_map.text(len(repo_map.ranked)).splitlines()
    at = lines.index("    def fill_up(self, count: int) -> int")
    assert lines[at - 1] == "  class Jar(Box)"
    assert "kitchen.py:" in lines
    only = [one for one in repo_map.ranked if one.definition.name == "fill_up"]
    repo_map.ranked = tuple(only)
    assert repo_map.text(1) == "shelf/jar.py:\n  class Jar(Box)\n    def fill_up(self, count: int) -> int"


def test_files_in_the_prompt_are_not_told_again(repository: Path) -> None:
    repo_map = RepoMap(index_folder(repository), without=["shelf/jar.py"])
    assert "shelf/jar.py" not in repo_map.files
    assert "kitchen.py" in repo_map.files


@pytest.mark.parametrize("budget", [0, 1, 5, 9, 14, 22, 40, 1000])
def test_the_budget_is_never_exceeded_and_well_used(repository: Path, budget: int) -> None:
    fitted = repository_map(repository, budget, words)
    assert fitted.tokens == words(fitted.text) <= budget
    assert len(fitted.shown) + fitted.left_out == len(RepoMap(index_folder(repository)).ranked)
    one_more = RepoMap(index_folder(repository)).text(len(fitted.shown) + 1)
    assert not fitted.left_out or words(one_more) > 0.97 * budget


def test_awaited_counting_finds_the_same(repository: Path) -> None:
    async def count(text: str) -> int:
        await asyncio.sleep(0)
        return words(text)

    repo_map = RepoMap(index_folder(repository))
    assert asyncio.run(repo_map.fit_async(14, count)) == repo_map.fit(14, words)


def test_few_questions_are_asked_of_the_tokenizer() -> None:
    files = {
        f"m{i}.py": FileNames(
            tuple(
                Definition(f"f{i}_{j}", f"f{i}_{j}", "function", j, j, 0, f"def f{i}_{j}(a, b, c)") for j in range(50)
            ),
            ((f"f{(i + 1) % 40}_{i}", 2),),
        )
        for i in range(40)
    }
    asked = []

    def count(text: str) -> int:
        asked.append(text)
        return len(text) // 3

    fitted = RepoMap(Index(Path(), files)).fit(2000, count)
    assert 1900 < fitted.tokens <= 2000
    assert len(asked) <= 10


def test_an_empty_folder_has_an_empty_map(tmp_path: Path) -> None:
    fitted = repository_map(tmp_path, 100, words)
    assert (fitted.text, fitted.tokens, fitted.shown, fitted.left_out) == ("", 0, (), 0)


graphs = st.dictionaries(
    st.sampled_from("abcdef"), st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 10), max_size=4), max_size=6
)


@settings(deadline=None)
@given(graphs, st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 5), max_size=6))
def test_pagerank_agrees_with_networkx(edges: dict[str, dict[str, float]], weights: dict[str, float]) -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph()
    graph.add_nodes_from("abcdef")
    graph.add_weighted_edges_from((a, b, w) for a, targets in edges.items() for b, w in targets.items())
    share = weights if sum(weights.values()) > 1e-3 else None
    expected = networkx.pagerank(graph, personalization=share, dangling=share, tol=1e-6, max_iter=1000)
    found = pagerank(edges, list("abcdef"), weights if share else {})
    assert sum(found.values()) == pytest.approx(1)
    for node in "abcdef":
        assert found[node] == pytest.approx(expected[node], abs=2e-3)


def test_definitions_on_one_line_stand_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("function f() {} function g() {} class A { m() {} }\n")
    repo_map = RepoMap(index_folder(tmp_path))
    assert repo_map.text(10).split("\n") == ["a.js:", "  function f()", "  function g()", "  class A", "    m()"]
