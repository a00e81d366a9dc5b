"""Records the app in a real terminal (tmux) with the real starter model, as one animated SVG for the README: `make recording`.

What is seen is what happened, at its own pace; only waits in which nothing on the screen changes are cut to a second and a half.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).parents[1]
OUT = Path(__file__).parent / "images" / "recording.svg"
SOCKET = "wizard-recording"
COLUMNS, LINES = 100, 30
CELL, LINE, SIZE = 8.4, 18, 14
LONGEST_WAIT = 1.5
EVERY = 0.2
PLAIN, GROUND = "#d8d4e8", "#15131f"

Row = tuple[tuple[int, str, str, str, bool], ...]
"""Runs of one line: column, text, colour, background ("" for none), bold."""


@dataclass(frozen=True)
class Shown:
    """One line of the screen while it stays the same, in seconds from the start."""

    line: int
    begin: float
    end: float
    row: Row


class Terminal:
    """The app in tmux, and the screens that were seen of it: seconds, lines with their escape sequences."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.frames: list[tuple[float, tuple[str, ...]]] = []
        command = f"{shlex.quote(sys.executable)} -m assistant.cli.main {shlex.quote(str(folder))}"
        environment = {
            "HOME": str(home),
            "WIZARD_HOME": str(home / "wizard"),
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(ROOT),
        }
        told = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        self._tmux("-f", os.devnull, "new-session", "-d", *size, *told, "-s", "app", command)

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._tmux("send-keys", "-t", "app", *keys)
        self.look()

    def type(self, text: str) -> None:
        """Type as a person does, letter by letter."""
        for letter in text:
            self._tmux("send-keys", "-t", "app", "-l", letter)
            time.sleep(0.03)
            self.look()

    def until(self, ready: Callable[[str], bool], seconds: float = 180) -> None:
        """Record until the screen's plain text is as asked for, and a moment more."""
        end = time.monotonic() + seconds
        while not ready(self.look()):
            if time.monotonic() > end:
                sys.exit(f"the app did not get there in time; it shows\n{self.look()}")
            time.sleep(EVERY)
        for _ in range(6):
            time.sleep(EVERY)
            self.look()

    def look(self) -> str:
        """Keep the present screen where it differs from the last one; returns its plain text."""
        lines = tuple(self._tmux("capture-pane", "-e", "-p", "-t", "app").split("\n")[:LINES])
        if not self.frames or self.frames[-1][1] != lines:
            self.frames.append((time.monotonic(), lines))
        return Text.from_ansi("\n".join(lines)).plain

    def close(self) -> None:
        """End the app and its server."""
        self._tmux("kill-server")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", SOCKET, *words], capture_output=True, encoding="utf-8", check=True)
        return done.stdout


def perform(terminal: Terminal) -> None:
    """Ask about a symbol, change another, read the change, write it, take it back."""
    terminal.until(lambda screen: "Welcome" in screen and "ready" in screen)
    terminal.frames.clear()
    terminal.keys("Escape")
    terminal.until(lambda screen: "Welcome, 1" not in screen)
    terminal.type("What does @shop.py::area do?")
    terminal.until(lambda _: True)
    terminal.keys("Escape")
    terminal.keys("Enter")
    terminal.until(lambda screen: "tok/s" in screen and "● ready" in screen)
    terminal.type("/edit shop.py::area Use the power operator")
    terminal.keys("Escape")
    terminal.keys("Enter")
    terminal.until(lambda screen: "Review" in screen or "Accept" in screen)
    terminal.keys("a")
    terminal.until(lambda _: True)
    terminal.keys("Enter")
    terminal.until(lambda screen: "undo" in screen.lower() and "Accept" not in screen)
    terminal.keys("F8")
    terminal.until(lambda screen: "taken back" in screen.lower())


def rows_of(line: str) -> Row:
    """The runs of a line as tmux gave it."""
    console = Console(color_system="truecolor", width=COLUMNS * 2)
    found, at = [], 0
    for segment in Text.from_ansi(line).render(console):
        style = segment.style or Style()
        ink, ground = _colour(style, "color", PLAIN), _colour(style, "bgcolor", "")
        if style.reverse:
            ink, ground = ground or GROUND, ink
        text = segment.text.rstrip("\n")
        if text and (text.strip() or ground not in ("", GROUND)):
            found.append((at, text, ink, ground, bool(style.bold)))
        at += cell_len(text)
    return tuple(found)


def _colour(style: Style, name: str, otherwise: str) -> str:
    colour = getattr(style, name)
    return str(colour.get_truecolor().hex) if colour is not None and not colour.is_default else otherwise


def timed(frames: Sequence[tuple[float, tuple[str, ...]]]) -> tuple[list[Shown], float]:
    """Each line with when it is seen, and how long all of it takes; long waits are cut."""
    at, begins = 0.0, []
    for number, (seen, _) in enumerate(frames):
        begins.append(at)
        if number + 1 < len(frames):
            at += min(frames[number + 1][0] - seen, LONGEST_WAIT)
    total = at + 2 * LONGEST_WAIT
    return [one for line in range(LINES) for one in _line(line, frames, begins, total)], total


def _line(
    line: int, frames: Sequence[tuple[float, tuple[str, ...]]], begins: Sequence[float], total: float
) -> Iterator[Shown]:
    changes = [0]
    for number in range(1, len(frames)):
        if frames[number][1][line] != frames[changes[-1]][1][line]:
            changes.append(number)
    for number, following in zip(changes, [*changes[1:], None], strict=True):
        row = rows_of(frames[number][1][line])
        if row:
            yield Shown(line, begins[number], total if following is None else begins[following], row)


def drawn(shown: Sequence[Shown], total: float) -> str:
    """The SVG: each line is there while its time is."""
    width, height = COLUMNS * CELL + 20, LINES * LINE + 20
    rules, groups, inks = [], [], dict[str, str]()
    for number, one in enumerate(shown):
        first, last = 100 * one.begin / total, 100 * one.end / total
        if (first, last) == (0, 100):
            name = ""
        else:
            hidden = "0%{visibility:hidden}" if first else ""
            end = f"{last:.2f}%{{visibility:hidden}}" if last < 100 else ""
            rules.append(f"@keyframes k{number}{{{hidden}{first:.2f}%{{visibility:visible}}{end}}}")
            name = f' style="animation:k{number} {total:.1f}s step-end infinite"'
        groups.append(f"<g{name}>{''.join(_run(one.line, run, inks) for run in one.row)}</g>")
    style = f"text{{font:{SIZE}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre;fill:{PLAIN}}}.b{{font-weight:bold}}"
    style += "".join(f".{name}{{fill:{ink}}}" for ink, name in inks.items()) + "".join(rules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">'
        f'<style>{style}</style><rect width="100%" height="100%" rx="8" fill="{GROUND}"/>'
        f'<g transform="translate(10 10)">{"".join(groups)}</g></svg>\n'
    )


def _run(line: int, run: tuple[int, str, str, str, bool], inks: dict[str, str]) -> str:
    """A run as text over its ground; `inks` collects the colours and their short names."""
    column, text, ink, ground, bold = run
    x, wide = column * CELL, cell_len(text) * CELL
    box = (
        f'<rect x="{x:.0f}" y="{line * LINE}" width="{wide:.0f}" height="{LINE}" fill="{ground}"/>'
        if ground not in ("", GROUND)
        else ""
    )
    if not text.strip():
        return box
    names = [inks.setdefault(ink, f"c{len(inks)}")] if ink != PLAIN else []
    looks = " ".join([*names, "b"] if bold else names)
    lead, kept = len(text) - len(text.lstrip()), text.strip()
    # Fonts differ in width: each run is brought to its columns.
    wide = f' textLength="{cell_len(kept) * CELL:.0f}"' if len(kept) > 1 else ""
    about = f' class="{looks}"' if looks else ""
    return f'{box}<text x="{(column + lead) * CELL:.0f}" y="{line * LINE + 13}"{wide}{about}>{escape(kept)}</text>'


def main() -> None:
    """Write the recording."""
    with tempfile.TemporaryDirectory(prefix="recording-") as scratch:
        folder = Path(scratch, "my-shop")
        folder.mkdir()
        example = ROOT / "docs" / "example" / "shop.py"
        Path(folder, example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
        terminal = Terminal(folder, Path(scratch))
        try:
            perform(terminal)
        finally:
            terminal.close()
    OUT.write_text(drawn(*timed(terminal.frames)), encoding="utf-8")


if __name__ == "__main__":
    main()
