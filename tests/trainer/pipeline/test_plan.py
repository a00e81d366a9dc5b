"""The pipeline file: what it may say, where its paths lead, and what is said when something is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import UsageError
from trainer.errors import TrainerError
from trainer.pipeline.plan import find_sources, read_plan

ROOT = Path(__file__).parents[3]


def write(folder: Path, text: str) -> Path:
    file = folder / "pipe.toml"
    file.write_text(text, encoding="utf-8")
    return file


GOOD = '[evolve]\nseeds = ["seeds.json"]\nteacher = "http://localhost:1/v1"\n[finetune]\nbase = ["none", "base"]\n'


def test_the_one_that_comes_along_can_be_read_and_finds_its_parts(shared: Path, starter_model: Path) -> None:
    file = ROOT / "trainer" / "recipes" / "tiny.toml"
    plan = read_plan(file)
    sources = find_sources(plan, file)
    assert sources.base is not None and sources.base.samefile(shared / "models" / "tiny-starcoder")
    assert sources.teacher == starter_model
    assert plan.register.name


def test_without_tiny_starcoder_the_base_is_the_starter(
    tmp_path: Path, starter_model: Path, monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    (tmp_path / "data").symlink_to(shared.resolve() / "data")
    monkeypatch.setenv("WIZARD_SHARED", str(tmp_path))
    file = ROOT / "trainer" / "recipes" / "tiny.toml"
    assert find_sources(read_plan(file), file).base == starter_model


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "seeds.json").write_text("[]", encoding="utf-8")
    (tmp_path / "base").mkdir()
    file = write(tmp_path, GOOD)
    sources = find_sources(read_plan(file), file)
    assert (sources.seeds, sources.base) == ((tmp_path / "seeds.json",), tmp_path / "base")
    assert sources.recipe.name == "tiny-cpu.toml"


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD.replace('"seeds.json"', '"$WIZARD_SHARED/none.json"'))
    with pytest.raises(TrainerError) as caught:
        find_sources(read_plan(file), file)
    assert all(word in caught.value.sentence() for word in ("none.json", "the base", "WIZARD_SHARED="))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[evolve]\nsedes = ['x']\n", "evolve.seeds"),
        ("[evolv]\nseeds = ['x']\n", "evolve"),
        (GOOD + "[evaluate]\nlimit = -1\n", "zero or more"),
        ("name = '../up'\n" + GOOD, "letters"),
        ("[finetune]\nbase = ['x']\n", "evolve.seeds"),
        ("not toml", "no TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_helps(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_plan(write(tmp_path, text))


def test_changes_are_laid_over_the_file(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, GOOD), ("evaluate.limit=7", "register.name=mine"))
    assert (plan.evaluate.limit, plan.register.name, plan.name, plan.output) == (7, "mine", "pipe", "runs/pipe")
