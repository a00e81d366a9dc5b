"""A small tokenizer built as CodeLlama's is (SentencePiece-like BPE with byte fallback), trained on this project."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.nasty_text import CODE_LINES

BYTES = [f"<0x{b:02X}>" for b in range(256)]
FIM = ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"]


def train_tokenizer() -> Any:
    """A tokenizer of transformers with 1,504 tokens; ids 1500 to 1503 are CodeLlama's fill-in-the-middle tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=["<unk>", "<s>", "</s>", *BYTES], show_progress=False, max_token_length=16
    )
    tokenizer.train_from_iterator(CODE_LINES[:2000], trainer)
    spelling = json.loads(tokenizer.to_str())
    spelling["added_tokens"] = [t for t in spelling["added_tokens"] if t["content"] in ("<unk>", "<s>", "</s>")]
    tokenizer = Tokenizer.from_str(json.dumps(spelling))
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=True) for text in FIM])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
