"""Steps along the tree, of one selection and of several."""

from __future__ import annotations

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.many_selections import Many, many
from assistant.syntax.selection import Selection
from assistant.syntax.tree_steps import TreeSteps, objects

CODE = "def f(a, b=1):\n    one(x)\n    two(y)\n\ndef g():\n    pass\n"
PYTHON = Document(CODE, language_named("python"))


def _at(words: str) -> Selection:
    start = CODE.index(words)
    return Selection(start, start + len(words))


def _words(selections: Many) -> list[str]:
    return [CODE[one.start : one.end] for one in selections.every]


def test_shrink_goes_back_the_way_that_expand_came() -> None:
    steps, way = TreeSteps(), [many([_at("x")])]
    for _ in range(3):
        way.append(steps.step(PYTHON, way[-1], "expand"))
    assert [_words(one)[0] for one in way] == ["x", "(x)", "one(x)", CODE[CODE.index("one") : CODE.index("\n\ndef g")]]
    for before in reversed(way[:-1]):
        assert steps.step(PYTHON, way.pop(), "shrink") == before


def test_several_that_met_in_their_parent_come_back_as_several() -> None:
    steps = TreeSteps()
    both = steps.step(PYTHON, many([_at("a")]), "siblings")
    assert _words(both) == ["a", "b=1"]
    one = steps.step(PYTHON, both, "expand")
    assert _words(one) == ["(a, b=1)"]
    assert steps.step(PYTHON, one, "shrink") == both


def test_shrink_without_a_way_back_takes_the_first_child() -> None:
    steps = TreeSteps()
    assert _words(steps.step(PYTHON, many([_at("(a, b=1)")]), "shrink")) == ["a"]
    wide = steps.step(PYTHON, many([_at("b")]), "expand")
    assert _words(wide) == ["b=1"]
    elsewhere = steps.step(PYTHON, many([_at("one(x)")]), "shrink")
    assert _words(elsewhere) == ["one"]
    assert _words(steps.step(PYTHON, wide, "shrink")) == ["b"]


def test_a_way_back_is_forgotten_when_the_text_is_another() -> None:
    steps = TreeSteps()
    wide = steps.step(PYTHON, many([_at("y")]), "expand")
    changed = PYTHON.edit(len(CODE), len(CODE), "z\n")
    assert _words(steps.step(changed, wide, "parent"))[0].startswith("two(y)")
    assert _words(steps.step(changed, wide, "shrink")) == ["y"], "the first child, as it happens"


def test_each_of_several_goes_its_own_way_and_the_main_one_stays_it() -> None:
    steps = TreeSteps()
    calls = steps.step(PYTHON, many([_at("two(y)")]), "siblings")
    assert (_words(calls), calls.main) == (["one(x)", "two(y)"], 1)
    names = steps.step(PYTHON, calls, "first_child")
    assert (_words(names), names.main) == (["one", "two"], 1)
    assert _words(steps.step(PYTHON, names, "next_sibling")) == ["(x)", "(y)"]


def test_the_inside_of_a_function_is_meant_on_its_header_too() -> None:
    both = many([_at("f"), _at("g")])
    assert _words(objects(PYTHON, both, "function", "inside")) == ["one(x)\n    two(y)", "pass"]
