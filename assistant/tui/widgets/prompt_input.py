"""Where the user types: Enter sends, the box grows with the text, arrows at its edges walk through earlier questions."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import TextArea

from assistant.ground.visible import visible, visible_in_place
from assistant.tui.drawing.card import PLACEHOLDER
from assistant.tui.keymap import keymap_of, keys_of, named
from assistant.tui.messages import (
    CompletionWanted,
    EscapePressed,
    MenuMoved,
    PageScrolled,
    PromptChanged,
    PromptSubmitted,
)
from assistant.tui.widgets.text_box import TextBox


class PromptInput(TextBox):
    """The box for a question or a slash command."""

    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 3;
        max-height: 10;
        border: round $border;
        background: $background;
        padding: 0 1;
        &:focus { border: round $primary; }
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $foreground 40%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "prompt",
        [
            Binding("enter", "submit", "Send"),
            Binding("ctrl+j,shift+enter,alt+enter", "newline", "New line", show=False),
            Binding("up", "earlier", "Line up, or an earlier question", show=False),
            Binding("down", "later", "Line down, or a later question", show=False),
            Binding("tab", "complete", "Complete a command, or move on", show=False),
            Binding("pageup", "page(-1)", "Scroll the conversation up", show=False),
            Binding("pagedown", "page(1)", "Scroll the conversation down", show=False),
        ],
    )

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=PLACEHOLDER,
        )
        self._questions: list[str] = []
        self._at = 0
        self._unsent = ""
        self.menu_open = False

    def remember(self, questions: list[str]) -> None:
        """What the arrows walk through, oldest first."""
        self._questions = [q for i, q in enumerate(questions) if q and (i == 0 or q != questions[i - 1])]
        self._at = len(self._questions)

    def before_cursor(self) -> str:
        """The text up to the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    def replace_before_cursor(self, start: int, text: str) -> None:
        """Put `text` in the place of what stands from character `start` to the cursor."""
        before = self.before_cursor()[:start]
        begin = (before.count("\n"), len(before) - before.rfind("\n") - 1)
        self.move_cursor(self.replace(visible(text), begin, self.cursor_location).end_location)

    def put(self, text: str) -> None:
        """Replace the text and go to its end."""
        self.text = visible(text)
        self.move_cursor(self.document.end)

    @on(TextArea.Changed)
    def _tell(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(PromptChanged(self.text, self.before_cursor()))

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn; the text may come from a stored draft."""
        return Text(visible_in_place(self.document.get_line(line_index)), end="", no_wrap=True)

    def render_line(self, y: int) -> Strip:
        """Textual fails on wrapping the placeholder into no column at all."""
        return super().render_line(y) if self.content_size.width > 1 else Strip.blank(self.size.width)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Enter and Tab are ours, all else the text area's."""
        return key not in (*self._keys("submit"), *self._keys("complete")) and super().check_consume_key(key, character)

    def _keys(self, action: str) -> tuple[str, ...]:
        return keys_of(f"prompt.{action}", self.BINDINGS, keymap_of(self.app))

    async def _on_key(self, event: events.Key) -> None:
        # Not a priority binding: that would run before the letters typed just before it have arrived here.
        for action, run in (("submit", self.action_submit), ("complete", self.action_complete)):
            if event.key in self._keys(action):
                event.stop()
                event.prevent_default()
                run()
                return
        if event.key == "escape" and self.menu_open:
            event.stop()
            event.prevent_default()
            self.post_message(EscapePressed())
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        # A pasted escape sequence would reach the terminal as one.
        event.prevent_default()
        event.stop()
        if not self.read_only and (result := self._replace_via_keyboard(visible(event.text), *self.selection)):
            self.move_cursor(result.end_location)

    def action_submit(self) -> None:
        """Enter: offer the text."""
        if self.text.strip():
            self.post_message(PromptSubmitted(self.text))

    def action_newline(self) -> None:
        """A line feed where the cursor is."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_complete(self) -> None:
        """Tab: complete a command; without one, go on to the next widget."""
        if self.menu_open:
            self.post_message(CompletionWanted())
        else:
            self.screen.focus_next()

    def action_page(self, direction: int) -> None:
        """Page keys belong to the conversation."""
        self.post_message(PageScrolled(direction))

    def action_earlier(self) -> None:
        """Up: in the list of commands, in the text, or to an earlier question."""
        if self.menu_open:
            self.post_message(MenuMoved(-1))
        elif not self.cursor_at_first_line or not self._questions:
            self.action_cursor_up()
        elif self._at > 0:
            if self._at == len(self._questions):
                self._unsent = self.text
            self._at -= 1
            self.put(self._questions[self._at])

    def action_later(self) -> None:
        """Down: likewise, back to what was being typed."""
        if self.menu_open:
            self.post_message(MenuMoved(1))
        elif not self.cursor_at_last_line or self._at >= len(self._questions):
            self.action_cursor_down()
        else:
            self._at += 1
            self.put(self._questions[self._at] if self._at < len(self._questions) else self._unsent)
