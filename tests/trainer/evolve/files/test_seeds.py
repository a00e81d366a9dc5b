"""Seeds from the forms that people have, and what is said about the lines that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from trainer.errors import TrainerError
from trainer.evolve.files.inspiration import seeds_from_code
from trainer.evolve.files.seeds import read_seeds
from trainer.records import Instruction, Seed


def seeds(*paths: Path) -> tuple[list[Seed], list[str]]:
    said: list[str] = []
    return list(read_seeds(paths, said.append)), said


def lines(folder: Path, *rows: object, name: str = "s.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "count"), [("code_alpaca_2k", 2017), ("new_codealpaca", 4535)])
def test_code_alpaca_is_read_as_it_is(shared: Path, name: str, count: int) -> None:
    found, said = seeds(shared / "data" / "codealpaca" / f"{name}.json.gz")
    assert (len(found), said) == (count, [])
    assert sum(1 for seed in found if seed.response) >= count - 2


@pytest.mark.parametrize(
    ("row", "seed"),
    [
        ({"instruction": "Sort", "input": "[2, 1]", "output": "[1, 2]"}, Seed("Sort\n\n[2, 1]", "[1, 2]")),
        ({"instruction": "Sort", "input": "<noinput>", "response": "x"}, Seed("Sort", "x")),
        ({"prompt": "Sort", "completion": "x"}, Seed("Sort", "x")),
        ({"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}, Seed("Q", "A")),
        ({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}, {"role": "user", "content": "R"}]}, Seed("Q", "A")),
        ({"messages": [{"role": "user", "content": "Q"}]}, Seed("Q")),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}, {"type": "image_url"}]}, {"role": "assistant", "content": None}]}, Seed("Q")),
        (json.loads(Instruction("a", None, 0, "seed", "Q", "A").row()), Seed("Q", "A")),
    ],
)  # fmt: skip
def test_each_form_is_understood(tmp_path: Path, row: dict, seed: Seed) -> None:
    assert seeds(lines(tmp_path, row)) == ([seed], [])
    as_list = tmp_path / "s.json"
    as_list.write_text(json.dumps([row], indent=4), encoding="utf-8")
    assert seeds(as_list) == ([seed], [])


def test_text_files_and_folders_are_seeds_too(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Sort a list.\n", encoding="utf-8")
    lines(tmp_path, {"instruction": "Add"}, name="a.jsonl")
    (tmp_path / "empty.md").write_text(" \n", encoding="utf-8")
    found, said = seeds(tmp_path)
    assert found == [Seed("Add"), Seed("Sort a list.")]
    assert said == ["empty.md: empty; skipped"]


def test_a_poisoned_line_is_reported_with_its_number_and_skipped(tmp_path: Path) -> None:
    path = lines(tmp_path, {"instruction": "one"}, "{broken", {"text": "x"}, "[1]", "", {"instruction": 3}, {"instruction": " "},
                 {"messages": "hi"}, {"conversations": []}, "[" * 200_000, {"instruction": "last"},
                 '{"instruction": "n", "n": ' + "9" * 5000 + "}")  # fmt: skip
    with path.open("ab") as stream:
        stream.write(b'{"instruction": "\xff\xfe"}\n')
    found, said = seeds(path)
    assert [seed.instruction for seed in found] == ["one", "last"]
    assert [line.split(":")[0] for line in said] == [f"s.jsonl, line {n}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 12, 13)]


def test_a_poisoned_entry_of_a_list_is_reported_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps([{"instruction": "one"}, 7, {"no": 1}, {"instruction": "two"}]), encoding="utf-8")
    found, said = seeds(path)
    assert len(found) == 2
    assert [line.split(":")[0] for line in said] == ["s.json, entry 2", "s.json, entry 3"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"instruction,output\n", "no JSON"),
        (b'[{"instruction": "one"}, {"instr', "entry 2"),
        (b'[{"instruction": "one"}', "ends in the middle"),
        (b'[{"instruction": "one"} {"instruction": "two"}]', "comma"),
        (b'[{"instruction": "\xff"}]', "UTF-8"),
        (gzip.compress(b'[{"instruction": "one"}]' * 99, mtime=0)[:-20], "compression is damaged"),
        (b"\x1f\x8bnot really", "compression is damaged"),
    ],
)
def test_a_file_that_is_damaged_as_a_whole_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(content)
    with pytest.raises(TrainerError, match=words):
        seeds(path)


def test_entries_across_the_blocks_of_a_big_list_are_whole(tmp_path: Path) -> None:
    rows = [{"instruction": f"{n} " + "é" * (n * 37 % 5000)} for n in range(400)]
    path = tmp_path / "s.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    assert [seed.instruction for seed in seeds(path)[0]] == [row["instruction"].strip() for row in rows]


def test_symbols_of_own_code_become_seeds_the_same_for_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text(
        "".join(f"def f{n}(x):\n    y = x\n    y += {n}\n    return y\n\n\n" for n in range(9)), encoding="utf-8"
    )
    (tmp_path / "b.js").write_text("function g(a) {\n  let b = a;\n  b += 1;\n  return b;\n}\n", encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "c.py").write_text(
        "def no():\n    a = 1\n    b = 2\n    return a + b\n", encoding="utf-8"
    )
    one, again, other = (list(seeds_from_code(tmp_path, number, print)) for number in (1, 1, 2))
    assert one == again != other
    assert len(one) == 4
    assert all(seed.heuristic == "inspiration" and seed.instruction.startswith("```") for seed in one)
    assert any("function g(a)" in seed.instruction for seed in one) and not any(
        "def no" in seed.instruction for seed in one
    )


def test_a_folder_without_code_inspires_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="no source file"):
        list(seeds_from_code(tmp_path, 0, print))
