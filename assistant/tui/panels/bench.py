"""The workbench's panels joined: what one of them says, another does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from assistant.tui.panels.arranged_panels import ArrangedPanels

if TYPE_CHECKING:
    from assistant.tui.panels.editor import EditorPanel
    from assistant.tui.panels.files import FilesPanel
    from assistant.tui.panels.outline import OutlinePanel


class Bench(ArrangedPanels):
    """Files and outline left, the editor, the conversation right of it or below."""

    @work
    async def open_file(self, target: str, focus: bool = True, near: int = 0) -> None:
        """Open `FILE` or `FILE::SYMBOL` (the one nearest to line `near`) of the folder in the editor, and go there."""
        await self.editor.open(target, near)
        if focus:
            self.go_to("editor", hide=False)
        else:
            self.lay_out()

    # Handlers by name: the classes of these messages are imported after the first paint.

    def on_files_panel_file_chosen(self, event: FilesPanel.FileChosen) -> None:
        """A file of the tree was chosen."""
        event.stop()
        self.open_file(event.path)

    def on_files_panel_mentioned(self, event: FilesPanel.Mentioned) -> None:
        """A file is to be mentioned in the prompt."""
        event.stop()
        quoted = f'"{event.path}"' if " " in event.path else event.path
        prompt = self.conversation.prompt
        prompt.put(f"{prompt.text}{'' if not prompt.text or prompt.text[-1].isspace() else ' '}@{quoted} ")
        self.go_to("conversation", hide=False)

    def on_outline_panel_symbol_chosen(self, event: OutlinePanel.SymbolChosen) -> None:
        """A symbol of the outline was chosen."""
        event.stop()
        self.go_to("editor", hide=False)
        self.editor.go_to_symbol(event.symbol)

    def on_editor_panel_wanted(self, event: EditorPanel.Wanted) -> None:
        """A file was found by its name."""
        event.stop()
        self.open_file(event.path, near=event.line)

    def on_open_files_switched(self, event: EditorPanel.Switched) -> None:
        """Another file is seen."""
        event.stop()
        self.files.show_current(event.path)
        if not event.path and self._current in ("editor", "outline"):
            self._current = "conversation"
            self._focus("conversation")
        self.lay_out()

    def on_editor_panel_symbols_read(self, event: EditorPanel.SymbolsRead) -> None:
        """The symbols of the file that is seen."""
        event.stop()
        self.outline.show_symbols(event.symbols)

    def on_editor_panel_moved(self, event: EditorPanel.Moved) -> None:
        """The cursor of the editor stands elsewhere."""
        event.stop()
        self.outline.show_place(event.char)
