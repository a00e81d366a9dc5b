"""What people write after an @, what it means, and what it puts into the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.context.attachments import attach
from assistant.context.index import Index, index_folder
from assistant.context.loose_match import in_order, match
from assistant.context.mention_candidates import candidates_for, mention_at
from assistant.context.mentions import Target, UnknownMention, find_mentions, resolve
from assistant.errors import AssistantError


@pytest.fixture
def index(repository: Path) -> Index:
    return index_folder(repository)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@a.py", ["a.py"]),
        ("See @a/b.py, and @C.d.", ["a/b.py", "C.d"]),
        ("(@a.py) @b.py: @c?", ["a.py", "b.py", "c"]),
        ("@a.py::A.b is wrong", ["a.py::A.b"]),
        ('@"my file.py"::f and @"x y"', ["my file.py::f", "x y"]),
        ("mail me@host.org, foo@bar", []),
        ("@ alone, @@twice, @", []),
        ("what does @diff do", ["diff"]),
        ("call @fill() now", ["fill"]),
        ("`@decorated`", ["decorated"]),
        ("@größe😀", ["größe😀"]),
        ("line\n@b", ["b"]),
    ],
)
def test_mentions_are_read_from_a_text(text: str, words: list[str]) -> None:
    found = find_mentions(text)
    assert [one.words for one in found] == words
    for one in found:
        assert text[one.start] == "@"
        assert one.words.split("::")[0] in text[one.start : one.end]


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("kitchen.py", Target("file", "kitchen.py")),
        ("./kitchen.py", Target("file", "kitchen.py")),
        ("notes.txt", Target("file", "notes.txt")),
        ("jar.py", Target("file", "shelf/jar.py")),
        ("shelf", Target("folder", "shelf")),
        ("shelf/", Target("folder", "shelf")),
        (".", Target("folder", ".")),
        ("shelf/jar.py::Jar.fill_up", Target("symbol", "shelf/jar.py", "Jar.fill_up")),
        ("shelf/jar.py::fill_up", Target("symbol", "shelf/jar.py", "Jar.fill_up")),
        ("fill_up", Target("symbol", "shelf/jar.py", "Jar.fill_up")),
        ("Jar.open", Target("symbol", "shelf/jar.py", "Jar.open")),
        ("make_jar()", Target("symbol", "shelf/jar.py", "make_jar")),
        ("diff", Target("diff")),
    ],
)
def test_a_mention_means_a_file_a_folder_a_symbol_or_the_diff(
    words: str, target: Target, repository: Path, index: Index
) -> None:
    assert resolve(words, repository, index) == target


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("kitchn.py", "kitchen.py"),
        ("open", "shelf/box.py::Box.open"),
        ("shelf/jar.py::fil", "shelf/jar.py::Jar.fill_up"),
        ("shelf/jra.py::Jar", "shelf/jar.py"),
        ("make_jra", "shelf/jar.py::make_jar"),
    ],
)
def test_a_miss_offers_the_nearest(words: str, nearest: str, repository: Path, index: Index) -> None:
    with pytest.raises(UnknownMention) as caught:
        resolve(words, repository, index)
    assert nearest in caught.value.nearest


@pytest.mark.parametrize(
    "words", ["../secret.py", "/etc/passwd", "out/secret.py", "..", "shelf/../../secret.py", "link.py"]
)
def test_nothing_outside_the_folder_can_be_meant(words: str, repository: Path, index: Index) -> None:
    (repository.parent / "secret.py").write_text("password = 1\n")
    (repository / "out").symlink_to(repository.parent)
    (repository / "link.py").symlink_to(repository.parent / "secret.py")
    with pytest.raises(UnknownMention):
        resolve(words, repository, index)
    with pytest.raises(UnknownMention):
        resolve(f"{words}::password", repository, index)


def test_a_file_and_a_symbol_are_attached_as_they_stand(repository: Path, index: Index) -> None:
    whole = attach(Target("file", "kitchen.py"), repository, index)
    assert whole.text == (repository / "kitchen.py").read_text()
    assert whole.block().startswith("File kitchen.py:\n```python\nfrom shelf.jar")
    symbol = attach(Target("symbol", "shelf/jar.py", "Jar.fill_up"), repository, index)
    assert symbol.text == "    def fill_up(self, count: int) -> int:\n        return count"
    assert symbol.caption == "Jar.fill_up in shelf/jar.py, lines 4-5:"


def test_nothing_in_a_file_closes_its_fence(repository: Path, index: Index) -> None:
    (repository / "a.md").write_text("# A\n````\n```\n````\n")
    block = attach(Target("file", "a.md"), repository, index).block()
    assert block.splitlines()[1] == "`````markdown"
    assert block.endswith("\n`````")


def test_a_folder_is_attached_as_its_outline(repository: Path, index: Index) -> None:
    text = attach(Target("folder", "shelf"), repository, index).text
    assert "shelf/box.py:" in text
    assert "def make_jar(size)" in text
    assert "kitchen" not in text


def test_a_binary_file_is_refused(repository: Path, index: Index) -> None:
    (repository / "a.bin").write_bytes(b"\0\1\2")
    with pytest.raises(AssistantError, match="no text"):
        attach(Target("file", "a.bin"), repository, index)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("kit", "kitchen.py"),
        ("note", "notes.txt"),
        ("jar", "shelf/jar.py"),
        ("mkj", "shelf/jar.py::make_jar"),
        ("fillup", "shelf/jar.py::Jar.fill_up"),
        ("shelf/jar.py::op", "shelf/jar.py::Jar.open"),
        ("shelf/jar.py::", "shelf/jar.py::Jar"),
        ("she", "shelf/"),
        ("dif", "diff"),
    ],
)
def test_the_best_candidate_comes_first(typed: str, first: str, index: Index) -> None:
    assert candidates_for(typed, index)[0].words == first


def test_nothing_typed_offers_the_diff_and_the_top_of_the_folder(index: Index) -> None:
    assert [one.words for one in candidates_for("", index)] == [
        "diff",
        "shelf/",
        "tests/",
        "web/",
        ".gitignore",
        "kitchen.py",
        "notes.txt",
    ]


def test_every_candidate_can_be_resolved_and_its_matched_letters_are_those_typed(
    repository: Path, index: Index
) -> None:
    for typed in ("a", "ja", "op", "e"):
        for one in candidates_for(typed, index, limit=50):
            assert resolve(one.words, repository, index).kind == one.kind
            assert "".join(one.words[at] for at in one.matched).lower() == typed


def test_a_file_at_the_top_comes_before_a_longer_one_in_a_folder() -> None:
    paths = ("docs/make_tree.py", "tests/golden/make_golden.py", "Makefile")
    assert candidates_for("Make", Index(Path(), {}, paths))[0].words == "Makefile"
    assert candidates_for("makefile", Index(Path(), {}, (*paths, "b/Makefile.in")))[0].words == "Makefile"


def test_letters_in_order_are_found_in_one_look_at_the_text() -> None:
    assert in_order("a]^").match("xa.]\n^")
    # Every way to share out these letters would be tried, and there are more than atoms.
    assert not in_order("a" * 60 + "z").match("a" * 5000)


def test_letters_out_of_order_do_not_match() -> None:
    assert match("raj", "jar") is None
    assert match("jarr", "jar") is None
    assert candidates_for("zzz", Index(Path(), {})) == ()


@pytest.mark.parametrize(
    ("text", "cursor", "found"),
    [("see @ki", 7, (4, "ki")), ("@", 1, (0, "")), ("a@b", 3, None), ("@a b", 4, None), ("see @ki now", 7, (4, "ki"))],
)
def test_the_mention_being_typed_is_found_at_the_cursor(text: str, cursor: int, found: object) -> None:
    assert mention_at(text, cursor) == found
