"""The panels of the workbench and the lines between them: shown, hidden, resized, and as they were in the last run.

All of them are mounted; what is not to be seen is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from assistant.tui.arrangement import Arrangement, Layout, PanelName, arrange, keep_layout, load_layout, resized
from assistant.tui.panels.conversation import Conversation
from assistant.tui.panels.editor import EditorPanel
from assistant.tui.panels.files import FilesPanel
from assistant.tui.panels.outline import OutlinePanel
from assistant.tui.widgets.splitter import Splitter


class ArrangedPanels(Horizontal):
    """Files and outline left, the editor, the conversation right of it or below.

    Args:
        folder: what is worked on.
        shown: the folder as it is shown.
        mode: the `layout` of the settings.
    """

    DEFAULT_CSS = """
    ArrangedPanels {
        height: 1fr;
        #left { width: 30; height: 1fr; display: none; }
        #work { width: 1fr; height: 1fr; layout: vertical; }
        #work.-beside { layout: horizontal; }
        EditorPanel, FilesPanel, OutlinePanel { display: none; }
        Splitter { display: none; }
    }
    """

    def __init__(self, folder: Path, shown: str, mode: Literal["auto", "narrow", "wide"] = "auto") -> None:
        super().__init__(id="bench")
        self._folder = folder
        self._shown = shown
        self._mode: str = mode
        self._chosen = Layout()
        self._current: PanelName = "conversation"
        self._arranged: Arrangement | None = None
        self._open = False

    def compose(self) -> ComposeResult:
        """Left the files and the outline, then the editor and the conversation."""
        with Vertical(id="left"):
            yield FilesPanel(self._folder)
            yield Splitter("files", flat=True)
            yield OutlinePanel()
        yield Splitter("left")
        with Container(id="work"):
            yield EditorPanel(self._folder)
            yield Splitter("talk", flat=True)
            yield Conversation(self._shown)

    @property
    def conversation(self) -> Conversation:
        """The panel of the conversation."""
        return self.query_one(Conversation)

    @property
    def editor(self) -> EditorPanel:
        """The panel of the open files."""
        return self.query_one(EditorPanel)

    @property
    def files(self) -> FilesPanel:
        """The panel of the folder."""
        return self.query_one(FilesPanel)

    @property
    def outline(self) -> OutlinePanel:
        """The panel of the file's symbols."""
        return self.query_one(OutlinePanel)

    @property
    def is_open(self) -> bool:
        """Whether all panels are there."""
        return self._open

    @property
    def arranged(self) -> Arrangement | None:
        """What is seen now; None before the panels are there."""
        return self._arranged

    def begin(self) -> None:
        """Arrange them as in the last run, and read the folder."""
        self._chosen = load_layout()
        self._open = True
        self.lay_out()
        self.files.list_folder()
        self.run_worker(self.editor.reopening.reopen())

    def lay_out(self) -> None:
        """Show what belongs on a terminal of this size."""
        if not self._open:
            return
        size = (self.screen.size.width, self.screen.size.height)
        seen = arrange(self._chosen, size, self.editor.has_file, self._current, self._mode)
        if seen == self._arranged:
            return
        self._arranged = seen
        left = {"files", "outline"} & seen.panels
        with self.app.batch_update():
            for panel in (self.files, self.outline, self.editor, self.conversation):
                panel.display = panel.id in seen.panels
            self.query_one("#left").display = bool(left)
            self._line("left", bool(left) and not seen.single)
            self._line("files", len(left) == 2)
            both = {"editor", "conversation"} <= seen.panels
            self._line("talk", both).lie(flat=not seen.beside)
            self.query_one("#work").display = bool(seen.panels - {"files", "outline"})
            self.query_one("#work").set_class(seen.beside, "-beside")
            self._measure(seen, both)

    def _measure(self, seen: Arrangement, both: bool) -> None:
        self.query_one("#left").styles.width = "1fr" if seen.single else seen.left
        self.files.styles.height = seen.files_rows if {"files", "outline"} <= seen.panels else "1fr"
        talk = self.conversation.styles
        talk.width = seen.talk if both and seen.beside else "1fr"
        talk.height = seen.talk if both and not seen.beside else "1fr"
        self.set_class(seen.single, "-single")
        self.set_class(both, "-both")

    def _line(self, name: str, shown: bool) -> Splitter:
        line = self.query_one(f"#split-{name}", Splitter)
        line.display = shown
        return line

    def on_resize(self) -> None:
        """The terminal has another size."""
        self.lay_out()

    # -- panels

    def panel(self, name: PanelName) -> Widget:
        """A panel by its name."""
        return self.query_one(f"#{name}")

    def panel_at_hand(self) -> PanelName:
        """The panel that has the focus, or had it last."""
        focused = self.screen.focused
        for name in ("files", "outline", "editor", "conversation"):
            if focused is not None and self.panel(name) in focused.ancestors_with_self:
                return name
        return self._current

    def keys_at_hand(self) -> tuple[Widget, Sequence[BindingType]]:
        """The panel at hand and the keys of it that are worth being seen; none of the conversation's."""
        name = self.panel_at_hand()
        keys: list[BindingType] = []
        if name == "editor":
            from assistant.tui.panels.editor import EditorPanel
            from assistant.tui.panels.open_files import OpenFiles
            from assistant.tui.panels.searched_files import SearchedFiles

            keys = [*OpenFiles.BINDINGS, *SearchedFiles.BINDINGS, *EditorPanel.BINDINGS]
        return self.panel(name), keys

    def go_to(self, name: PanelName, hide: bool = True) -> None:
        """Focus a panel, showing it; one that has the focus already is hidden, if asked."""
        if name in ("editor", "outline") and not self.editor.has_file:
            self.notify("No file is open: Ctrl+O finds one by name, F5 shows the folder.")
            return
        single = self._arranged is not None and self._arranged.single
        if hide and self.panel_at_hand() == name and self.panel(name).display:
            self._hide(name, single)
            return
        self._current = name
        if not single:
            self._choose(replace(self._chosen, **{name: True}))  # type: ignore[arg-type]  # a field for each panel
        self.lay_out()
        self._focus(name)

    def _hide(self, name: PanelName, single: bool) -> None:
        to: PanelName = "conversation" if name != "conversation" or not self.editor.has_file else "editor"
        self._current = to
        if not single:
            self._choose(replace(self._chosen, **{name: False, to: True}))  # type: ignore[arg-type]  # likewise
        self.lay_out()
        self._focus(to)

    def _focus(self, name: PanelName) -> None:
        if name == "conversation":
            self.conversation.prompt.focus()
        elif name == "editor":
            self.editor.focus_text()
        elif name == "files":
            self.files.rows.focus()
        else:
            self.outline.rows.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember which panel the user is in."""
        if self._open:
            self._current = self.panel_at_hand()

    def resize(self, step: int) -> None:
        """Make the panel at hand larger or smaller."""
        if self._arranged is not None and not self._arranged.single:
            self._choose(resized(self._chosen, self._arranged, self.panel_at_hand(), step))

    def turn(self) -> None:
        """The conversation right of the editor, or below it."""
        if self._arranged is not None:
            self._choose(replace(self._chosen, place="below" if self._arranged.beside else "right"))

    def _choose(self, layout: Layout, keep: bool = True) -> None:
        self._chosen = layout
        self.lay_out()
        if keep:
            keep_layout(layout)

    @on(Splitter.Dragged)
    def _drag(self, event: Splitter.Dragged) -> None:
        event.stop()
        seen = self._arranged
        if seen is None or seen.single:
            return
        if event.done:
            keep_layout(self._chosen)
        elif event.between == "left":
            self._choose(resized(self._chosen, seen, "outline", event.step), keep=False)
        elif event.between == "files":
            rows = max(4, seen.files_rows + event.step)
            self._choose(replace(self._chosen, files_rows=rows), keep=False)
        else:
            self._choose(resized(self._chosen, seen, "editor", event.step), keep=False)
