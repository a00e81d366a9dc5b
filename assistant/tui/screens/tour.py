"""The tour for newcomers: five steps, one thing each; Esc or typing skips it, and it does not come again unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from assistant.ground import paths
from assistant.ground.texts import text_of
from assistant.tui.drawing.untrusted import Plain, joined, plain
from assistant.tui.keymap import Keymap, in_force, named
from assistant.tui.screens.dialog import Dialog


@dataclass(frozen=True)
class Step:
    """A step of the tour: its title and its words, in which `{app.help}` stands for the key of an action."""

    title: str
    words: str


class Tour(Dialog[None]):
    """The steps, one after another; any other key ends it and is passed on, for it was meant for the app.

    Args:
        keymap: the keys that are in force.
    """

    DEFAULT_CSS = """
    Tour > #box { max-width: 72; padding: 1 2; }
    Tour #words { margin: 1 0; min-height: 8; }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "tour",
        [
            Binding("right,enter", "go(1)", "Next step"),
            Binding("left", "go(-1)", "Step before"),
        ],
    )

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._steps = tour_steps(keymap)
        self._own = {binding.key for binding in in_force([*self.BINDINGS, *Dialog.BINDINGS], keymap)}
        self._at = 0
        self._left = False

    def compose(self) -> ComposeResult:
        """Title, words, where one is."""
        with Vertical(id="box") as box:
            box.border_subtitle = "Enter goes on · ← back · Esc skips the tour"
            yield Plain("", id="title")
            yield Plain("", id="words")
            yield Plain("", id="dots")

    def on_mount(self) -> None:
        """From the first step on it counts as seen."""
        paths.tour_seen_file().touch()
        self._show()

    def _show(self) -> None:
        step = self._steps[self._at]
        count = len(self._steps)
        self.query_one("#box").border_title = f"Welcome, {self._at + 1} of {count}"
        self.query_one("#title", Plain).show(joined((step.title, "bold $accent")))
        self.query_one("#words", Plain).show(_marked(step.words))
        dots = "●".join(["○" * self._at, "○" * (count - self._at - 1)])
        self.query_one("#dots", Plain).show(joined((dots, "$primary")))

    def on_key(self, event: events.Key) -> None:
        """Who types does not want a tour now."""
        if self._left or event.key not in self._own:
            event.stop()
            event.prevent_default()
            if not self._left:
                self._left = True
                self.dismiss(None)
            # Further keys of a burst may have reached this screen before it was gone.
            self.app.post_message(events.Key(event.key, event.character))

    def action_go(self, step: int) -> None:
        """To the next step or the one before; behind the last one the tour ends."""
        self._at = max(0, self._at + step)
        if self._at >= len(self._steps):
            self.dismiss(None)
        else:
            self._show()


def tour_steps(keymap: Keymap) -> tuple[Step, ...]:
    """The steps, with the keys that are in force."""
    # Help's table of keys is only needed here, and imports every widget.
    from assistant.tui.keys import key_areas
    from assistant.tui.screens.help import keys_by_name

    names = keys_by_name(key_areas(), keymap)
    steps = []
    for part in text_of("texts", "tour.md").split("\n## ")[1:]:
        title, _, words = part.partition("\n")
        for name, keys in names.items():
            words = words.replace(f"{{{name}}}", keys)
        steps.append(Step(title.strip(), words.strip()))
    return tuple(steps)


def _marked(words: str) -> Content:
    """Words with `code` in colour."""
    parts = words.split("`")
    return joined(*((part, "bold $primary") if i % 2 else plain(part) for i, part in enumerate(parts)))
