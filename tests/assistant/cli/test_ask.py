"""`wizard-tui ask`: real answers by the starter model, files in the prompt, stdin, JSON, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.cli import prompt_parts
from assistant.cli.adapters import read_adapters
from assistant.errors import AssistantError
from tests.assistant.models.gguf_files import write
from tests.fakes.wizard_command import COMMAND, environment, wizard

FIELDS = {
    *("text", "model", "stop_reason", "prompt_tokens", "cached_tokens", "completion_tokens", "prefill_seconds"),
    *("decode_seconds", "time_to_first_token", "drafted_tokens", "accepted_tokens"),
}


@pytest.mark.slow
def test_starter_model_answers(starter_model: Path) -> None:
    arguments = ["ask", "What is the capital of France?", "--max-tokens", "24", "--temperature", "0"]
    plain, as_json = wizard(*arguments), wizard(*arguments, "--json")
    assert plain.returncode == 0, plain.stderr
    assert "Paris" in plain.stdout and plain.stdout.endswith("\n") and "\x1b" not in plain.stdout
    reply = json.loads(as_json.stdout)
    assert set(reply) == FIELDS and as_json.stdout.count("\n") == 1
    assert reply["text"].strip() == plain.stdout.strip()
    assert reply["model"] == "smollm2-135m" and reply["prompt_tokens"] > 10
    assert 0 < reply["completion_tokens"] <= 24 and reply["time_to_first_token"] > 0


@pytest.mark.slow
def test_prompt_that_does_not_fit_is_said_plainly(tmp_path: Path, starter_model: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("many words in here " * 4000)
    done = wizard("ask", "Summarize", "--file", str(long), env=environment(WIZARD_CONTEXT_SIZE="1024"))
    assert done.returncode == 1 and done.stdout == ""
    assert "does not fit" in done.stderr and "1,024" in done.stderr


def scripted(folder: Path, starter: Path, *arguments: str, **how: object) -> list[str]:
    file = folder / "plan.json"
    file.write_text(json.dumps({"calls": [["ask", *arguments, "--model", str(starter)]]} | how))
    return [sys.executable, "-m", "tests.fakes.scripted_wizard", str(file)]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_ctrl_c_keeps_the_text_so_far(form: list[str], tmp_path: Path, starter_model: Path) -> None:
    began = tmp_path / "began"
    how = {"replies": ["word " * 5000], "seconds_per_token": 0.02, "began": str(began)}
    command = scripted(tmp_path, starter_model, "hello", *form, **how)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert child.stdout is not None
    while not began.exists():
        assert child.poll() is None
        time.sleep(0.02)
    first = child.stdout.read(10) if not form else ""
    # So that several tokens have come.
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    rest, said = child.communicate(timeout=20)
    text = first + rest
    assert child.returncode == 130 and "cancelled" in said and "Traceback" not in said
    if form:
        document = json.loads(text.splitlines()[0])
        assert document["stop_reason"] == "cancelled" and document["text"].startswith("word word")
    else:
        assert text.startswith("word word")


def test_reply_cut_by_its_limit_is_said(tmp_path: Path, starter_model: Path) -> None:
    command = scripted(tmp_path, starter_model, "hello", "--max-tokens", "2", replies=["one two three"])
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout == "one two\n" and "cut at 2 tokens" in done.stderr


def question(*words: str, stdin: str = "") -> str:
    code = (
        "import sys; from assistant.cli.prompt_parts import read_question; print(read_question(sys.argv[1:]), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], input=stdin, capture_output=True, text=True, env=environment(), check=True
    )
    return done.stdout


def test_question_comes_from_words_stdin_or_both() -> None:
    assert question("how", "are", "you") == "how are you"
    assert question(stdin="from a pipe") == "from a pipe"
    assert question("-", stdin="from a pipe") == "from a pipe"
    assert question("review this", stdin="diff") == "review this\n\ndiff"
    assert question("before", "-", "after", stdin="middle") == "before\n\nmiddle\n\nafter"


def test_redirected_file_is_added_and_an_idle_pipe_is_not_waited_for(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("the text")
    code = "import sys; from assistant.cli.prompt_parts import read_question; print(read_question(['words']), end='')"
    with text.open() as handle:
        done = subprocess.run([sys.executable, "-c", code], stdin=handle, capture_output=True, text=True, check=True)
    assert done.stdout == "words\n\nthe text"
    idle = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert idle.stdout is not None and idle.stderr is not None
    assert idle.stdout.read() == b"words" and b"going on without it" in idle.stderr.read()
    idle.communicate()


def test_pipe_that_brings_nothing_is_told_of() -> None:
    code = "from assistant.cli.prompt_parts import read_question; print(read_question(['words']), end='')"
    done = subprocess.run([sys.executable, "-c", code], input="\n", capture_output=True, text=True, check=True)
    assert done.stdout == "words"
    assert done.stderr == "(nothing came through the pipe: the question is asked without it)\n"


def test_file_goes_in_whole_within_a_fence_that_it_cannot_close(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("text\n```python\nx\n```\n")
    part = prompt_parts.file_part(str(path))
    assert part == f"`{path}`:\n````md\ntext\n```python\nx\n```\n````"


def test_symbol_of_a_file_goes_in_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import os\n\n\nclass A:\n    def go(self):\n        return 1\n\n\ndef other():\n    pass\n")
    part = prompt_parts.file_part(f"{path}::A.go")
    assert "return 1" in part and "import os" not in part and "lines 5 to 6" in part
    with pytest.raises(AssistantError, match="gone"):
        prompt_parts.file_part(f"{path}::gone")


def test_file_that_cannot_go_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1\n")
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    (tmp_path / "double::colon.py").write_text("y = 2\n")
    with pytest.raises(AssistantError, match=r"there is no file .*man\.py.* Try: .*main\.py"):
        prompt_parts.file_part(str(tmp_path / "man.py"))
    with pytest.raises(AssistantError, match="no text file"):
        prompt_parts.file_part(str(tmp_path / "binary"))
    with pytest.raises(AssistantError, match="is a directory"):
        prompt_parts.file_part(str(tmp_path))
    assert "y = 2" in prompt_parts.file_part(str(tmp_path / "double::colon.py"))


def test_unknown_model_is_wrong_before_anything_is_read() -> None:
    done = wizard("ask", "hello", "--model", "smolm2-135m")
    assert done.returncode == 1 and "the nearest are smollm2-135m" in done.stderr


def test_adapters_are_looked_into_first(tmp_path: Path) -> None:
    lora = write(tmp_path / "lora=1.gguf", fields={"general.type": "adapter"})
    model = write(tmp_path / "model.gguf")
    assert read_adapters([str(lora), f"{lora}=0.5"]) == ((str(lora), 1.0), (str(lora), 0.5))
    for wrong, words in ((str(model), "no LoRA adapter"), (f"{lora}=much", "no number"), ("none.gguf", "no such file")):
        with pytest.raises(AssistantError, match=words):
            read_adapters([wrong])


@pytest.mark.slow
def test_model_that_llama_cpp_refuses_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    done = subprocess.run(
        [*COMMAND, "ask", "hi", "--model", str(path)], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 1
