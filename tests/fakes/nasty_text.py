"""Lines on which tokenizers go wrong: real code, odd spacing, and Unicode from all over, the same at every run."""

from __future__ import annotations

import random
from pathlib import Path

_ROOT = Path(__file__).parents[2]

_PIECES = (
    *("  ", "    ", "\t", "\t\t ", " \t", "\n", "\n\n\n", "\r\n", "\u00a0", "\u3000", " " * 40),
    *("0", "12", "3456", "0x7fFF", "1_000_000", "3.14e-10", "²", "½", "٣٤", "१२"),
    *("foo", "Bar", "camelCase", "SCREAMING_SNAKE", "don't", "I'LL", "we've", "'re", "ſt", "ŉ"),
    *("é", "e\u0301", "ñ", "Å", "A\u030a", "ß", "İ", "ﬁ", "Ω", "Ω", "žluťoučký", "Ελλάδα", "привет", "שלום", "العربية"),
    *("你好", "世界", "日本語", "カタカナ", "한국어", "ไทย", "កាន់", "தமிழ்"),
    *("😀", "👩‍👩‍👧", "🇺🇸", "🏳️‍🌈", "\u200b", "\u200d", "\ufeff", "\u2028", "\u202e", "𝕏", "𓀀", "\U0010ffff"),
    *(
        "==",
        "!=",
        "->",
        "=>",
        ":=",
        "...",
        "……",
        "<<<",
        "/*",
        "*/",
        "//",
        "#!",
        "`",
        "``",
        '"""',
        "'''",
        "\\n",
        "\\\\",
        "$",
        "€",
        "@",
    ),
    *("()", "[]", "{}", "((", "))", ";;", "::", "&&", "||", "-----", "=====", "_", "__init__", "\x00", "\x07", "\x7f"),
)


def _lines() -> tuple[str, ...]:
    lines = [
        line
        for path in sorted((_ROOT / "assistant").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.strip()
    ]
    chance = random.Random(20)
    lines = lines[:3000]
    while len(lines) < 6000:
        lines.append("".join(chance.choice(_PIECES) for _ in range(chance.randint(1, 12))))
    return tuple(lines)


CODE_LINES: tuple[str, ...] = _lines()
"""6,000 texts: lines of this project, and random joins of what breaks pre-tokenizers."""
