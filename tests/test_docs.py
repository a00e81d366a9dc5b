"""The README and the pages of docs/ can be followed: every command they print is run, in the order of its page.

What stands in place of the few that need a GPU, the network or hours is `printed_commands.INSTEAD`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import typer.main
from typer.testing import CliRunner

from assistant.cli.main import app as assistant
from assistant.commands import COMMANDS
from assistant.commands.slash import SlashCommand, parse
from assistant.config import Config
from assistant.lessons.lesson import Lesson
from assistant.lessons.store import record
from quantize.cli import app as quantize
from tests.fakes.scripted_server import ScriptedServer
from tests.fakes.small_tokenizer import train_tokenizer
from tests.fakes.tiny_checkpoints import save_random_model
from tests.printed_commands import INSTEAD, PAGES, ROOT, Instead, blocks, in_blocks, in_text, instead
from trainer.cli import app as trainer
from trainer.evolve.heuristics import Heuristic

PROGRAMS = {"wizard-tui": assistant, "wizard-train": trainer, "wizard-quantize": quantize}
WRITTEN = [page for page in PAGES if page.name != "reference.md"]
"""The reference is made from the commands themselves."""
NAMING = [*PAGES, ROOT / "CONTRIBUTING.md"]
"""The pages that name files, targets and other pages."""


def named(page: Path) -> Iterator[list[str]]:
    """The words of each call of a program that a page prints or names."""
    for command in (*in_blocks(page), *in_text(page)):
        for part in re.split(r"\s\|\s", command):
            words = shlex.split(part)
            if words and words[0] in PROGRAMS and "\N{BLACK RIGHT-POINTING TRIANGLE}" not in part:
                yield words


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_commands_that_a_page_names_are_those_that_the_programs_take(page: Path) -> None:
    for words in named(page):
        command: Any = typer.main.get_command(PROGRAMS[words[0]])
        context = command.context_class(command, info_name=words[0], resilient_parsing=True)
        arguments = words[1:]
        while hasattr(command, "resolve_command") and arguments and arguments[0] in command.list_commands(context):
            _, command, arguments = command.resolve_command(context, arguments)
            context = command.context_class(command, info_name=words[0], parent=context, resilient_parsing=True)
        _, rest, _ = command.make_parser(context).parse_args(args=arguments)
        assert not rest or rest == ["FOLDER"], f"{words}: {rest} is not taken"


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_says_its_version_and_takes_a_short_h(program: str) -> None:
    runner = CliRunner()
    said = runner.invoke(PROGRAMS[program], ["--version"])
    assert (said.exit_code, said.stdout) == (0, f"{program} {version('wizard-tui')}\n")
    assert runner.invoke(PROGRAMS[program], ["-h"]).stdout == runner.invoke(PROGRAMS[program], ["--help"]).stdout


def test_every_row_of_what_is_run_instead_stands_for_a_printed_command() -> None:
    printed = [command for page in WRITTEN for command in in_blocks(page)]
    assert not [row.begins for row in INSTEAD if not any(instead(command) is row for command in printed)]


@pytest.mark.parametrize("page", NAMING, ids=lambda page: page.name)
def test_files_and_targets_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    roots = "assistant|trainer|quantize|tests|docs|benchmarks"
    files = re.findall(rf"`((?:{roots})/[\w./+-]*)`", text)
    missing = [name for name in files if not (ROOT / name).exists() and "concurrency" not in name]
    assert not missing
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make ([a-z]+)`", text)
    assert not [name for name in targets if f"\n{name}:" not in makefile]


@pytest.mark.parametrize("page", NAMING, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            name, _, anchor = target.partition("#")
            there = page.parent / name if name else page
            assert there.is_file(), target
            assert not anchor or anchor in _anchors(there), target


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_a_command_is_found_however_its_block_is_fenced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n$ no\n```\n\ntext\n\n```sh\n# why\na  # b\n```\n\n1. x\n\n   ```bash\n   c\n   ```\n\n"
        "~~~console\n$ d\nsaid\n~~~\n\n````\n$ e\n```\nf\n````\n"
    )
    assert list(in_blocks(page)) == ["a", "c", "d", "e"]
    unknown = {language for page in PAGES for language, _ in blocks(page)} - {"sh", "", "toml", "python"}
    assert not unknown


def test_code_of_the_page_on_adding_works_as_it_stands() -> None:
    row, command = (text for language, text in blocks(ROOT / "docs" / "adding.md") if language == "python")
    heuristic = eval(row.strip().rstrip(","), {"Heuristic": Heuristic})
    assert (heuristic.name, heuristic.kind) == ("concurrency", "deepen")
    place: dict[str, Any] = {}
    exec(command, place)
    added = place["COMMAND"]
    assert isinstance(added, SlashCommand)
    found, argument = parse("/first", (*COMMANDS, added))
    desk = Mock()
    found.run(desk, argument)
    desk.copy_text.assert_called_once_with("1")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the smallest kind that every type of quantization takes."""
    folder = tmp_path_factory.mktemp("checkpoint") / "small"
    sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2}
    return save_random_model(folder, "llama", train_tokenizer(), **sizes)


@pytest.fixture
def place(tmp_path: Path, checkpoint: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a page is followed in: the example, and what its reader has of their own."""
    monkeypatch.setenv("WIZARD_SHARED", str(shared))
    place = tmp_path / "place"
    shutil.copytree(ROOT / "docs" / "example", place)
    for name in ("assistant", "trainer", "pyproject.toml", "Makefile", "constraints.txt"):
        (place / name).symlink_to(ROOT / name)
    rows = [
        {"instruction": f"Print the number {n} {n} times", "input": "", "output": f"print('{n}' * {n})"}
        for n in range(9)
    ]
    for name in ("seeds.json", "rows.json", "code_alpaca_20k.json"):
        (place / name).write_text(json.dumps(rows), encoding="utf-8")
    shutil.copy(ROOT / "quantize" / "proof" / "texts" / "held_out_code.txt", place / "held_out.py")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "shop.py"], ["commit", "-qm", "shop"]):
        subprocess.run([*git, *words], cwd=place, check=True)
    return place


def follow(command: str, place: Path, names: dict[str, str]) -> str:
    """Run a printed command, or what stands for it, and return what it said; a failed one fails the test."""
    row = instead(command) or Instead("", "")
    line = f"{command} {row.more}" if row.command is None else row.command
    for name, value in names.items():
        line = line.replace(name, value)
    # What is on the path is what this environment has installed: the commands themselves, as a reader has them.
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "WIZARD_MAX_TOKENS": "8",
        "OMP_WAIT_POLICY": "passive",
        "OPENAI_API_KEY": "none",
        "NO_PROXY": "127.0.0.1",
    }
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", f"exec {line}" if row.until else line],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    with process:
        said = ""
        while row.until and row.until not in said and (read := process.stdout.readline()):
            said += read
        if row.until:
            process.send_signal(signal.SIGINT)
        said += process.stdout.read()
    assert process.returncode == 0, f"$ {line}\n{said}\nended with {process.returncode}"
    return said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_readme_can_be_followed(place: Path, checkpoint: Path) -> None:
    said = {}
    with ScriptedServer() as teacher:
        for command in in_blocks(ROOT / "README.md"):
            names = {"$TEACHER": teacher.address, "CHECKPOINT": str(checkpoint)}
            said[command] = follow(command, place, names)
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("wizard-tui symbols shop.py", 'wizard-tui edit shop.py::area "Use the power operator"'):
        shown = re.search(rf"^\$ {re.escape(command)}\n(.*?)(?=^$|^```)", page, re.S | re.M)
        assert shown, command
        assert shown[1].strip() in said[command]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_guide_can_be_followed(place: Path, code_model: Path) -> None:
    kept = Lesson("change", "edited", "shop.py", "python", "round", "", "a = 1.23", "", "a = 1", "a = 1.2")
    for command in in_blocks(ROOT / "docs" / "guide.md"):
        follow(command, place, {"NAME": str(code_model)})
        if command == "wizard-tui lessons on":  # what reviewing a change in the app would have kept
            assert record(Config(lessons="on"), kept)
    row = json.loads((place / "lessons.jsonl").read_text(encoding="utf-8"))
    assert row["chosen"] != row["rejected"]
    assert (place / "shop.py").read_bytes() == (ROOT / "docs" / "example" / "shop.py").read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_quantize_guide_can_be_followed(place: Path, checkpoint: Path) -> None:
    _save_adapter(checkpoint, place / "LORA")
    (place / "evolved.jsonl").symlink_to(place / "seeds.json")
    for command in in_blocks(ROOT / "docs" / "quantize.md"):
        follow(command, place, {"CHECKPOINT": str(checkpoint)})
    assert {"model.Q4_K_M.gguf", "style.gguf", "types.png", "model.IQ3_M.gguf"} <= {p.name for p in place.iterdir()}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_trainer_guide_can_be_followed(place: Path, checkpoint: Path) -> None:
    (place / "runs").mkdir()
    (place / "runs" / "wizardcoder-15b").symlink_to(checkpoint)
    for command in (
        f"wizard-quantize convert {checkpoint} -o tiny.gguf",
        "wizard-tui models add tiny.gguf --name tiny-wizard",
    ):  # what `wizard-train run` would have made
        follow(command, place, {})
    with ScriptedServer() as teacher:
        names = {
            "http://127.0.0.1:8000/v1": teacher.address,
            "NAME": "scripted-1b",
            "CHECKPOINT": str(checkpoint),
        }
        for command in in_blocks(ROOT / "docs" / "trainer.md"):
            follow(command, place, names)
    report = json.loads((place / "small.json").read_text(encoding="utf-8"))
    assert report["benchmark"] == "humaneval"
    assert len((place / "evolved.jsonl").read_text(encoding="utf-8").splitlines()) > 9


def test_page_on_adding_can_be_followed(place: Path) -> None:
    for command in in_blocks(ROOT / "docs" / "adding.md"):
        assert "python" in follow(command, place, {})


def test_security_page_can_be_followed(place: Path) -> None:
    for command in in_blocks(ROOT / "docs" / "security.md"):
        assert "Sandbox" in follow(command, place, {})


def test_pages_that_print_commands_are_those_that_are_followed_here() -> None:
    followed = {"README.md", "adding.md", "guide.md", "quantize.md", "trainer.md", "security.md"}
    assert {page.name for page in WRITTEN if any(in_blocks(page))} == followed


def _save_adapter(base: Path, out: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    settings = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "v_proj"])
    get_peft_model(model, settings).save_pretrained(out)
