"""The line that says what the model is doing: loading, reading (with its progress), writing (with its speed), and the context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from assistant.tui.drawing.untrusted import joined, plain_line

Doing = Literal["starting", "loading", "ready", "looking", "reading", "writing", "stopping", "failed"]

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BUSY = ("starting", "loading", "looking", "reading", "writing", "stopping")


@dataclass(frozen=True)
class Status:
    """Figures of the turn. Tokens; `speed` in tokens a second; `left_out` counts turns that are not in the prompt."""

    doing: Doing = "starting"
    detail: str = ""
    done: int = 0
    total: int = 0
    speed: float = 0.0
    context_used: int = 0
    context_size: int = 0
    cached: int = 0
    left_out: int = 0
    prefill_speed: float = 0.0
    drafts: float | None = None
    """The share of drafted tokens that were accepted; None where none were drafted."""


class StatusBar(Widget):
    """One line of figures."""

    DEFAULT_CSS = """
    StatusBar { height: 1; padding: 0 1; background: $background; color: $foreground 70%; }
    """

    status: reactive[Status] = reactive(Status(), layout=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tick = 0

    def on_mount(self) -> None:
        """Turn the spinner while something is under way."""
        self.set_interval(0.15, self._turn_spinner)

    def set(self, **figures: object) -> None:
        """Change some of the figures."""
        self.status = replace(self.status, **figures)  # type: ignore[arg-type]

    def render(self) -> Content:
        """Left what happens, right the context; the right side gives way on a narrow terminal."""
        left, width = self._left(), self.size.width
        for right in self._rights():
            space = width - left.cell_length - right.cell_length
            if space >= 1:
                return joined(left, " " * space, right)
        return left.truncate(width, ellipsis=True)

    def _turn_spinner(self) -> None:
        if self.status.doing in _BUSY:
            self._tick += 1
            self.refresh()

    def _left(self) -> Content:
        s = self.status
        spinner = _SPINNER[self._tick % len(_SPINNER)]
        match s.doing:
            case "ready":
                speed = f" · {s.speed:.1f} tok/s" if s.speed else ""
                speed += f" · read {s.prefill_speed:,.0f} tok/s" if s.prefill_speed else ""
                speed += f" · drafts {s.drafts:.0%}" if s.drafts is not None else ""
                return joined(("● ", "$success"), "ready", (speed, "$foreground 70%"))
            case "failed":
                return joined(("✖ ", "$error"), plain_line(s.detail))
            case "reading":
                if not s.total:
                    return joined((f"{spinner} ", "$accent"), "reading the prompt")
                share = s.done / s.total
                figures = f" {share:.0%} · {s.done:,} / {s.total:,}"
                figures += f" · {s.prefill_speed:,.0f} tok/s" if s.prefill_speed else ""
                return joined((f"{spinner} ", "$accent"), "reading the prompt ", bar(share, 10, "$accent"), figures)
            case "writing":
                speed = f"{s.speed:.1f} tok/s" if s.speed else ""
                drafts = f" · drafts {s.drafts:.0%}" if s.drafts is not None else ""
                return joined((f"{spinner} ", "$primary"), "writing ", (speed, "$primary"), (drafts, "$foreground 70%"))
            case "stopping":
                return joined((f"{spinner} ", "$warning"), "stopping")
            case "loading":
                return joined((f"{spinner} ", "$accent"), plain_line(f"loading {s.detail}"))
            case "looking":
                return joined((f"{spinner} ", "$accent"), plain_line(f"looking through {s.detail} (Esc ends it)"))
            case "starting":
                return joined((f"{spinner} ", "$accent"), "starting")

    def _rights(self) -> list[Content]:
        """What to say on the right, the fullest first."""
        s = self.status
        if not s.context_size:
            return [Content("")]
        share = min(1.0, s.context_used / s.context_size)
        colour = "$error" if share > 0.9 else "$warning" if share > 0.7 else "$secondary"
        amount = joined("context ", bar(share, 8, colour), f" {s.context_used:,} / {s.context_size:,}")
        short = joined(f"{s.context_used:,}/{s.context_size:,}")
        parts = []
        if s.cached:
            parts.append(joined((f"cached {s.cached:,}{share_text(s.cached, s.total)} · ", "$foreground 60%")))
        if s.left_out:
            turns = "turn" if s.left_out == 1 else "turns"
            parts.append(joined((f"{s.left_out} {turns} left out · ", "$warning")))
        return [joined(*parts, amount), joined(*parts[1 if s.cached else 0 :], amount), amount, short, Content("")]


def share_text(part: int, whole: int) -> str:
    """` (60 %)`, or nothing where the whole is not known."""
    return f" ({min(1.0, part / whole):.0%})" if whole else ""


def bar(share: float, width: int, colour: str) -> Content:
    """A bar of `width` cells, filled to eighths of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    return Content.styled(filled.ljust(width), f"{colour} on $panel")
