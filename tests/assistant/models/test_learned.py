"""Which learned adapter runs: on offer, switched on, switched back; never with another file, never one that is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.models import list_models
from assistant.config import Config
from assistant.errors import AssistantError, UsageError
from assistant.ground import paths
from assistant.models import learned
from assistant.models.adapters import FILE, Measured, adapters, keep_about
from assistant.models.library import remove_model
from assistant.models.running import model_spec


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"model")
    return path


def adapter(tmp_path: Path, name: str) -> learned.Learned:
    path = tmp_path / f"{name}.gguf"
    path.write_bytes(name.encode())
    return learned.Learned(str(path), told=name)


def runs(model: Path) -> list[str]:
    return [Path(path).stem for path, _ in model_spec(model, Config()).adapters]


def test_an_offer_switches_nothing_until_it_is_taken(model: Path, tmp_path: Path) -> None:
    learned.offer(model, adapter(tmp_path, "a"))
    assert runs(model) == []
    assert learned.switch_on(model).told == "a"
    assert runs(model) == ["a"]
    assert learned.state_of(model).offered is None


def test_back_is_what_ran_before_and_the_adapter_is_on_offer_again(model: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        learned.offer(model, adapter(tmp_path, name))
        learned.switch_on(model)
    assert runs(model) == ["b"]
    learned.switch_back(model)
    assert runs(model) == ["a"]
    learned.switch_on(model)
    assert runs(model) == ["b"]
    learned.switch_back(model)
    learned.switch_back(model)
    assert runs(model) == []
    with pytest.raises(AssistantError, match="nothing to take back"):
        learned.switch_back(model)


def test_nothing_on_offer_is_said(model: Path, tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="no learned adapter on offer"):
        learned.switch_on(model)
    learned.offer(model, adapter(tmp_path, "a"))
    learned.withdraw(model)
    with pytest.raises(AssistantError, match="no learned adapter on offer"):
        learned.switch_on(model)


def test_adapters_that_are_named_take_the_place_of_the_learned_one(model: Path, tmp_path: Path) -> None:
    learned.offer(model, adapter(tmp_path, "a"))
    learned.switch_on(model)
    assert model_spec(model, Config(), (("own.gguf", 0.5),)).adapters == (("own.gguf", 0.5),)


def test_an_adapter_that_is_gone_is_left_out(model: Path, tmp_path: Path) -> None:
    one = adapter(tmp_path, "a")
    learned.offer(model, one)
    learned.switch_on(model)
    Path(one.adapter).unlink()
    assert runs(model) == []


def test_another_file_of_the_same_name_runs_without_and_the_base_stays_known(model: Path, tmp_path: Path) -> None:
    learned.offer(model, adapter(tmp_path, "a"), base="/checkpoint")
    learned.switch_on(model)
    model.write_bytes(b"another model")
    assert runs(model) == []
    assert learned.state_of(model).base == "/checkpoint"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}', "null"])
def test_a_damaged_file_is_as_none(model: Path, tmp_path: Path, text: str) -> None:
    (paths.learned_folder() / "learned.json").write_text(text)
    assert runs(model) == []
    learned.offer(model, adapter(tmp_path, "a"))
    learned.switch_on(model)
    assert runs(model) == ["a"]


def kept(model: Path, name: str) -> learned.Learned:
    """An adapter where learning keeps it."""
    folder = paths.learned_folder() / name
    folder.mkdir()
    (folder / FILE).write_bytes(name.encode())
    keep_about(folder, Measured(str(model), 5.0, "better", 8, 1.5, 1.25, "simple", 40, 27, 28))
    return learned.Learned(str(folder / FILE))


def test_an_adapter_that_runs_is_not_deleted_and_one_that_ran_before_is_passed_over_by_going_back(model: Path) -> None:
    for name in ("first", "second"):
        learned.offer(model, kept(model, name))
        learned.switch_on(model)
    assert {one.name: one.use for one in adapters()} == {"first": "ran before", "second": "runs"}
    with pytest.raises(UsageError, match="model runs with it") as refused:
        remove_model("second", Config())
    assert refused.value.hint == "wizard-tui learn --undo --model model"
    assert remove_model("FIRST", Config()) == "first is deleted"
    assert not (paths.learned_folder() / "first").exists()
    learned.switch_back(model)
    assert learned.state_of(model).current is None
    remove_model("second", Config())
    assert (adapters(), learned.state_of(model).offered) == ([], None)


@pytest.mark.parametrize("text", ["", "[]", '{"model": []}', "[" * 100_000, '{"model": "m", "made": "never"}'])
def test_an_adapter_of_which_nothing_can_be_read_is_listed_and_can_be_deleted(model: Path, text: str) -> None:
    (Path(kept(model, "odd").adapter).with_name("about.json")).write_text(text)
    (one,) = adapters()
    assert (one.name, one.measured.model, one.use) == ("odd", "", "")
    assert remove_model("odd", Config()) == "odd is deleted"


def test_what_was_measured_is_told_in_the_list_of_models(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learned.offer(model, kept(model, "learned-1"))
    list_models()
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "learned-1" in line)
    assert "for model" in line and "loss 1.500 → 1.250, simple 27 → 28 of 40" in line and line.endswith("on offer")
    list_models(json=True)
    (row,) = (row for row in json.loads(capsys.readouterr().out) if row["source"] == "learned")
    assert (row["adapter_of"], row["use"], row["loss_after"]) == ("model", "on offer", 1.25)
