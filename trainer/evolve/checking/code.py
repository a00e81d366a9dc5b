"""Finds the code in a text: fenced blocks or a bare program, its language, and whether tree-sitter can read it.

Used by the rules that judge answers, by verification and by decontamination. It runs nothing.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cache

import tree_sitter

from assistant.syntax.languages import LANGUAGES, grammar

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.S | re.M)

# How a language is named in prose and on fences, and whether its grammar reads all of what people write in it.
_NAMES: dict[str, tuple[tuple[str, ...], bool]] = {
    "python": (("python", "python3", "py", "django", "flask", "numpy", "pandas"), True),
    "javascript": (("javascript", "js", "node", "node.js", "jsx"), True),
    "typescript": (("typescript", "ts"), True),
    "java": (("java",), True),
    "c": (("c",), True),
    "cpp": (("c++", "cpp", "cxx"), True),
    "csharp": (("c#", "csharp", "cs"), True),
    "go": (("go", "golang"), True),
    "rust": (("rust", "rs"), True),
    "ruby": (("ruby", "rb"), True),
    "php": (("php",), False),
    "bash": (("bash", "shell", "sh", "zsh"), False),
    "sql": (("sql", "mysql", "postgresql", "sqlite"), False),
    "html": (("html",), False),
    "css": (("css",), False),
    "swift": (("swift",), False),
    "kotlin": (("kotlin", "kt"), False),
    "r": (("r",), False),
    "lua": (("lua",), True),
}
KNOWN = frozenset(_NAMES)
"""The languages that can be told apart."""

_BY_ALIAS = {alias: name for name, (aliases, _) in _NAMES.items() for alias in aliases}
# "in C", "a Go program", "using R": one letter and everyday words count only where they are used as a language.
_SHY = {"c", "r", "go", "js", "ts", "rust", "swift", "node", "shell", "sh", "py", "cs", "rb", "rs", "kt"}
_WORD = re.compile(r"(?<![\w.#+-])([A-Za-z][\w+#]*(?:\.js)?)(?![\w#+])")
_AS_LANGUAGE = re.compile(
    r"\b(?:in|using|with|into|to)\s+(C|R|Go|JS|TS|Rust|Swift|Node|Shell)\b(?!\s*(?:=|\+|#|order\b))"
    r"|\b(C|R|Go|JS|TS|Rust|Swift|Node|Shell)\s+(?:program|code|function|script|language|struct|class|snippet)\b"
)


@dataclass(frozen=True)
class CodeBlock:
    """A piece of code and the language that its fence names (empty where there is none)."""

    language: str
    text: str


def code_blocks(text: str) -> tuple[CodeBlock, ...]:
    """The fenced blocks of a text, the last one also when its fence is not closed."""
    if "```" not in text and "~~~" not in text:
        return ()
    return tuple(CodeBlock(_BY_ALIAS.get(m[2].lower(), m[2].lower()), m[3]) for m in _FENCE.finditer(text))


def bare_code(text: str) -> tuple[CodeBlock, ...]:
    """The program in a text without fences: from its first line of code to its last; nothing where prose is in between."""
    lines = text.splitlines()
    marks = [bool(_CODE_LINE.match(line)) or line[:1] in (" ", "\t") or not line.strip() for line in lines]
    code = [number for number, line in enumerate(lines) if line.strip() and _CODE_LINE.match(line)]
    if (
        not code
        or lines[code[0]].lstrip().startswith("<")
        or not _DEFINES.search(text)
        or not all(marks[code[0] : code[-1] + 1])
    ):
        return ()
    last = code[-1] + 1
    while last < len(lines) and marks[last]:
        last += 1
    return (CodeBlock("", textwrap.dedent("\n".join(lines[code[0] : last])) + "\n"),)


def code_of(text: str) -> CodeBlock | None:
    """All the code of a text as one block: the fenced blocks of its main language, or the whole bare text.

    None where nothing in the text looks like code.
    """
    blocks = code_blocks(text)
    if blocks:
        language = max(blocks, key=lambda block: len(block.text)).language
        return CodeBlock(language, "\n".join(b.text for b in blocks if b.language == language))
    return CodeBlock("", text) if looks_like_code(text) else None


_CODE_LINE = re.compile(
    r"\s*(?:def \w|class \w+\s*[:({]|import [\w.{*]|from [\w.]+ import|return\b.*[;)\]\w]$|(?:for|while|if|elif|else|try|except|with|switch)\b.*[:{]\s*$"
    r"|print\w*\(|(?:public|private|static|const|let|var|function|int|void|char|double|float|bool|string|auto|func|fn|fun|package|using|namespace)\s+[\w<*&]"
    r"|#include|SELECT\b|INSERT INTO|UPDATE\b|CREATE (?:TABLE|VIEW|INDEX|DATABASE|PROCEDURE)|DELETE FROM|ALTER TABLE|FROM\b|WHERE\b|(?:select|SELECT)\s.+\s(?:from|FROM)\s"
    r"|</?[a-zA-Z!][\w-]*|[}\])]+[;,]?\s*$|[\w.\[\]'\"$]+\s*(?:[-+*/|:]?=|<-)\s*\S|[\w.]+\(.*\)[;:]?\s*$|@\w+\s*(?:\(|$)|//|#!|\$\w+|\w+:\s*\S+;$)"
)


# Single lines of a program may stand in prose; one of these is its beginning.
_DEFINES = re.compile(r"^[ \t]*(?:def|class|function|public|fn|func|import|from|#include|package)\b", re.M)
_SYMBOL = re.compile(r"[(){}\[\];=<>$#^*|\\]")


def has_code(text: str) -> bool:
    """Whether there is any code in a text: a fenced block, a line that reads like code, or many symbols."""
    if code_blocks(text) or any(_CODE_LINE.match(line) for line in text.splitlines()):
        return True
    return len(_SYMBOL.findall(text)) > len(text) * 0.03


def looks_like_code(text: str) -> bool:
    """Whether most lines of a text that has no fences read like code."""
    lines = [line for line in text.splitlines() if line.strip()]
    hits = sum(1 for line in lines if _CODE_LINE.match(line))
    return bool(lines) and hits * 2 >= len(lines)


def named_languages(text: str) -> frozenset[str]:
    """The programming languages that a task names."""
    found = {_BY_ALIAS[w] for w in (m[1].lower() for m in _WORD.finditer(text)) if w in _BY_ALIAS and w not in _SHY}
    found |= {_BY_ALIAS[(m[1] or m[2]).lower()] for m in _AS_LANGUAGE.finditer(text)}
    return frozenset(found)


def parse(code: str, language: str) -> tree_sitter.Tree | None:
    """The tree of a piece of code, or None for a language that cannot be read here."""
    parser = _parser(language)
    return parser.parse(code.encode("utf-8", "replace")) if parser else None


def fault(code: str, language: str) -> int | None:
    """The line (from 1) of the first syntax error; None where there is none, or where the grammar is no judge."""
    if not _NAMES.get(language, ((), False))[1]:
        return None
    tree = parse(code, language)
    if tree is None or not tree.root_node.has_error:
        return None
    return _first_error(tree.root_node).start_point[0] + 1


def _first_error(node: tree_sitter.Node) -> tree_sitter.Node:
    while True:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None or node.is_error:
            return node
        node = inner


@cache
def _parser(language: str) -> tree_sitter.Parser | None:
    row = next((row for row in LANGUAGES if row.name == language), None)
    return tree_sitter.Parser(grammar(row)) if row else None
