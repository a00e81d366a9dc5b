"""A small repository that the tests of the context read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = {
    "shelf/jar.py": (
        'class Jar(Box):\n    """Holds cookies."""\n\n    def fill_up(self, count: int) -> int:\n'
        "        return count\n\n    def open(self):\n        return self\n\n\ndef make_jar(size):\n    return Jar(size)\n"
    ),
    "shelf/box.py": "class Box:\n    def open(self):\n        pass\n\n\nUNUSED_LIMIT = 3\n",
    "kitchen.py": "from shelf.jar import Jar, make_jar\n\n\ndef bake():\n    jar = make_jar(3)\n    jar.fill_up(2)\n    return Jar\n",
    "tests/test_jar.py": "from shelf.jar import make_jar\n\n\ndef test_jar():\n    assert make_jar(1).fill_up(1)\n",
    "web/app.js": "import { bake } from './bake.js';\nexport function draw() {\n  return bake();\n}\n",
    "notes.txt": "make_jar\n",
    ".gitignore": "*.log\n/build/\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def settle() -> Callable[[Path], None]:
    """Makes a folder's files old enough for their times to be trusted."""
    import os

    def old(folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                os.utime(path, ns=(10**18, 10**18))

    return old
