"""What can be started from the app: the commands of the two workshops, with the fields that are asked for.

One row a command; what it does and every other option the command itself knows. Filled in, a form gives the command
line, or the sentence that says which field is wrong.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import UsageError
from assistant.ground.extras import installing

Kind = Literal["file", "folder", "file or folder", "model", "new file", "number", "text", "choice", "yes or no"]


@dataclass(frozen=True)
class Field:
    """One field; `option` is "" for an argument by place."""

    label: str
    option: str
    kind: Kind
    help: str
    needed: bool = False
    value: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """One command. `module` is run by this Python, so that it is there whenever the app is."""

    title: str
    words: tuple[str, ...]
    module: str
    about: str
    fields: tuple[Field, ...]
    progress: bool = True

    @property
    def program(self) -> str:
        """The command as people type it."""
        return f"{'wizard-train' if self.module == 'trainer.cli' else 'wizard-quantize'} {' '.join(self.words)}"


_TYPES = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "Q4_0", "Q3_K_M", "Q2_K", "IQ4_XS", "F16")
_TYPE = Field("type", "--type", "choice", "Smaller numbers are smaller files.", value="Q4_K_M", choices=_TYPES)
_MORE = Field("more options", "", "text", "Further options, as on the command line.")

FORMS: tuple[Form, ...] = (
    Form(
        "evolve",
        ("evolve",),
        "trainer.cli",
        "Grow seed instructions into harder ones, answered by a teacher.",
        (
            Field("seeds", "", "file or folder", "JSONL, text files or a folder.", needed=True),
            Field("out", "--out", "new file", "The JSONL file to write.", needed=True, value="evolved.jsonl"),
            Field("teacher", "--teacher", "model", "A GGUF file, http://…, a checkpoint, or starter.", value="starter"),
            Field("rounds", "--rounds", "number", "How often each task is evolved.", value="1"),
            Field("limit", "--limit", "number", "Only the first so many seeds; 0 is all.", value="0"),
            _MORE,
        ),
    ),
    Form(
        "finetune",
        ("finetune",),
        "trainer.cli",
        "Fine-tune a model on instructions and responses, as a recipe says.",
        (
            Field(
                "recipe",
                "",
                "text",
                "A TOML file, or the name of a recipe that comes along.",
                needed=True,
                value="tiny-cpu",
            ),
            Field("set", "--set", "text", "One value to change: train.steps=100"),
            Field("resume", "--resume", "yes or no", "Go on from the newest checkpoint.", value="yes"),
            _MORE,
        ),
    ),
    Form(
        "evaluate",
        ("evaluate",),
        "trainer.cli",
        "Score a model on a code benchmark; its programs run in the sandbox.",
        (
            Field(
                "model", "", "model", "A GGUF file, a checkpoint, http://…, or starter.", needed=True, value="starter"
            ),
            Field("benchmark", "--benchmark", "text", "humaneval, mbpp, …", needed=True, value="humaneval"),
            Field("out", "--out", "new file", "The report to write.", needed=True, value="report.json"),
            Field("limit", "--limit", "number", "Only the first so many problems; 0 is all.", value="0"),
            _MORE,
        ),
    ),
    Form(
        "run",
        ("run",),
        "trainer.cli",
        "The whole way: evolve, fine-tune, quantize, evaluate, register.",
        (
            Field("pipeline", "", "file", "The pipeline, a TOML file.", needed=True),
            Field("out", "--out", "text", "The folder of the run, instead of the file's."),
            Field("set", "--set", "text", "One value to change: evaluate.limit=50"),
            _MORE,
        ),
    ),
    Form(
        "quantize a checkpoint",
        ("run",),
        "quantize.cli",
        "Merge, convert, quantize and verify a Hugging Face checkpoint.",
        (
            Field("checkpoint", "", "folder", "The folder with config.json and the weights.", needed=True),
            _TYPE,
            Field("out", "--out", "new file", "The GGUF file to write.", needed=True, value="model.gguf"),
            Field("adapter", "--adapter", "folder", "A LoRA to merge."),
            _MORE,
        ),
    ),
    Form(
        "quantize a GGUF",
        ("compress",),
        "quantize.cli",
        "Make a GGUF file smaller.",
        (
            Field("model", "", "file", "The GGUF file, best unquantized.", needed=True),
            _TYPE,
            Field("out", "--out", "new file", "The GGUF file to write.", needed=True, value="model.gguf"),
            _MORE,
        ),
    ),
)


def command_of(form: Form, filled: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """The command line that a filled-in form gives, to be run in `folder`.

    Raises:
        UsageError: a field is missing or wrong, or the workshop is not installed.
    """
    if importlib.util.find_spec(form.module.partition(".")[0]) is None:
        raise UsageError(f"cannot start {form.program}", "it is not installed", installing("train"))
    words: list[str] = []
    for field in form.fields:
        words += _words(form, field, filled.get(field.label, field.value).strip(), folder)
    end = ("--progress", "json") if form.progress else ()
    return (sys.executable, "-m", form.module, *form.words, *words, *end)


def _words(form: Form, field: Field, text: str, folder: Path) -> list[str]:
    if field is _MORE:
        try:
            return shlex.split(text)
        except ValueError as error:
            raise _wrong(form, field, str(error).lower()) from None
    if not text:
        if field.needed:
            raise _wrong(form, field, "it is needed")
        return []
    if field.kind == "yes or no":
        return [field.option] if text == "yes" else []
    problem = _problem(field, text, folder)
    if problem:
        raise _wrong(form, field, problem)
    if text.startswith("-"):
        # An argument that begins with a dash would be taken for an option.
        text = f"./{text}"
    return [field.option, text] if field.option else [text]


def _problem(field: Field, text: str, folder: Path) -> str:
    path = folder / Path(text).expanduser()
    if field.kind == "number" and not (text.isascii() and text.isdigit()):
        return f"{text} is no whole number"
    if field.kind == "choice" and text not in field.choices:
        return f"it is one of {', '.join(field.choices)}"
    if field.kind == "file" and not path.is_file():
        return f"there is no file {text}"
    if field.kind == "folder" and not path.is_dir():
        return f"there is no folder {text}"
    if field.kind == "file or folder" and not path.exists():
        return f"there is no file {text}"
    if (
        field.kind == "model"
        and text != "starter"
        and not text.startswith(("http://", "https://"))
        and not path.exists()
    ):
        return f"there is no file or folder {text}"
    if field.kind == "new file" and not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    return f"{text} is a folder" if field.kind == "new file" and path.is_dir() else ""


def _wrong(form: Form, field: Field, why: str) -> UsageError:
    return UsageError(f"the field {field.label} is wrong", why, field.help.rstrip("."))
