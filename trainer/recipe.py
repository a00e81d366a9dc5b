"""The recipe of a fine-tuning run: a TOML file read into one frozen dataclass, every knob with its meaning.

Unknown keys are refused and the nearest right one is named (`toml_tables`). This knows no model and touches no data; whether a
base exists is found out by the stage that opens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.errors import UsageError
from trainer.toml_tables import Amount, Count, Positive, Rate, Share, from_table, lay_over, read_toml


@dataclass(frozen=True)
class ModelPart:
    """[model]: which weights are trained, and how much of them."""

    base: str = ""
    """A checkpoint folder, a hub id (bigcode/starcoderbase-1b), or a .gguf file (llama, qwen2, starcoder2)."""
    revision: str = "main"
    """Branch, tag or commit, for a base from the hub."""
    method: Literal["full", "lora", "qlora"] = "full"
    """full trains every weight; lora trains low-rank adapters; qlora does so on a base in 4 bits (CUDA only)."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """What the matrix products are computed in; trained weights are kept in fp32. auto: bf16 where the hardware has it."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: about a third slower, far less memory."""
    compile: bool = False
    """torch.compile the model: pays in long runs only."""
    save_dtype: Literal["bf16", "fp16", "fp32"] = "bf16"
    """What the finished full checkpoint is written in (adapters are always fp32)."""


@dataclass(frozen=True)
class LoraPart:
    """[lora]: the adapter, for method lora and qlora."""

    rank: Positive = 16
    """Rank of the two factors."""
    alpha: Rate = 32.0
    """Scale: alpha / rank, or alpha / sqrt(rank) with rslora."""
    dropout: Share = 0.0
    """Dropout before the adapter; 0 is right nearly always."""
    targets: tuple[str, ...] = ()
    """Module names that get an adapter; empty means every linear layer of the architecture's blocks."""
    dora: bool = False
    """Weight-decomposed adapters (DoRA): learns the magnitude of each output by itself."""
    rslora: bool = False
    """Rank-stabilised scale: use it for ranks over 64."""
    plus_ratio: Rate = 1.0
    """LoRA+: how many times faster B learns than A; 16 is the paper's, 1 switches it off."""


@dataclass(frozen=True)
class DataPart:
    """[data]: what is learned from."""

    train: tuple[str, ...] = ()
    """Files: rows of `wizard-train evolve` (JSONL), or Alpaca JSON; .gz too."""
    dev: tuple[str, ...] = ()
    """Held-out files of the same kinds."""
    dev_fraction: Share = 0.0
    """Where `dev` is empty: the share of `train` that is held out, chosen by content."""
    limit: Count = 0
    """Use only the first so many rows of each train file; 0 means all."""
    prompt_format: str = "wizardcoder"
    """A family of the prompt table (saved as the chat template), or "model" for the template the base already has."""
    max_length: Positive = 2048
    """Longest example in tokens, prompt and end-of-text included."""
    overlong: Literal["cut", "drop"] = "cut"
    """cut shortens the response of a longer example (end-of-text stays the last token); drop leaves it out."""
    packing: bool = True
    """Lay examples end to end without padding; no example sees another. false pads batches of like lengths."""
    fim_rate: Share = 0.0
    """Share of the code responses that are learned once more as fill-in-the-middle, so that infilling isn't forgotten."""
    fim_spm_rate: Share = 0.5
    """Share of those in suffix-prefix-middle order."""


@dataclass(frozen=True)
class TrainPart:
    """[train]: the loop."""

    epochs: Amount = 1.0
    """Passes over the data, when `steps` is 0."""
    steps: Count = 0
    """Optimizer steps; 0 means as many as `epochs` need."""
    batch: Positive = 32
    """Examples behind one optimizer step, over all processes."""
    micro_batch_tokens: Positive = 4096
    """Tokens that go through the model at once on one device: bounds memory, changes no result."""
    learning_rate: Rate = 2e-5
    """Highest learning rate."""
    schedule: Literal["cosine", "linear", "wsd", "constant"] = "cosine"
    """How it falls after the warm-up; wsd holds it, then decays over `decay_share` of the steps."""
    warmup_steps: Count = 0
    """Steps of linear rise from zero."""
    decay_share: Share = 0.2
    """wsd: the last share of the steps, in which the rate falls to `final_rate`."""
    final_rate: Share = 0.0
    """Where the schedule ends, as a share of `learning_rate`."""
    weight_decay: Amount = 0.0
    """Decoupled weight decay on matrices; biases, norms and embeddings have none."""
    betas: tuple[float, ...] = (0.9, 0.999)
    """AdamW's two decay rates."""
    epsilon: Rate = 1e-8
    """AdamW's epsilon."""
    max_grad_norm: Amount = 1.0
    """Gradients are clipped to this norm; 0 switches clipping off."""
    neftune_alpha: Amount = 0.0
    """NEFTune: noise on the embeddings while training; 5 is usual, 0 switches it off."""
    shuffle: bool = True
    """A new order in each epoch, from the seed; false keeps the order of the files."""
    loss_chunk: Count = 0
    """Positions whose logits are in memory at once; 0 means 256 on a CPU and 2048 on a GPU."""
    spike_factor: Amount = 0.0
    """Skip a step whose loss is over this many times the recent median; 0 skips only NaN and infinity."""
    max_skipped: Count = 10
    """Stop after so many skipped steps."""
    threads: Count = 0
    """CPU threads; 0 means OMP_NUM_THREADS where that is set, else the cores that this process may use."""


@dataclass(frozen=True)
class EvaluatePart:
    """[evaluate]: the loss on held-out responses while training."""

    every: Count = 0
    """Steps between two evaluations; 0 means only before the first step and after the last."""
    patience: Count = 0
    """Stop after so many evaluations without a new best; 0 never stops early."""
    limit: Count = 200
    """Held-out examples used; 0 means all."""
    finish_with: Literal["last", "best"] = "last"
    """Which weights become the finished checkpoint: the last ones, or the best on held-out data."""


@dataclass(frozen=True)
class CheckpointPart:
    """[checkpoint]: what `--resume` goes on from."""

    every: Count = 100
    """Steps between two checkpoints; 0 means only at the end."""
    keep: Positive = 2
    """How many of the newest are kept, besides the best one on held-out data."""


@dataclass(frozen=True)
class LogPart:
    """[log]: what is written down, besides metrics.jsonl."""

    plot: bool = True
    """Draw loss.png at the end."""
    tensorboard: bool = False
    """Write TensorBoard events to OUTPUT/tensorboard (pip install tensorboard)."""


@dataclass(frozen=True)
class Recipe:
    """A fine-tuning run, whole. Paths are relative to the folder the command is started in."""

    output: str = ""
    """The folder that gets the finished checkpoint, `checkpoints/` and metrics.jsonl."""
    seed: Count = 0
    """Decides order, noise and initial adapters."""
    model: ModelPart = field(default_factory=ModelPart)
    """Which weights."""
    lora: LoraPart = field(default_factory=LoraPart)
    """The adapter."""
    data: DataPart = field(default_factory=DataPart)
    """What is learned."""
    train: TrainPart = field(default_factory=TrainPart)
    """The loop."""
    evaluate: EvaluatePart = field(default_factory=EvaluatePart)
    """Held-out loss."""
    checkpoint: CheckpointPart = field(default_factory=CheckpointPart)
    """What resume goes on from."""
    log: LogPart = field(default_factory=LogPart)
    """What is written down."""


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe, with `key=value` changes laid over it (`train.learning_rate=1e-4`).

    A name without a file (`tiny-cpu`) means the recipe of that name that comes with the program.

    Raises:
        UsageError: no such file, no TOML, an unknown key, or a value that cannot be.
    """
    shipped = ", ".join(sorted(file.stem for file in _RECIPES.glob("*.toml") if "[model]" in file.read_text("utf-8")))
    table = read_toml(path if path.exists() else _shipped(path), f"a recipe of your own, or {shipped}")
    for change in changes:
        lay_over(table, change)
    recipe = from_table(Recipe, table, str(path))
    for key, value in (("model.base", recipe.model.base), ("data.train", recipe.data.train), ("output", recipe.output)):
        if not value:
            raise UsageError(f"{path} does not say {key}", "it has no default", f"--set {key}=…")
    if len(recipe.train.betas) != 2 or not all(0 <= beta < 1 for beta in recipe.train.betas):
        raise UsageError(f"{path}: train.betas", "must be two numbers from 0 to below 1", "betas = [0.9, 0.999]")
    return recipe


_RECIPES = Path(__file__).parent / "recipes"


def _shipped(path: Path) -> Path:
    named = _RECIPES / f"{path.name.removesuffix('.toml')}.toml"
    return named if path.parent == Path() and named.exists() else path
