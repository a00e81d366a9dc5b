"""Where keys work, for the help screen: read from the widgets' own bindings, so none can be missing."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import BindingType
from textual.widgets import TextArea

from assistant.tui.app import WizardApp
from assistant.tui.panels.conversation import Conversation
from assistant.tui.panels.editor import EditorPanel
from assistant.tui.panels.files import FilesPanel
from assistant.tui.screens.conversations import Conversations
from assistant.tui.screens.review import ReviewScreen
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.prompt_input import PromptInput
from assistant.tui.widgets.rows import Rows


def key_areas() -> Sequence[tuple[str, Sequence[BindingType]]]:
    """Title and bindings of each place."""
    return (
        ("Anywhere", [*Workbench.BINDINGS, *WizardApp.BINDINGS]),
        ("In the conversation", Conversation.BINDINGS),
        ("In the prompt", PromptInput.BINDINGS),
        ("Editing text", [b for b in TextArea.BINDINGS if not _taken(b)]),
        ("On a code block (Ctrl+↑ goes there)", CodeBlock.BINDINGS),
        ("In the list of conversations", Conversations.BINDINGS),
        ("In the review of a change", ReviewScreen.BINDINGS),
        ("In the files", [*FilesPanel.BINDINGS, *Rows.BINDINGS]),
        ("In the editor", [*EditorPanel.BINDINGS, *CodeEditor.BINDINGS]),
    )


def _taken(binding: BindingType) -> bool:
    """Whether one of our own keys goes before a key of the text area."""
    ours = {key for b in (*Workbench.BINDINGS, *PromptInput.BINDINGS) for key in _keys(b)}
    return bool(ours & set(_keys(binding)))


def _keys(binding: BindingType) -> list[str]:
    keys = binding[0] if isinstance(binding, tuple) else binding.key
    return [key.strip() for key in keys.split(",")]
