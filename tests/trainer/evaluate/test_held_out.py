"""The loss of held-out responses on a GGUF file is what transformers computes for the same tokens, gaps included."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ADD = "def add(a, b):\n    return a + b\n"
ROWS = [
    {"instruction": "Add two numbers.", "response": ADD},
    {"instruction": "Fill it in.", "response": "x", "before": ADD + "def twice(a):\n    ", "middle": "return add(a, a)"}
    | {"after": "\n\nprint(twice(2))\n"},
    {"instruction": "Nothing to say.", "response": ""},
    # Longer than a batch, so that pieces meet in the middle of the response.
    {
        "instruction": "List them.",
        "response": "items = [\n" + "".join(f"    add({n}, {n}),\n" for n in range(60)) + "]\n",
    },
]


def measured(model: Path, rows: Path, out: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "trainer.cli", "evaluate", str(model), "--held-out", str(rows), "-o", str(out)]
    done = subprocess.run([*command, "--threads", "1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


@pytest.mark.slow
def test_the_loss_is_that_of_transformers(code_model: Path, shared: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    report = measured(code_model, rows, tmp_path / "report.json")
    checkpoint = shared / "models" / "tiny-starcoder"
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)

    def ids(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def loss(prompt: list[int], response: list[int]) -> float:
        tokens = torch.tensor([prompt + response])
        with torch.no_grad():
            logits = model(tokens).logits[0, len(prompt) - 1 : -1]
        return float(torch.nn.functional.cross_entropy(logits, torch.tensor(response)))

    gap = ROWS[1]
    expected = [
        loss(ids(f"Question: {row['instruction']}\n\nAnswer:"), ids(row["response"].rstrip()))
        for row in (ROWS[0], ROWS[3])
    ]
    prompt = f"<fim_prefix>{gap['before']}<fim_suffix>{gap['after']}<fim_middle>"
    expected.insert(1, loss(ids(prompt), ids(gap["middle"])))
    found = {row["row"]: row["loss"] for row in report["losses"]}  # type: ignore[attr-defined]
    assert [found[number] for number in (1, 2, 4)] == pytest.approx(expected, abs=0.02)
    assert (report["rows"], report["left_out"]) == (3, 1)


def test_what_is_no_gguf_file_is_refused_in_words(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROWS[0]) + "\n")
    command = [sys.executable, "-m", "trainer.cli", "evaluate", str(tmp_path), "--held-out", str(rows), "-o", "x.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=_path())
    assert done.returncode == 2
    assert "--held-out reads a GGUF file" in done.stderr


def _path() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(ROOT)}
