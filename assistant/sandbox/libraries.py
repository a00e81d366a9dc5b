"""Which files an installed package consists of, so that the wall can show them and not their neighbours.

Site-packages as a whole stays hidden: a benchmark's answers may lie in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def find(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The top-level files and folders of the named packages and of all they require, and the folders they lie in.

    A package that is not installed is left out: code that imports it fails as it would anywhere.
    """
    import importlib.metadata as metadata

    paths: dict[str, None] = {}
    folders: dict[str, None] = {}
    waiting, seen = list(names), set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        base = Path(str(package.locate_file("")))
        for file in package.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__", "/") and (base / top).exists():
                paths[str(base / top)] = None
        folders[str(base)] = None
        waiting += [required for line in package.requires or () if (required := _required(line))]
    return list(paths), list(folders)


def _required(line: str) -> str:
    """The name in a requirement, empty for one of an extra."""
    if "extra ==" in line:
        return ""
    match = re.match(r"[A-Za-z0-9._-]+", line)
    return match[0] if match else ""
