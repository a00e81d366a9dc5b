"""Recipes: every shipped one reads, a wrong key names the right one, a wrong value says what it must be."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_type_hints

import pytest

from assistant.errors import UsageError
from trainer.recipe import Recipe, read_recipe

RECIPES = sorted((Path(__file__).parents[2] / "trainer" / "recipes").glob("*.toml"))
FINETUNE = [path for path in RECIPES if "[model]" in path.read_text()]
NEEDED = ["model.base=b", 'data.train=["t.jsonl"]', "output=o"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text('output = "o"\n[model]\nbase = "b"\n[data]\ntrain = ["t.jsonl"]\n')
    return path


@pytest.mark.parametrize("path", FINETUNE, ids=lambda path: path.stem)
def test_shipped_recipe_reads_by_its_name_and_explains_each_knob(path: Path) -> None:
    read_recipe(Path(path.stem))
    for line in path.read_text().splitlines():
        if re.match(r"\w+ = ", line):
            assert re.search(r" # \S", line), f"no comment: {line}"


@pytest.mark.parametrize(
    ("change", "near"),
    [
        ("train.learning_rat=1", "train.learning_rate"),
        ("learning_rate=1", "train.learning_rate"),
        ("lora.rnk=1", "lora.rank"),
        ("trian.steps=3", "train"),
        ("data.batch=3", "train.batch"),
    ],
)
def test_unknown_key_names_the_nearest(file: Path, change: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_recipe(file, [change])
    assert caught.value.hint == near
    assert change.partition("=")[0].split(".")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("train.steps=x", "must be a whole number"),
        ("train.steps=1.5", "must be a whole number"),
        ("train.steps=true", "must be a whole number"),
        ("train.steps=-1", "must be zero or more"),
        ("seed=99999999999999999999", "must be smaller"),
        ("train.batch=0", "must be more than zero"),
        ("train.learning_rate=nan", "must be a number"),
        ("train.learning_rate=fast", "must be a number"),
        ("data.dev_fraction=1.5", "must be from 0 to 1"),
        ("data.packing=1", "must be true or false"),
        ("model.method=lor", "must be one of full, lora, qlora. Try: lora"),
        ("train=3", "train is a table"),
        ("train.betas=[0.9]", "two numbers"),
        ("data.train=3", "must be a list"),
        ("steps", "not of the form key=value"),
    ],
)
def test_wrong_value_says_what_it_must_be(file: Path, change: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        read_recipe(file, [change])


def test_changes_are_laid_over_the_file(file: Path) -> None:
    recipe = read_recipe(
        file, ["train.learning_rate=1e-4", "data.train=other.jsonl", 'lora.targets=["c_attn"]', "train.steps=7"]
    )
    assert recipe.train.learning_rate == 1e-4
    assert recipe.data.train == ("other.jsonl",)
    assert recipe.lora.targets == ("c_attn",)
    assert recipe.train.steps == 7
    assert recipe.model.base == "b"


@pytest.mark.parametrize("missing", ["model.base", "data.train", "output"])
def test_what_has_no_default_is_asked_for(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    with pytest.raises(UsageError, match=f"does not say {missing}"):
        read_recipe(path, [change for change in NEEDED if not change.startswith(missing)])


@pytest.mark.parametrize("content", [b"a = [", b"\xff\xfe", b'train = "x"', b"[[train]]\nsteps = 1\n"])
def test_file_that_is_no_recipe_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(str(path))):
        read_recipe(path)


def test_missing_file_names_the_recipes_there_are() -> None:
    with pytest.raises(UsageError, match=r"no such file.*tiny-cpu"):
        read_recipe(Path("nowhere/at-all.toml"))


def test_every_knob_of_a_recipe_is_explained_where_it_is_declared() -> None:
    source = (Path(__file__).parents[2] / "trainer" / "recipe.py").read_text()
    for kind in (Recipe, *(hint for hint in get_type_hints(Recipe).values() if dataclasses.is_dataclass(hint))):
        for field in dataclasses.fields(kind):
            assert re.search(rf'\n    {field.name}: .*\n    """\S', source), f"{kind.__name__}.{field.name}"


@pytest.mark.parametrize("value", ["[" * 5000, "9" * 5000])
def test_what_no_parser_takes_is_no_recipe_and_as_a_change_it_is_text(value: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text(f"seed = {value}\n")
    with pytest.raises(UsageError, match="it is no TOML"):
        read_recipe(path)
    with pytest.raises(UsageError, match="seed"):
        read_recipe(Path("tiny-cpu"), (f"seed={value}",))
