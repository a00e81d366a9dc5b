"""Finds secrets in code and text by their form, and masks them: keys and tokens of services, passwords, addresses.

It needs nothing but patterns, so it is at hand wherever something is stored. The trainer adds detect-secrets to it,
which knows more; neither finds a secret that looks like any other word.
"""

from __future__ import annotations

import math
import re
from collections import Counter

EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w-])")
# Addresses that belong to nobody, by their RFC, and names that only look like addresses.
NOBODY = re.compile(r"@(?:[\w-]+\.)*(?:example|test|invalid|localhost)(?:\.(?:com|org|net))?$|@[23]x\.", re.I)
PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.S)
HARMLESS = re.compile(
    r"^(?:\$\{?\w+\}?|<[^>]*>|\*+|x+|\.+|your[\w -]*|\W*|[\w.\[\]'\"]*\(.*|%\w|\{.*\}|.{0,3}|(?:my_?)?(?:password|passwd|secret|token|key|changeme))$",
    re.I,
)
ALPHABET = re.compile("abcdefghij", re.I)
# Whole tokens that detect-secrets knows in part or not at all.
TOKENS = (
    ("github token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})")),
    ("hugging face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("google api key", re.compile(r"\bAIza[\w-]{35}")),
    ("anthropic key", re.compile(r"\bsk-ant-[\w-]{20,}")),
    ("aws key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("openai key", re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{20,}")),
    ("slack token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("gitlab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}")),
    ("pypi token", re.compile(r"\bpypi-AgEI[\w-]{20,}")),
    ("json web token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?")),
)
# Values that stand unquoted, or far from the word that gives them away; the group is the secret.
PLACES = (
    ("bearer token", re.compile(r"\bBearer\s+([A-Za-z0-9._~+/-]{20,}=*)")),
    ("azure storage key", re.compile(r"\bAccountKey=([A-Za-z0-9+/]{40,}={0,2})")),
    ("secret keyword", re.compile(
        r"^[ \t]*(?:export\s+)?[A-Z_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY)[A-Z_]*(?:=|:[ ])([^\s'\"<>$(){}\[\]=.,]{8,})[ \t]*$", re.M
    )),
    ("secret keyword", re.compile(
        r"(?:password|passwd|secret|token|api_?key)\w*\s*=\s*[\w.]+\([^()\n]*,\s*(?:\w+\s*=\s*)?['\"]([^'\"\s]{6,})['\"]\)", re.I
    )),
    ("secret keyword", re.compile(
        r"^[ \t-]*\w*(?:password|passwd|secret|token|api_?key)\w*:[ ]+((?=\S*\d)[A-Za-z0-9+/_-]{20,}=*)[ \t]*$", re.I | re.M
    )),
    ("password", re.compile(r"\bcurl\s[^\n]*?\s(?:-u|--user)[ =]?['\"]?[\w.@-]+:([^\s'\"]{4,})")),
    ("secret keyword", re.compile(r"\bmysql\w*\s[^\n]*?\s-p([^\s'\"]{6,})")),
)  # fmt: skip

_IN_ADDRESS = re.compile(r"(?<=://)([^\s:/@'\"]*):([^\s:/@'\"]+)@")
_NAMED = re.compile(
    r"""(?ix)\b[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api_?-?key|access_?key|credential)\w*
    ["']?\s*(?::|=|=>|:=)\s*["']([^"'\n]{4,})["']"""
)
_ASSIGNED = re.compile(
    r"(?im)^\s*(?:export\s+)?[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY)[A-Z0-9_]*=(\S{6,})\s*$"
)
_QUOTED = re.compile(r"(?<=[\"'])[A-Za-z0-9+/_=-]{20,}(?=[\"'])")
_HEX = re.compile(r"[0-9a-fA-F]+")


def masked(text: str) -> str:
    """The text with each secret that is found replaced by a word like <AWS_KEY>."""
    text = PRIVATE_KEY.sub("<PRIVATE_KEY>", text)
    for kind, pattern in TOKENS:
        text = pattern.sub(f"<{kind.upper().replace(' ', '_')}>", text)
    text = _IN_ADDRESS.sub(r"\1:<PASSWORD>@", text)
    for pattern in (_NAMED, _ASSIGNED, *(pattern for _, pattern in PLACES)):
        text = pattern.sub(_value_masked, text)
    text = _QUOTED.sub(lambda found: "<SECRET>" if _looks_random(found[0]) else found[0], text)
    return EMAIL.sub(lambda found: found[0] if NOBODY.search(found[0]) else "<EMAIL>", text)


def _value_masked(found: re.Match[str]) -> str:
    if HARMLESS.search(found[1]):
        return found[0]
    start, end = found.span(1)
    return found[0][: start - found.start()] + "<SECRET>" + found[0][end - found.start() :]


def _looks_random(text: str) -> bool:
    """Whether letters are as mixed as in a key; an alphabet is, and is none."""
    if ALPHABET.search(text):
        return False
    counts = Counter(text).values()
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return entropy >= (3.0 if _HEX.fullmatch(text) else 4.5)
