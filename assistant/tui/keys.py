"""Where keys work, and what a person's own keymap makes of them: read from the widgets' own bindings, so none is missing.

A wrong entry of the keymap costs that entry, never the app: it is left out and told by name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding, BindingType
from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME, Keys, key_to_character

from assistant.tui.app import WizardApp
from assistant.tui.keymap import Keymap, in_force, keys_in
from assistant.tui.panels.context import ContextPanel
from assistant.tui.panels.conversation import Conversation
from assistant.tui.panels.editor import EditorPanel
from assistant.tui.panels.files import FilesPanel
from assistant.tui.panels.tests import TestsPanel
from assistant.tui.screens.code_panes import CodePanes
from assistant.tui.screens.conversations import Conversations
from assistant.tui.screens.go_to import GoTo
from assistant.tui.screens.jobs import Jobs
from assistant.tui.screens.learn import Learn
from assistant.tui.screens.lessons import Lessons
from assistant.tui.screens.review import ReviewScreen
from assistant.tui.screens.settings import Settings
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.find_bar import FindBar
from assistant.tui.widgets.hunk_view import HunkView
from assistant.tui.widgets.key_bar import KeyBar
from assistant.tui.widgets.prompt_input import PromptInput
from assistant.tui.widgets.question import Question
from assistant.tui.widgets.rows import Rows
from assistant.tui.widgets.text_box import TextBox

NO_KEY = "none"
"""What stands in a keymap for an action that is to have no key."""

_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")


@dataclass(frozen=True)
class Area:
    """A place where keys work; `inside` names the places whose keys work there too."""

    title: str
    bindings: Sequence[BindingType]
    inside: tuple[str, ...] = ()


ANYWHERE = "Anywhere"
EDITING = "Editing text"


def key_areas() -> Sequence[Area]:
    """All places, in the order that help shows."""
    return (
        Area(ANYWHERE, _of(Workbench, WizardApp)),
        Area("In the conversation", _of(Conversation), (ANYWHERE,)),
        Area("In the prompt", _of(PromptInput), ("In the conversation", ANYWHERE, EDITING)),
        Area(EDITING, _of(TextBox), (ANYWHERE,)),
        Area("On a code block (Ctrl+↑ goes there)", _of(CodeBlock), ("In the conversation", ANYWHERE)),
        Area("On a question (Ctrl+↑ goes there)", _of(Question), ("In the conversation", ANYWHERE)),
        Area("In the panel of the context", _of(ContextPanel), ("In the conversation", ANYWHERE)),
        Area("In the panel of the tests", _of(TestsPanel), ("In the conversation", ANYWHERE)),
        Area("In the list of conversations", _of(Conversations)),
        Area("In the review of a change", _of(ReviewScreen)),
        Area("On a hunk of a change", _of(HunkView), ("In the review of a change",)),
        Area("In both texts of a change (v in the review)", _of(CodePanes)),
        Area("In the files", _of(FilesPanel), (ANYWHERE, "In a list")),
        Area("In a list", _of(Rows)),
        Area("In the editor", _of(EditorPanel, CodeEditor), (ANYWHERE, EDITING)),
        Area("In the find line", _of(FindBar)),
        Area("In the list to go to", _of(GoTo)),
        Area("In the settings", _of(Settings)),
        Area("In the jobs", _of(Jobs), ("In a list",)),
        Area("In the lessons", _of(Lessons), ("In a list",)),
        Area("In learning", _of(Learn)),
    )


def _of(*places: type[Any]) -> list[BindingType]:
    """The bindings of classes and of those classes of ours that they stand on, but for the plain text area's."""
    rows: list[BindingType] = []
    for place in places:
        for part in place.__mro__:
            if part.__module__.startswith("assistant.") and (part is not TextBox or place is TextBox):
                rows += vars(part).get("BINDINGS", ())
    return rows


def understood(own: Mapping[str, Any]) -> tuple[Keymap, tuple[str, ...]]:
    """The keymap that the settings' table [keys] makes, and a sentence for each entry that was left out."""
    areas = key_areas()
    known = {b.id: (b, area) for area in areas for b in area.bindings if isinstance(b, Binding) and b.id}
    keymap: dict[str, str] = {}
    problems: list[str] = []
    for name, value in _flat(own):
        problem = _unknown(name, known) or _no_keys(name, value)
        if problem:
            problems.append(problem)
        else:
            keymap[name] = ",".join(keys_in(value))
    for name in list(keymap):
        taken = _taken(name, keymap, known, areas)
        if taken is not None:
            key, other = taken
            del keymap[name]
            problems.append(
                f"Your key for {name} is left out: {key} is {other} ({known[other][0].description.lower()}) in the same place; "
                f"give {other} another key too, or choose one that is free"
            )
    return keymap, tuple(problems)


def put_in_force(app: WizardApp) -> tuple[str, ...]:
    """Let the app's settings say which keys it has; answers with a sentence for each entry that was left out."""
    app.keymap, problems = understood(app.config.keys)
    app.set_keymap(dict(app.keymap))
    for bar in app.screen_stack[0].query(KeyBar):
        bar.refresh()
    return problems


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _unknown(name: str, known: Iterable[str]) -> str:
    names = list(known)
    if name in names:
        return ""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"the nearest is {near[0]}" if near else "F1 lists the actions"
    return f"Your key for {name} is left out: there is no such action; {hint}"


def _no_keys(name: str, value: object) -> str:
    keys = keys_in(value) if isinstance(value, str) else []
    if not keys:
        return f'Your key for {name} is left out: it is set to text, keys with commas between, or "{NO_KEY}"'
    for key in keys:
        *modifiers, last = key.split("+")
        if key != NO_KEY and not (_is_key(last) and all(m in _MODIFIERS for m in modifiers)):
            near = difflib.get_close_matches(last, _key_names(), n=1)
            meant = "+".join([*modifiers, near[0]]) if near else 'one as "ctrl+s", "f5" or "?"'
            return f"Your key for {name} is left out: there is no key {key}; perhaps {meant}"
    return ""


def _key_names() -> list[str]:
    return [key.value for key in Keys if "+" not in key.value and "<" not in key.value] + [
        *KEY_NAME_REPLACEMENTS.values()
    ]


def _is_key(name: str) -> bool:
    known = name in _key_names() or name in KEY_TO_UNICODE_NAME or name in KEY_ALIASES
    return known or len(name) == 1 or key_to_character(name) is not None


def _taken(
    name: str, keymap: Keymap, known: Mapping[str, tuple[Binding, Area]], areas: Sequence[Area]
) -> tuple[str, str] | None:
    """The key of `name` that another action has in the same place, and that action."""
    _, area = known[name]
    mine = set(keymap[name].split(",")) - {NO_KEY}
    for other in areas:
        if other is not area and other.title not in area.inside and area.title not in other.inside:
            continue
        for binding in in_force(other.bindings, keymap):
            if binding.id and binding.id != name and binding.key in mine:
                return binding.key, binding.id
    return None
