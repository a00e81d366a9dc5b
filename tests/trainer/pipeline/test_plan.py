"""The pipeline file: what it may say, where its paths lead, and what is said when something is missing."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import UsageError
from trainer.errors import TrainerError
from trainer.finetune.base import ARCHITECTURES, Base
from trainer.pipeline.plan import find_plan, read_plan, shipped
from trainer.pipeline.sketch import sketch
from trainer.pipeline.sources import find_sources, look_for_sources
from trainer.pipeline.stage import Done
from trainer.pipeline.stages import evolve, finetune

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


@pytest.mark.parametrize("name", shipped())
def test_each_that_comes_along_is_found_by_its_name_and_explains_each_knob(name: str, tmp_path: Path) -> None:
    file = find_plan(Path(name))
    plan = read_plan(file)
    assert plan.name == name and plan.register.name
    bare = [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if " = " in line and not line.startswith("#") and "#" not in line
    ]
    assert not bare
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    assert find_plan(tmp_path / name) == tmp_path / name


def test_the_large_one_trains_under_accelerate_and_stops_by_another_set_than_its_exam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its base is on the hub; here the download is another folder."""
    file = find_plan(Path("wizard-15b"))
    (tmp_path / "seeds.json").write_text("[]", encoding="utf-8")
    (tmp_path / "starcoder").mkdir()
    hub = Base(tmp_path / "starcoder", ARCHITECTURES["gpt_bigcode"])
    monkeypatch.setattr("trainer.pipeline.sources.find_base", lambda name: hub if name == "bigcode/starcoder" else None)
    plan = read_plan(file, (f'evolve.seeds=["{tmp_path / "seeds.json"}"]',))
    sources = find_sources(plan, file)
    assert sources.base == hub.folder and plan.stop.benchmark not in plan.evaluate.benchmark
    stage = finetune(plan, sources, Done("evolve-1", tmp_path, 0.0, False), 1)
    assert stage.under is not None and stage.under.name == "fsdp.yaml"
    (tmp_path / "evolved.jsonl").write_text("", encoding="utf-8")
    assert stage.digest() != replace(stage, under=None).digest()


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
    assert all(
        word in caught.value.sentence()
        for word in ("none.json", "the base", "--set evolve.seeds=FILE --set finetune.base=FOLDER")
    )


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


@pytest.mark.parametrize("name", shipped())
def test_each_that_comes_along_can_be_sketched_without_its_weights_and_data(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_SHARED", str(tmp_path / "nothing"))
    file = find_plan(Path(name))
    plan = read_plan(file)
    sources, missing = look_for_sources(plan, file)
    told = sketch(plan, sources, missing, tmp_path / "run")
    assert missing and missing[0].words in told and f"--set {missing[0].key}=" in told and "Nothing was run" in told
    commands = [line.split() for line in told.splitlines() if line.startswith("   ")]
    programs = [words[0] for words in commands]
    assert programs[0] == "wizard-train" and programs[-1] == "wizard-tui" and "wizard-quantize" in programs
    assert not list(tmp_path.iterdir())


def test_a_wrong_knob_in_the_recipe_or_in_what_is_changed_of_it_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text("[]", encoding="utf-8")
    (tmp_path / "base").mkdir()
    file = write(tmp_path, GOOD + 'set = ["train.lerning_rate=1"]\n')
    with pytest.raises(UsageError, match=r"train\.lerning_rate: the nearest is train\.learning_rate"):
        find_sources(read_plan(file), file)


def test_the_seed_decides_what_is_drawn_and_the_order_of_training(tmp_path: Path) -> None:
    (tmp_path / "seeds.json").write_text("[]", encoding="utf-8")
    (tmp_path / "base").mkdir()
    file = write(tmp_path, GOOD)
    plan = read_plan(file, ("seed=7",))
    sources = find_sources(plan, file)
    done = Done("evolve", tmp_path, 0.0, False)
    assert "seed=7" in finetune(plan, sources, done, 1).words
    grown = evolve(plan, sources, 1).words
    assert grown[grown.index("--seed") + 1] == "7"
    assert "seed=0" not in finetune(read_plan(file), sources, done, 1).words


def test_own_seeds_take_the_place_of_those_that_the_shipped_one_names_and_lie_where_the_command_is_started(
    tmp_path: Path, starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_SHARED", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("[]", encoding="utf-8")
    file = find_plan(Path("tiny"))
    with pytest.raises(TrainerError) as caught:
        find_sources(read_plan(file), file)
    command = shlex.split(caught.value.hint)
    assert command[:3] == ["wizard-train", "run", "tiny"]
    plan = read_plan(file, tuple(word for word in command[3:] if word != "--set"))
    sources = find_sources(plan, file)
    assert (sources.seeds, sources.interfaces) == ((tmp_path / "FILE",), (tmp_path / "FILE",))
    assert sources.base == starter_model


def test_a_file_beside_the_pipeline_goes_before_one_where_the_command_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    for place in (tmp_path, tmp_path / "away"):
        (place / "seeds.json").write_text("[]", encoding="utf-8")
    (tmp_path / "away" / "base").mkdir()
    file = write(tmp_path, GOOD)
    sources = find_sources(read_plan(file), file)
    assert (sources.seeds, sources.base) == ((tmp_path / "seeds.json",), tmp_path / "away" / "base")
