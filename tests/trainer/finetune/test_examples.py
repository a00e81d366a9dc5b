"""Reading rows: both formats, compressed or not, in pieces; hostile files are refused with their place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.errors import TrainerError
from trainer.finetune import examples
from trainer.finetune.examples import Example, read_examples

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(lambda s: s.strip() == s)


def _written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@given(
    rows=st.lists(st.tuples(TEXT, TEXT), max_size=12),
    piece=st.integers(1, 40),
    form=st.sampled_from(["lines", "list", "indented"]),
)
@settings(max_examples=80, deadline=None)
def test_rows_come_back_however_the_file_is_cut(
    rows: list[tuple[str, str]], piece: int, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = [{"instruction": asked, "response": answered} for asked, answered in rows]
    if form == "lines":
        text = "".join(json.dumps(row) + "\n" for row in data)
    else:
        text = json.dumps(data, ensure_ascii=False, indent=2 if form == "indented" else None)
    path = _written(tmp_path_factory.mktemp("rows") / "rows", gzip.compress(text.encode()) if piece % 2 else text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "_PIECE", piece)
        assert list(read_examples(path)) == [Example(asked, answered) for asked, answered in rows]


def test_alpaca_input_follows_the_instruction_and_empty_responses_teach_nothing(tmp_path: Path) -> None:
    rows = [
        {"instruction": "Sort.", "input": " [2, 1] ", "output": "[1, 2]\n"},
        {"instruction": "Answer.", "input": "", "output": ""},
        {"instruction": "Half \ud800 a pair.", "response": None},
        {"instruction": " ", "response": "to nothing"},
    ]
    path = _written(tmp_path / "a.json", json.dumps(rows))
    assert list(read_examples(path)) == [
        Example("Sort.\n[2, 1]", "[1, 2]"),
        Example("Answer.", ""),
        Example("Half \ufffd a pair.", ""),
        Example("", ""),
    ]
    assert len(list(read_examples(path, limit=2))) == 2


def test_whole_file_of_real_rows_is_read(shared: Path) -> None:
    assert len(list(read_examples(shared / "data" / "codealpaca" / "code_alpaca_2k.json.gz"))) == 2017


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"instruction": "a", "response": "b"}\n{"instr', "line 2 is no JSON"),
        ('[{"instruction": "a", "response": "b"},', "is no JSON (the file ends early)"),
        ("instruction,response\na,b\n", "line 1 is no JSON"),
        ('{"prompt": "a"}', "it has prompt"),
        ('{"instruction": 3, "response": "b"}', "row 1 of"),
        ('{"instruction": "a", "response": ["b"]}', "its response is a list"),
        ('{"instruction": "a", "input": 7, "response": "b"}', "row 1 of"),
        ('"just a text"', "it is a str"),
        ("[" * 100_000, "is no JSON"),
        ('{"instruction": "a", "response": "b", "n": ' + "9" * 5000 + "}", "line 1 is no JSON (a number is too long)"),
        (b"\xff\xfe\x00", "no UTF-8 text (byte 0)"),
        (gzip.compress(b'{"instruction": "a", "response": "b"}' * 50, mtime=0)[:40], "its compression is damaged"),
    ],
)
def test_what_is_no_data_is_refused_with_its_place(tmp_path: Path, content: str | bytes, says: str) -> None:
    path = _written(tmp_path / "bad", content)
    with pytest.raises(TrainerError) as caught:
        list(read_examples(path))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(TrainerError, match=says):
            list(read_examples(path))
