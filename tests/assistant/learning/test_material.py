"""What is learned and what is held out: the same each time, nothing of what is measured is learned, no secret gets through."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.learning.material import HELD_OUT_SHARE, Row, grown_from, is_held_out, rows_of, sorted_out
from assistant.learning.project_code import symbols_of
from assistant.lessons.lesson import Kept, Kind, Lesson, Verdict

CODE = "def load(place):\n    found = place.fetch(1)\n    return found if found.sound else None\n"


def lesson(
    verdict: Verdict = "accepted",
    kind: Kind = "change",
    final: str = CODE,
    proposed: str = CODE,
    path: str = "shop.py",
    wish: str = "load it",
) -> Lesson:
    old = "" if kind == "completion" else "def load(place): ...\n"
    return Lesson(kind, verdict, path, "python", wish, "import shop\n", old, "\nprint(1)\n", proposed, final)


def kept(*lessons: Lesson) -> list[Kept]:
    return [Kept(number, 0.0, one) for number, one in enumerate(lessons, 1)]


def row(about: str, code: str = CODE) -> Row:
    return Row("write it", "python", code, about)


def about(held_out: bool) -> str:
    return next(name for name in map(str, range(1000)) if is_held_out(row(name)) == held_out)


def test_a_lesson_is_learned_for_what_the_person_made_of_it() -> None:
    (made,) = rows_of(kept(lesson("edited", proposed="def load(): pass\n")))
    assert CODE.strip() in made.data()["response"]
    assert "def load(place): ..." in made.data()["instruction"]
    assert "middle" not in made.data()


def test_a_rejected_change_teaches_no_answer_and_a_rejected_completion_what_was_typed_instead() -> None:
    typed = lesson("rejected", "completion", final="return place.fetch(1)", proposed="return None")
    nothing = lesson("rejected", "completion", final="", proposed="return None")
    assert rows_of(kept(lesson("rejected", final="def load(place): ...\n"), nothing)) == []
    (made,) = rows_of(kept(typed))
    assert made.code == "return place.fetch(1)"
    assert (made.data()["before"], made.data()["middle"], made.data()["after"]) == (
        "import shop\n",
        "return place.fetch(1)",
        "\nprint(1)\n",
    )


def test_the_same_lesson_twice_is_learned_once() -> None:
    assert len(rows_of(kept(lesson(), lesson()))) == 1


@given(st.lists(st.text(min_size=1), unique=True))
def test_a_lesson_stays_on_its_side_whatever_else_there_is(names: list[str]) -> None:
    rows = [row(name, f"line_of_{number} = compute({number})\n") for number, name in enumerate(names)]
    parted = sorted_out(rows, [])
    alone = [one for one in rows if sorted_out([one], []).held_out]
    assert list(parted.held_out) == alone
    assert set(parted.train).isdisjoint(parted.held_out)


def test_about_the_share_that_is_named_is_held_out() -> None:
    share = sum(is_held_out(row(str(number))) for number in range(2000)) / 2000
    assert abs(share - HELD_OUT_SHARE) < 0.03


def test_two_hunks_of_one_wish_are_on_the_same_side() -> None:
    first, second = rows_of(kept(lesson(), lesson(final=CODE.replace("1", "2"))))
    assert first.about == second.about


def test_nothing_that_holds_what_is_measured_is_learned() -> None:
    measured = row(about(True))
    copy, other = row(about(False), f"class Shop:\n{CODE}"), row("symbol", "def other():\n    return compute_other()\n")
    parted = sorted_out([measured, row(about(False), CODE + "# once more\n")], [copy, other])
    assert parted.held_out == (measured,)
    assert parted.train == (other,)
    assert parted.left_out == 2


def test_secrets_are_masked_in_every_part_of_a_row() -> None:
    secret = "ghp_" + "a1B2" * 10
    text = f'TOKEN = "{secret}"\n'
    made = Row(text, "python", text, "x", text, text, gap=True).data()
    assert len(made) == 5
    assert secret not in json.dumps(made)


def test_symbols_come_by_their_names_and_those_of_the_lessons_files_first(tmp_path: Path) -> None:
    for name in "abcdef":
        body = "\n".join(f"        line_{name} = {number}" for number in range(3))
        (tmp_path / f"{name}.py").write_text(
            f"class Box{name}:\n    def fill(self):\n{body}\n        return line_{name}\n"
        )
    (tmp_path / "broken.bin").write_bytes(b"\0\1\2")
    (tmp_path / ".gitignore").write_text("b.py\n")
    rows = symbols_of(tmp_path, {"e.py"}, 3)
    assert [one.about.split("\0")[0] for one in rows[:2]] == ["e.py", "e.py"]
    assert len(rows) == 3
    method = next(one for one in rows if "Boxe.fill" in one.instruction)
    assert method.code.startswith("def fill(self):\n    line_e = 0")
    everything = symbols_of(tmp_path, set(), 100)
    assert {one.about.split("\0")[0] for one in everything} == {"a.py", "c.py", "d.py", "e.py", "f.py"}
    assert symbols_of(tmp_path, set(), 100) == everything
    assert symbols_of(tmp_path, set(), 0) == []


def test_harder_tasks_grow_from_wishes_in_few_words_the_newest_first_and_from_symbols_before_gaps() -> None:
    gap = lesson(kind="completion", path="gap.py")
    lessons = rows_of(kept(lesson(wish="old"), gap, lesson(wish="new")))
    symbol = row("place.py")
    grown = grown_from((*lessons, symbol), 9)
    assert [one.instruction.partition("\n")[0] for one in grown[:3]] == ["new", "old", "write it"]
    assert grown[3].gap and len(grown) == 4
    assert "import shop" in lessons[0].instruction and "import shop" not in grown[0].instruction
    assert [one.code for one in grown_from(lessons, 1)] == [CODE]
