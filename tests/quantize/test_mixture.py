"""Which matrices stay in F16: the search with scripted measures, and a real model that needs it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ground.progress import Progress
from quantize.compression.compress import Choices, compress
from quantize.compression.mixture import ATTEMPTS, Group, groups_of, search
from quantize.compression.quant_types import find_type, type_of
from quantize.making.candidates import compress_within
from quantize.making.order import Order, State
from quantize.writing.gguf_file import read_outline

Measure = Callable[[tuple[Group, ...]], float]
F16 = 1


def group(name: str, extra: int) -> Group:
    return Group(name, name, extra)


def scripted(losses: dict[str, float], calls: list[tuple[str, ...]], factor: float = 1.0) -> Measure:
    def measure(kept: tuple[Group, ...]) -> float:
        names = tuple(g.name for g in kept)
        calls.append(names)
        return factor * sum(loss for name, loss in losses.items() if name not in names)

    return measure


def test_search_keeps_the_cheapest_groups_that_are_enough() -> None:
    groups = [group("attn_qkv", 4), group("ffn_up", 12), group("token_embd", 24)]
    losses = {"attn_qkv": 0.0012, "ffn_up": 0.0003, "token_embd": 0.0003}
    probes: list[tuple[str, ...]] = []
    settled: list[tuple[str, ...]] = []
    kept = search(groups, 0.001, 0.0018, scripted(losses, probes), scripted(losses, settled))
    assert [g.name for g in kept] == ["attn_qkv"]
    assert probes == [(), ("attn_qkv",), ("ffn_up",), ("token_embd",)]
    assert settled == [("attn_qkv",)]
    kept = search(groups, 0.0005, 0.0018, scripted(losses, []), scripted(losses, []))
    assert [g.name for g in kept] == ["attn_qkv", "ffn_up"]


def test_search_takes_more_where_the_whole_text_tells_of_a_larger_loss_than_the_short_one() -> None:
    groups = [group("a", 1), group("b", 2), group("c", 3)]
    settled: list[tuple[str, ...]] = []
    whole = scripted({"a": 0.1, "b": 0.5, "c": 1.4}, settled)
    kept = search(groups, 0.6, 2.0, scripted({"a": 1.5, "b": 0.3, "c": 0.2}, []), whole)
    assert settled[0] == ("a", "b")
    assert kept
    assert whole(kept) <= 0.6


def test_search_that_cannot_reach_the_bound_keeps_nothing_and_never_everything() -> None:
    settled: list[tuple[str, ...]] = []
    groups = [group("a", 1), group("b", 1)]
    assert search(groups, 0.1, 2.0, scripted({"a": 1, "b": 1}, []), scripted({"other": 2}, settled)) == ()
    assert settled in ([("a",)], [("b",)])
    assert search(groups[:1], 0.1, 2.0, scripted({"a": 2}, []), scripted({"a": 2}, settled)) == ()
    assert search([], 0.1, 2.0, scripted({"a": 2}, []), scripted({"a": 2}, settled)) == ()
    assert len(settled) == 1


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 9)), max_size=6),
    st.floats(1e-6, 1),
)
def test_search_is_bounded_and_never_returns_what_is_not_within(
    rows: list[tuple[float, float, int]], within: float
) -> None:
    groups = [group(str(i), extra) for i, (_, _, extra) in enumerate(rows)]
    probes: list[tuple[str, ...]] = []
    settled: list[tuple[str, ...]] = []
    probe = scripted({str(i): short for i, (short, _, _) in enumerate(rows)}, probes)
    settle = scripted({str(i): whole for i, (_, whole, _) in enumerate(rows)}, settled, 1.1)
    kept = search(groups, within, within + sum(whole for _, whole, _ in rows), probe, settle)
    assert len(probes) <= 1 + len(groups)
    assert len(settled) == len(set(settled)) <= ATTEMPTS
    assert not kept or (settle(kept) <= within and len(kept) < len(groups))


def test_groups_name_each_quantized_matrix_once_and_llama_cpp_keeps_just_these(
    converted: Callable[[str], Path], tmp_path: Path
) -> None:
    base, plain = converted("llama"), tmp_path / "plain.gguf"
    compress(base, plain, find_type("Q8_0"))
    before = read_outline(plain)
    groups = {g.name: g for g in groups_of(before)}
    last = max(int(found[1]) for name in before.tensors if (found := re.match(r"blk\.(\d+)\.", name)))
    assert last > 0
    assert {"attn_q", "ffn_down", "token_embd", f"blk.{last}"} <= set(groups)
    for tensor in before.tensors.values():
        found = [g.name for g in groups.values() if re.search(g.pattern, tensor.name)]
        assert len(found) == (tensor.kind not in (0, F16)), tensor.name
    picked = [groups[name] for name in ("attn_q", "token_embd", f"blk.{last}")]
    mixed = tmp_path / "mixed.gguf"
    compress(base, mixed, find_type("Q8_0"), Choices(overrides=tuple((g.pattern, "F16") for g in picked)))
    after = read_outline(mixed)
    kept = {name for name, t in after.tensors.items() if t.kind == F16}
    assert kept == {
        n for n, t in before.tensors.items() if t.kind == 8 and any(re.search(g.pattern, n) for g in picked)
    }
    assert mixed.stat().st_size - plain.stat().st_size == pytest.approx(sum(g.extra for g in picked), abs=4096)


def run(checkpoint: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quantize.cli", "run", checkpoint, "--type", "Q8_0", "-o", out, "--json"]
    return subprocess.run([*map(str, command), *arguments], capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_q8_0_of_a_real_model_is_within_a_thousandth_and_says_what_stayed_in_f16(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.gguf"
    done = run(shared / "models" / "tiny-starcoder", out, "--tokens", "96")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kl_plain"] > 0.001 >= told["kl_mean"]
    assert told["kept_bytes"] > 0
    assert "kept in F16: " + ", ".join(told["kept_f16"]) in done.stderr
    assert "Kept in F16: " + told["kept_f16"][0] in (tmp_path / "README.md").read_text()
    assert any(t.kind == F16 for t in read_outline(out).tensors.values())


def test_bound_and_chosen_tensors_exclude_each_other(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "out.gguf", "--within", "0.001", "--tensor", "ffn_down=F16")
    assert done.returncode == 2
    assert "--within" in done.stderr


def test_broken_off_between_two_mixtures_of_equal_length_the_old_figures_are_not_the_new_ones(tmp_path: Path) -> None:
    base, model = tmp_path / "base.gguf", tmp_path / "model.gguf"
    base.write_bytes(b"base")
    model.write_bytes(b"same")
    state = State(tmp_path / "state.json", "f")
    state.done("base", base)
    state.done("model attn_q", model)
    assert State(tmp_path / "state.json", "f").has("model attn_q", model)
    assert state.loss("whole attn_q", lambda: 0.5) == 0.5
    state.forget_model()
    again = State(tmp_path / "state.json", "f")
    assert again.has("base", base)
    assert not again.has("model attn_q", model)
    assert again.verdict() is None
    assert again.loss("whole attn_q", lambda: 0.7) == 0.5
    assert not State(tmp_path / "state.json", "other").has("base", base)


def compress_command(source: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quantize.cli", "compress", source, "-o", out, "--progress", "none", *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_compress_by_itself_keeps_q8_0_within_its_name_and_leaves_nothing_beside_it(
    code_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mixed.gguf"
    order = Order(code_model, out, find_type("Q8_0"), tokens=96)
    written, loss, mixture = compress_within(order, Progress("none"))
    assert mixture is not None
    assert 0 < loss <= 0.001 < mixture.plain_kl
    assert sorted(tmp_path.iterdir()) == [out]
    assert written.bytes == out.stat().st_size
    assert type_of(out) is find_type("Q8_0")


def test_other_types_and_own_choices_are_written_at_once_without_a_search(
    converted: Callable[[str], Path], tmp_path: Path
) -> None:
    base, out = converted("llama"), tmp_path / "out.gguf"
    for kind, choices in (("Q4_0", Choices()), ("Q8_0", Choices(overrides=(("ffn_down", "F16"),)))):
        order = Order(base, out, find_type(kind), choices=choices)
        assert compress_within(order, Progress("none"))[1:] == (-1.0, None)
        assert out.is_file()


def test_parts_smaller_than_the_largest_tensor_are_refused_before_anything_is_written(
    converted: Callable[[str], Path], tmp_path: Path
) -> None:
    out = tmp_path / "model.gguf"
    out.write_bytes(b"an older model")
    done = compress_command(converted("llama"), out, "--type", "Q4_0", "--split", "1")
    assert done.returncode == 1
    size = re.search(r"Try: --split (\d+) or more", done.stderr)
    assert size and "largest tensor alone" in done.stderr
    assert [out.read_bytes(), *tmp_path.iterdir()] == [b"an older model", out]
    done = compress_command(converted("llama"), out, "--type", "Q4_0", "--split", size[1])
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == b"an older model"
    assert len(list(tmp_path.glob("model-*-of-*.gguf"))) > 1
