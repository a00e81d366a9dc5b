"""Hostile text in every place where the app shows text: the terminal gets visible characters and nothing else.

The same script runs twice on a pseudo-terminal, with harmless text and with the payloads. The second run may write no
kind of control sequence that the first did not, and no character that is not to be seen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assistant.tui.app_in_terminal import Terminal, python, sequences
from tests.fakes.payloads import MARKUP, PAYLOADS, raw_controls

_SCRIPT = """
import asyncio, os, sys
from pathlib import Path
from assistant.config import Config
from assistant.engine.api import EngineCrashed
from assistant.ground import paths
from assistant.session.store import Store
from assistant.tui.app import WizardApp
from tests.fakes.payloads import MARKUP, PAYLOADS
from tests.fakes.scripted_engine import ScriptedEngine

hostile = sys.argv[1] == "hostile"
texts = [*PAYLOADS.values(), *MARKUP.values()] if hostile else ["harmless"] * (len(PAYLOADS) + len(MARKUP))
line = lambda n: " ".join(texts[n::6]).replace(chr(10), " ")
reply = "\\n\\n".join(f"{n} {text} end" for n, text in enumerate(texts))
code = "```" + line(0) + "\\n" + "\\n".join(texts) + "\\n```\\n"
inline = "`" + line(1).replace("`", "") + "` **" + line(2) + "** [" + line(3) + "](http://x/" + line(4) + ")\\n\\n- " + line(5)
table = "\\n\\n| " + line(0).replace("|", "") + " | b |\\n|---|---|\\n| " + line(1).replace("|", "") + " | c |\\n"

def session_of(app):
    return app.screen_stack[0]

async def until(what):
    for _ in range(600):
        if what():
            await asyncio.sleep(0.3)
            return
        await asyncio.sleep(0.02)
    raise SystemExit("timeout")

async def drive(pilot):
    app = pilot.app
    chat = session_of(app)
    await until(lambda: chat.desk is not None and not chat.desk.busy)
    for text in (reply, code, inline + table):
        engine.replies = [text]
        chat.prompt.insert(reply[:400])
        asked = len(engine.requests)
        await pilot.press("enter")
        await until(lambda: len(engine.requests) > asked and not chat.desk.busy)
    engine.crash_after, engine.crash_why = 1, line(2)
    chat.desk.ask(line(3))
    await until(lambda: not chat.desk.busy and chat.query("Notice"))
    for part in range(6):
        app.notify(line(part))
        chat.status.set(doing="loading", detail=line(part))
        chat.conversation.fetch_line.show_progress(line(part), 1, 2, 3)
        chat.title_bar.show_model(line(part), line(part))
        await asyncio.sleep(0.1)
    from textual import events
    chat.prompt.post_message(events.Paste(reply))
    await asyncio.sleep(0.3)
    chat.prompt.clear()
    chat.desk.take("/" + line(4).replace("/", ""))
    await asyncio.sleep(0.2)
    await pilot.press("f3")
    await asyncio.sleep(0.5)
    await pilot.press("ctrl+r")
    await asyncio.sleep(0.3)
    await pilot.press("escape", "escape")
    chat.desk.delete_conversation()
    await asyncio.sleep(0.3)
    await pilot.press("escape")
    chat.desk.show_conversations(line(1)[:3])
    await asyncio.sleep(0.5)
    await pilot.press("escape", "f2")
    await asyncio.sleep(3.0)
    await pilot.press("down", "up", "escape")
    await asyncio.sleep(0.3)
    # The review, its comments, the new lines being rewritten; the output of tests; names after an @; branches; the map.
    (Path(app.folder) / "wish.py").write_text("a = 1\\n" + line(0) + "\\n", encoding="utf-8", errors="replace")
    engine.replies = ["a = 2\\n" + line(1) + "\\n" + line(2) + "\\n"]
    chat.desk.edit_file("wish.py", line(3))
    await until(lambda: app.screen.query("HunkView"))
    await pilot.press("s", "s", "e")
    await asyncio.sleep(0.3)
    await pilot.press("escape", "c")
    await asyncio.sleep(0.3)
    app.screen.query_one("Input").value = line(5)
    await pilot.press("enter")
    await asyncio.sleep(0.3)
    await pilot.press("escape")
    await until(lambda: not chat.desk.busy)
    from assistant.session.project_tests import TestOutput, TestsBegun, TestsEnded
    async def steps():
        yield TestsBegun(line(0), line(1))
        for text in texts:
            yield TestOutput(text + "\\n")
        yield TestsEnded(False, line(2), "", 1.0)
    app.workplace.run_tests = lambda changes=(): steps()
    chat.desk.run_tests()
    await until(lambda: chat.query("TestsPanel") and chat.query_one("TestsPanel").ended)
    chat.desk.from_tests("close")
    chat.prompt.focus()
    chat.prompt.insert("@")
    await asyncio.sleep(1.5)
    await pilot.press("down", "down", "tab")
    chat.prompt.clear()
    chat.desk.pin("wish.py")
    chat.desk.show_context()
    chat.desk.show_map("")
    await asyncio.sleep(1.0)
    await pilot.press("escape")
    chat.desk.fork_conversation()
    await asyncio.sleep(0.6)
    print("", end="")
    app.exit()

engine = ScriptedEngine(["x"], name=line(0))
folder = Path(sys.argv[3])
models = Path(sys.argv[2])
for n, text in enumerate(texts):
    name = "".join(c for c in text if c not in "/\\0" and not 0xD800 <= ord(c) < 0xE000)[:60]
    (models / f"{n}{name}.gguf").write_bytes(b"GGUF")
store = Store(paths.sessions_file())
for text in texts:
    made, _, answer = store.begin(None, line(1), text, line(2))
    store.append(answer, text)
    store.finish(answer, "cut")
    store.rename(made, text)
store.close()
for n, text in enumerate(texts):
    name = "".join(c for c in text if c not in "/\\0\\n" and not 0xD800 <= ord(c) < 0xE000)[:40]
    (folder / f"{n}{name}.py").write_text("def f(): pass\\n")
app = WizardApp(folder, Config(models_folder=str(models)), engine)
app.run(auto_pilot=drive)
if app.failure is not None:
    raise app.failure
"""


_EDITOR_SCRIPT = """
import asyncio, os, sys
from pathlib import Path
from assistant.config import Config
from assistant.tui.app import WizardApp
from assistant.tui.screens.go_to import GoTo
from tests.fakes.payloads import MARKUP, PAYLOADS
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import shown
from textual.widgets import Input

hostile = sys.argv[1] == "hostile"
texts = [*PAYLOADS.values(), *MARKUP.values()] if hostile else ["harmless"] * (len(PAYLOADS) + len(MARKUP))
folder = Path(sys.argv[2])

def named(number, text):
    clean = "".join(c for c in text if c not in "/\\0\\n" and not 0xD800 <= ord(c) < 0xE000)
    return f"{number}" + clean.encode()[:100].decode("utf-8", "ignore") + ".py"

async def until(what):
    for _ in range(600):
        if what():
            await asyncio.sleep(0.2)
            return
        await asyncio.sleep(0.02)
    raise SystemExit("timeout: " + shown(app))

async def drive(pilot):
    app = pilot.app
    bench = app.screen_stack[0]
    await until(lambda: bench.desk is not None and not bench.desk.busy)
    editor = bench.bench.editor
    for number, text in enumerate(texts[:10]):
        bench.open_file(named(number, text))
        await until(lambda: len(editor.buffers) == number + 1 and editor.text.has_focus)
    area = editor.text
    # Text and names are painted before anything lies over them, however busy the machine is.
    await until(lambda: not hostile or all(sign in shown(app) for sign in ("⟨9B⟩", "⟨U+202E⟩")))
    area.show_ghost(" ".join(texts[:9]).replace("\\n", " ") + "\\n" + "\\n".join(texts))
    await asyncio.sleep(0.3)
    for keys in ("end", "alt+d", "alt+a", "alt+z", "alt+z", "ctrl+home"):
        await pilot.press(keys)
        await asyncio.sleep(0.1)
    await pilot.press("ctrl+f")
    for box in bench.query("FindBar Input").results(Input):
        box.value = "harmless" if not hostile else texts[1][:30].replace("\\n", " ")
        await asyncio.sleep(0.2)
    await pilot.press("escape")
    for typed in ("", "@", "e"):
        editor.action_go_to(typed)
        await until(lambda: isinstance(app.screen, GoTo))
        if not typed:
            await until(lambda: app.screen.rows.count > len(texts) // 2)
        await pilot.press("escape")
        await asyncio.sleep(0.2)
    await pilot.press("f5", "end", "f6", "down", "escape")
    await asyncio.sleep(0.5)
    app.exit()

lines = [f"def f{n}(): # {text}\\n    x = {text!r} or {text}" for n, text in enumerate(texts)]
for number, text in enumerate(texts):
    (folder / named(number, text)).write_bytes("\\n".join(lines).encode("utf-8", "surrogatepass").replace(b"\\0", b"\\1"))
app = WizardApp(folder, Config(), ScriptedEngine(["x"]))
app.run(auto_pilot=drive)
if app.failure is not None:
    raise app.failure
"""


@pytest.fixture(scope="module", params=[_SCRIPT, _EDITOR_SCRIPT], ids=["conversation", "editor"])
def outputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the terminal got in each of the two runs."""
    found = {}
    for kind in ("harmless", "hostile"):
        folder: Path = tmp_path_factory.mktemp(kind)
        (folder / "models").mkdir()
        (folder / "files").mkdir()
        terminal = Terminal(
            [*python(request.param), kind, str(folder / "models"), str(folder / "files")],
            rows=200,
            columns=150,
            WIZARD_HOME=str(folder / "home"),
        )
        terminal.read(120, until=b"\0never")
        assert terminal.child.wait(10) == 0, terminal.output[-3000:].decode(errors="replace")
        found[kind] = terminal.output
    return found


@pytest.mark.slow
def test_hostile_text_brings_no_control_sequence_of_its_own(outputs: dict[str, bytes]) -> None:
    assert sequences(outputs["hostile"]) - sequences(outputs["harmless"]) == set()


@pytest.mark.slow
def test_hostile_text_brings_no_invisible_character(outputs: dict[str, bytes]) -> None:
    text = outputs["hostile"].decode("utf-8")
    allowed = set("\x1b\r\x07") | set(raw_controls(outputs["harmless"].decode("utf-8")))
    assert set(raw_controls(text)) - allowed == set()


@pytest.mark.slow
def test_hostile_text_is_shown_not_swallowed(outputs: dict[str, bytes]) -> None:
    text = outputs["hostile"].decode("utf-8")
    assert text.count("␛") > 50
    for sign in ("⟨9B⟩", "⟨U+202E⟩", "␇", "␈", "␍", "[@click=app.quit]"):
        assert sign in text, sign


@pytest.mark.slow
def test_the_clipboard_and_the_title_are_not_touched(outputs: dict[str, bytes]) -> None:
    assert b"\x1b]52;" not in outputs["hostile"]
    assert b"\x1b]0;owned" not in outputs["hostile"]
    assert b"UFdORUQ=\x07" not in outputs["hostile"]


def test_there_are_enough_payloads() -> None:
    assert len(PAYLOADS) >= 40
    assert len(MARKUP) >= 10
