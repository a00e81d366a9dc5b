"""The app driven by keys, on a scripted engine: what a user does in a day, and what must not get lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from assistant.config import Config
from assistant.ground import paths
from assistant.session.store import Store
from assistant.tui.app import WizardApp
from assistant.tui.desks.desk import ChatDesk
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.notice import Notice
from assistant.tui.widgets.prose import Prose
from assistant.tui.widgets.question import Question
from assistant.tui.widgets.reply import Reply
from assistant.tui.widgets.transcript import WINDOW
from tests.fakes.scripted_engine import ScriptedEngine

CODE_REPLY = "Like this:\n\n```python\ndef f():\n    return 1\n```\n\nDone."


class Session:
    """A running app and what a test wants of it."""

    def __init__(self, app: WizardApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def chat(self) -> Workbench:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, Workbench)
        return screen

    @property
    def desk(self) -> ChatDesk:
        assert self.chat.desk is not None
        return self.chat.desk

    async def until(self, what: Callable[[], object], seconds: float = 30.0) -> None:
        for _ in range(int(seconds / 0.02)):
            if what():
                await self.pilot.pause()
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it did not happen in time")

    async def type(self, text: str) -> None:
        for letter in text:
            await self.pilot.press({" ": "space", "/": "slash"}.get(letter, letter))

    async def ask(self, text: str) -> None:
        await self.type(text)
        await self.pilot.press("enter")
        await self.until(lambda: self.chat.query(Question) and not self.desk.busy)
        await self.until(lambda: all(r._timer is None or r._ending for r in self.chat.query(Reply)))
        await self.pilot.pause(0.15)

    def shown(self) -> str:
        return "\n".join(
            [q.visual.plain for q in self.chat.query(Question)]  # type: ignore[attr-defined]
            + [p.source for p in self.chat.query(Prose)]
            + [c.code for c in self.chat.query(CodeBlock)]
            + [n.visual.plain for n in self.chat.query(Notice)]  # type: ignore[attr-defined]
        )

    def toasts(self) -> str:
        return " ".join(n.message for n in self.app._notifications)


@asynccontextmanager
async def running(
    folder: Path, engine: ScriptedEngine, size: tuple[int, int] = (100, 30), **settings: object
) -> AsyncIterator[Session]:
    app = WizardApp(folder, Config(**settings), engine)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        session = Session(app, pilot)
        await session.until(lambda: session.chat.desk is not None and not session.desk.busy)
        yield session
    if app.failure is not None:
        raise app.failure


async def test_a_question_is_answered_and_highlighted_and_stored(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine([CODE_REPLY])) as session:
        await session.ask("how?")
        assert "Like this:" in session.shown()
        block = session.chat.query_one(CodeBlock)
        assert (block.language, block.code) == ("python", "def f():\n    return 1\n")
        assert any(span.style == "$primary" for line in block._code.lines for span in line.spans)
        assert session.chat.prompt.text == ""
    stored = Store(paths.sessions_file())
    assert stored.messages(1)[1].text == CODE_REPLY


async def test_the_app_may_close_while_a_reply_has_just_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, closing = threading.Event(), threading.Event()
    family = Store.family

    def slow(store: Store, session: int) -> list[int]:
        asked.set()
        assert closing.wait(30)
        return family(store, session)

    async with running(tmp_path, ScriptedEngine(["yes"])) as session:
        monkeypatch.setattr(Store, "family", slow)
        close = session.app._close_all

        async def close_all() -> None:
            bar = session.chat.title_bar
            await bar.remove()
            closing.set()
            await asyncio.sleep(0.1)
            await close()

        monkeypatch.setattr(session.app, "_close_all", close_all)
        await session.type("really?")
        await session.pilot.press("enter")
        await session.until(asked.is_set)


async def test_letters_typed_before_the_prompt_is_there_are_in_it(tmp_path: Path) -> None:
    app = WizardApp(tmp_path, Config(), ScriptedEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", "i")
        session = Session(app, pilot)
        await session.until(lambda: session.chat.desk is not None)
        assert session.chat.prompt.text == "hi"


async def test_escape_stops_the_reply_and_the_next_question_works(tmp_path: Path) -> None:
    engine = ScriptedEngine([" ".join(map(str, range(4000))), "second"], seconds_per_token=0.002)
    async with running(tmp_path, engine) as session:
        await session.type("go")
        await session.pilot.press("enter")
        await session.until(lambda: session.chat.query(Prose))
        await session.pilot.press("escape")
        await session.until(lambda: not session.desk.busy)
        assert engine.cancelled == 1
        await session.ask("again")
        assert "second" in session.shown()


async def test_a_crash_says_so_keeps_the_text_and_ctrl_r_asks_again(tmp_path: Path) -> None:
    engine = ScriptedEngine(["one two three four five"], crash_after=2)
    async with running(tmp_path, engine) as session:
        await session.ask("count")
        assert "one two" in session.shown()
        assert "stopped in the middle" in session.shown()
        assert "Ctrl+R" in session.shown()
        await session.pilot.press("ctrl+r")
        await session.until(lambda: "one two three four five" in session.shown())


async def test_what_is_typed_while_a_reply_streams_stays(tmp_path: Path) -> None:
    engine = ScriptedEngine([" ".join(map(str, range(8000)))], seconds_per_token=0.003)
    async with running(tmp_path, engine) as session:
        await session.type("first")
        await session.pilot.press("enter")
        await session.until(lambda: session.desk.busy)
        await session.type("next one")
        await session.pilot.press("enter")
        assert session.chat.prompt.text == "next one"
        assert "still being written" in session.toasts()
        await session.pilot.press("escape")
        await session.until(lambda: not session.desk.busy)
        assert session.chat.prompt.text == "next one"


async def test_a_model_that_cannot_be_loaded_leaves_the_app_usable(tmp_path: Path) -> None:
    from assistant.engine.api import ModelRefused

    engine = ScriptedEngine(
        load_error=ModelRefused("cannot run broken.gguf", "it is damaged", "wizard-tui models list")
    )
    async with running(tmp_path, engine) as session:
        await session.until(lambda: "it is damaged" in session.shown())
        engine.load_error = None
        await session.ask("hello")
        assert "Hello." in session.shown()


async def test_a_reply_that_was_cut_by_the_end_of_the_app_is_gone_on_with(tmp_path: Path) -> None:
    store = Store(paths.sessions_file())
    session_id, _, reply = store.begin(None, str(tmp_path), "long one?", "m.gguf")
    store.append(reply, "half an ans")
    store._connection.execute("UPDATE messages SET writer = '0:gone' WHERE id = ?", (reply,))
    store.save_draft(session_id, "and furthermore")
    store.close()
    async with running(tmp_path, ScriptedEngine()) as session:
        await session.until(lambda: "half an ans" in session.shown())
        assert "long one?" in session.shown()
        assert session.chat.prompt.text == "and furthermore"


async def test_conversations_are_searched_renamed_forked_and_deleted(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine(["alpha reply", "beta reply", "gamma"])) as session:
        await session.ask("first")
        await session.pilot.press("ctrl+n")
        await session.until(lambda: not session.chat.query(Question))
        await session.ask("second")
        await session.pilot.press("f3")
        await session.until(
            lambda: session.app.screen.query(OptionList) and session.app.screen.query_one(OptionList).option_count == 2
        )
        await session.type("alpha")
        await session.until(lambda: session.app.screen.query_one(OptionList).option_count == 1)
        await session.pilot.press("ctrl+r")
        await session.until(lambda: len(session.app.screen_stack) == 3)
        session.app.screen.query_one(Input).value = "renamed one"
        await session.pilot.press("enter")
        assert session.app.workplace is not None
        store = session.app.workplace.store
        await session.until(lambda: store.sessions("renamed one"))
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("ctrl+f")
        await session.until(lambda: len(session.app.screen_stack) == 1 and "alpha reply" in session.shown())
        assert store.sessions()[0].title == "Fork of renamed one"
        await session.type("/delete")
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 1)
        assert len(store.sessions()) == 3, "Enter alone must not delete"
        await session.type("/delete")
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.press("y")
        await session.until(lambda: len(store.sessions()) == 2)


async def test_copying_names_a_file_that_holds_what_was_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    async with running(tmp_path, ScriptedEngine([CODE_REPLY + "\n```sh\nls\n```"])) as session:
        await session.ask("how?")
        await session.pilot.press("f4")
        file = paths.state_folder() / "copied.txt"
        await session.until(lambda: file.exists() and file.read_text() == "ls\n")
        assert session.app.clipboard == "ls\n"
        await session.until(lambda: "copied.txt" in session.toasts())
        await session.pilot.press("ctrl+up", "ctrl+up", "y")
        await session.until(lambda: file.read_text() == "def f():\n    return 1\n")


async def test_slash_commands_are_offered_completed_and_corrected(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine()) as session:
        await session.type("/ren")
        await session.until(lambda: session.chat.composer.menu.is_open)
        await session.pilot.press("tab")
        assert session.chat.prompt.text == "/rename "
        session.chat.prompt.put("/hlep")
        await session.pilot.press("enter")
        assert "/help" in session.toasts()
        assert session.chat.prompt.text == "/hlep", "a misspelt command stays to be corrected"
        session.chat.prompt.put("/help")
        await session.pilot.press("enter")
        await session.until(lambda: len(session.app.screen_stack) == 2)


async def test_a_file_is_picked_after_an_at_sign_and_goes_into_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("class Cart:\n    def total(self):\n        return 42\n")
    engine = ScriptedEngine()
    async with running(tmp_path, engine) as session:
        await session.type("what does @tot")
        await session.until(lambda: session.chat.composer.menu.is_open)
        await session.pilot.press("enter")
        assert session.chat.prompt.text == "what does @shop.py::Cart.total "
        await session.type("do")
        await session.pilot.press("enter")
        await session.until(lambda: engine.requests and not session.desk.busy)
        assert "return 42" in engine.last_messages()[-1].content
        await session.until(lambda: "In the prompt: shop.py::Cart.total" in session.shown())


async def test_an_at_sign_that_means_nothing_is_asked_as_it_stands(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with running(tmp_path, engine) as session:
        session.chat.prompt.put("what is @staticmethod for?")
        await session.pilot.press("enter")
        await session.until(lambda: engine.requests and not session.desk.busy)
        assert engine.last_messages()[-1].content == "what is @staticmethod for?"
        assert "asked as it stands" in " ".join(session.shown().split())


async def test_markup_and_links_of_a_reply_do_nothing(tmp_path: Path) -> None:
    from tests.fakes.payloads import MARKUP

    reply = "\n\n".join(MARKUP.values())
    async with running(tmp_path, ScriptedEngine([reply, reply]), size=(100, 60)) as session:
        session.chat.prompt.put("[@click=app.quit]press[/] [/x] [bold")
        await session.pilot.press("enter")
        await session.until(lambda: session.chat.query(Prose) and not session.desk.busy)
        await session.pilot.pause(0.3)
        for y in range(2, 50):
            await session.pilot.click(offset=(6, y))
        assert session.app.is_running
        assert len(session.app.screen_stack) == 1
        assert session.app.return_code in (None, 0)
        assert "[@click=app.quit]press me[/]" in "".join(str(line) for line in _text_of_screen(session.app))


def _text_of_screen(app: WizardApp) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def test_long_conversations_mount_a_window_only_and_all_of_it_can_be_reached(tmp_path: Path) -> None:
    store = Store(paths.sessions_file())
    session_id = store.create(str(tmp_path), "long")
    with store._transaction():
        for number in range(1000):
            store.add(session_id, "user", f"question {number}")
            store.add(session_id, "assistant", f"answer {number}")
    store.close()
    async with running(tmp_path, ScriptedEngine()) as session:
        session.desk.open_conversation(session_id)
        await session.until(lambda: "question 999" in session.shown())
        transcript = session.chat.transcript
        assert len(transcript._mounted) <= WINDOW
        for _ in range(16):
            transcript.release_anchor()
            await transcript._bring_earlier()
            await session.pilot.pause(0.05)
            assert len(transcript._mounted) <= WINDOW
        assert "question 999" not in session.shown()
        assert transcript._start < 2000 - 100
        await session.pilot.press("ctrl+end")
        await session.ask("newest")
        assert "newest" in session.shown()


async def test_a_resize_storm_while_streaming_changes_nothing_but_the_layout(tmp_path: Path) -> None:
    reply = "".join(CODE_REPLY.replace("return 1", f"return {n}") + "\n\n" for n in range(12))
    async with running(tmp_path, ScriptedEngine([reply], seconds_per_token=0.002)) as session:
        await session.type("go")
        await session.pilot.press("enter")
        sizes = [(1, 1), (20, 5), (80, 24), (500, 200), (3, 50), (240, 60), (100, 30)]
        for number in range(60):
            await session.pilot.resize_terminal(*sizes[number % len(sizes)])
        await session.pilot.resize_terminal(100, 30)
        await session.until(lambda: not session.desk.busy)
        await session.until(lambda: len(session.chat.query(CodeBlock)) == 12)
        await session.pilot.pause(0.3)
        codes = [block.code for block in session.chat.query(CodeBlock)]
        assert codes == [f"def f():\n    return {n}\n" for n in range(12)]


async def test_what_was_left_out_of_the_prompt_is_said(tmp_path: Path) -> None:
    engine = ScriptedEngine(["lorem ipsum dolor " * 14], context_size=260)
    async with running(tmp_path, engine) as session:
        for number in range(4):
            await session.ask(f"question{number}")
        assert "Left out so that the prompt fits" in session.shown()
        assert "question0" in session.shown()
        assert session.chat.status.status.left_out > 0


async def test_the_help_screen_lists_every_key_of_the_app(tmp_path: Path) -> None:
    from assistant.tui.keys import key_areas
    from assistant.tui.screens.help import _keys, described

    async with running(tmp_path, ScriptedEngine(), size=(120, 400)) as session:
        await session.pilot.press("f1")
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.pilot.pause(0.2)
        text = "\n".join(_text_of_screen(session.app))
        for area in key_areas():
            for binding in described(area.bindings):
                assert _keys(binding) in text, binding
                assert binding.description in text
                assert binding.id in text
        assert "/rename [TITLE]" in text


@pytest.mark.parametrize("theme", ["wizard-dark", "wizard-light", "no-such-theme"])
@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 60)])
async def test_every_size_and_theme_shows_prompt_and_status(tmp_path: Path, theme: str, size: tuple[int, int]) -> None:
    async with running(tmp_path, ScriptedEngine([CODE_REPLY]), size=size, theme=theme) as session:
        await session.ask("how?")
        chat = session.chat
        assert chat.prompt.region.height >= 3
        assert chat.status.region.bottom <= size[1]
        assert chat.prompt.has_focus


async def test_the_mouse_alone_reaches_help_models_and_conversations(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine()) as session:
        row = 29
        bar = _text_of_screen(session.app)[row]
        for word in ("Help", "Chats"):
            await session.pilot.click(offset=(bar.index(word), row))
            await session.until(lambda: len(session.app.screen_stack) == 2)
            await session.pilot.press("escape")
            await session.until(lambda: len(session.app.screen_stack) == 1)
        await session.pilot.click("#model")
        await session.until(lambda: len(session.app.screen_stack) == 2)


async def test_a_long_list_is_shown_whole_with_its_own_numbers(tmp_path: Path) -> None:
    reply = "Steps:\n\n" + "\n".join(f"{n}. step number {n}" for n in range(1, 21)) + "\n\nThat is all."
    async with running(tmp_path, ScriptedEngine([reply], seconds_per_token=0.001), size=(80, 50)) as session:
        await session.ask("how?")
        lines = [line.strip() for line in _text_of_screen(session.app)]
        first = next(index for index, line in enumerate(lines) if "step number 1" in line)
        shown = [" ".join(line.rstrip("▁▂▃▄▅▆▇█ ").split()) for line in lines[first : first + 20]]
        assert shown == [f"{n}. step number {n}" for n in range(1, 21)]
        assert any("That is all." in line for line in lines)


async def test_looking_through_a_huge_folder_is_shown_and_escape_gives_the_question_back(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with running(tmp_path, engine) as session:
        may_end = threading.Event()
        pointing = session.app.workplace.pointing  # type: ignore[union-attr]
        read = pointing.names
        pointing.names = lambda: (may_end.wait(60), read())[1]  # type: ignore[method-assign]
        try:
            session.chat.prompt.put("what is @total ?")
            await session.pilot.press("enter")
            await session.until(lambda: "looking through" in session.chat.status.render().plain)
            await session.pilot.press("escape")
            await session.until(lambda: not session.desk.busy)
            assert session.chat.prompt.text == "what is @total ?"
            assert session.chat.status.status.doing == "ready"
            assert not engine.requests
        finally:
            may_end.set()


async def test_a_reply_that_was_ended_because_it_repeats_itself_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedEngine(["again and again\n" * 400], seconds_per_token=0.001)) as session:
        await session.ask("go on")
        await session.until(lambda: "The reply said the same line 40 times, so it was ended." in session.shown())
        assert "stop_repeats" in session.shown()
