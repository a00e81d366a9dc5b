"""Which learned adapter runs: on offer, switched on, switched back; never with another file, never one that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.models import learned
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
