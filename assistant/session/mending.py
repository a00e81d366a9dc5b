"""From a failed run of tests to a wish for the model: which file seems to be at fault, and what it is told.

The output of tests is untrusted text: names of files in it count only where such a file is in the folder. This asks no
model and writes nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

from assistant.errors import AssistantError

ROUNDS = 3
"""Changes that are proposed for one failed run, each reviewed, before it is the person's turn again."""

_LINES = 60
_CHARACTERS = 4000
_NAMED = re.compile(r"([\w./\\-]+\.[A-Za-z]{1,5})\b(?:\"?[:,]\s*(?:line\s*)?\d+)?")
_IMPORTED = re.compile(
    r"(?m)^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w.]+))|require\(['\"]([^'\"]+)|from\s+['\"]([^'\"]+)"
)
_TEST_WORD = re.compile(r"^(?:tests?_)|(?:[._-](?:tests?|spec))$", re.IGNORECASE)
_SOURCES = (".py", ".js", ".ts", ".jsx", ".tsx", ".go", ".rs", ".c", ".cpp", ".h", ".java", ".rb")
_NOT_HERE = ("node_modules", ".venv", "venv", "target", ".git")


def suspects(folder: Path, output: str) -> tuple[str, ...]:
    """The files of `folder` that a failure may come from, the likeliest first: named ones, then what tests are about."""
    named: list[Path] = []
    for match in reversed(list(_NAMED.finditer(output))):
        file = _inside(folder, match[1])
        if file is not None and file not in named:
            named.append(file)
    sources = [file for file in named if not _is_test(file)]
    for test in (file for file in named if _is_test(file)):
        sources += [file for file in _subjects(folder, test) if file not in sources]
    return tuple(
        file.relative_to(folder.resolve()).as_posix() for file in (*sources, *named) if file in sources + named
    )


def target_of(folder: Path, output: str) -> str:
    """The one file to begin with.

    Raises:
        AssistantError: the output names no file of the folder.
    """
    found = suspects(folder, output)
    if not found:
        raise AssistantError("the tests name no file that could be mended", "", "/mend FILE names one")
    return found[0]


def wish_for(command: str, output: str) -> str:
    """What the model is asked: the end of the output, from the first failure on where it is not too far."""
    lines = [line.rstrip() for line in output.strip().split("\n")][-_LINES:]
    told = "\n".join(lines)[-_CHARACTERS:]
    return f"`{command}` fails. Change this file so that the tests pass; do not change what they test.\n\nIts output:\n{told}"


def _inside(folder: Path, name: str) -> Path | None:
    root = folder.resolve()
    try:
        file = (root / name.replace("\\", "/")).resolve()
        inside = file.relative_to(root)
    except (ValueError, OSError):
        return None
    ours = file.suffix in _SOURCES and not any(part in _NOT_HERE for part in inside.parts)
    return file if ours and file.is_file() else None


def _is_test(file: Path) -> bool:
    return bool(_TEST_WORD.search(file.stem)) or any(
        part in ("tests", "test", "__tests__") for part in file.parts[-3:-1]
    )


def _subjects(folder: Path, test: Path) -> list[Path]:
    """What a test is about: the file of its name without the word for test, then what it imports of the folder."""
    stem = _TEST_WORD.sub("", test.stem)
    places = (test.parent, folder, folder / "src", test.parent.parent)
    wanted = [place / f"{stem}{test.suffix}" for place in places if stem and stem != test.stem]
    text = test.read_text(encoding="utf-8", errors="replace")
    for match in _IMPORTED.finditer(text):
        name = next(group for group in match.groups() if group)
        path = name if match[3] or match[4] else name.replace(".", "/")
        wanted += [place / f"{path}{end}" for place in places for end in ("", test.suffix, f"/__init__{test.suffix}")]
    found = (_inside(folder, str(file)) for file in wanted if file.is_file())
    return [file for file in dict.fromkeys(found) if file is not None and not _is_test(file)]
