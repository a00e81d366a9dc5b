"""The child process that owns llama.cpp: reads frames, runs the decode loop, writes frames.

A crash in C ends this process and never the app; when the app is gone, this ends too. The main thread does all work
with llama.cpp; a second thread reads stdin, so that a cancel is heard while a batch is computed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from assistant.engine import protocol
from assistant.engine.api import (
    EngineError,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    LoadedModel,
    ManyReply,
    TextChunk,
)
from assistant.engine.protocol import Frame
from assistant.engine.stop_flag import StopFlag
from assistant.engine.worker.inbox import Inbox
from assistant.engine.worker.outlet import Outlet, Writer
from assistant.engine.worker.pace import idle_seconds
from assistant.ground.cores import allowed_cpus
from assistant.ground.parenthood import die_with_parent

if TYPE_CHECKING:
    from assistant.engine.worker.crowd import Crowd
    from assistant.engine.worker.runtime import Runtime


_MEASURE_AFTER, _SAVE_AFTER, _LOOK_AFTER = 0.4, 1.0, 2.0
_IDLE_SHARE = 0.7


def _is_idle(before: float | None, after: float | None, elapsed: float, cpus: set[int]) -> bool:
    """Whether these CPUs had next to nothing to do; true where the system does not tell."""
    return before is None or after is None or after - before >= _IDLE_SHARE * elapsed * len(cpus)


class Worker:
    """Serves frames until the app goes away."""

    def __init__(self, inbox: Inbox, writer: Writer, flag: StopFlag) -> None:
        from assistant.engine.llama.bindings import AbortCheck, Log
        from assistant.engine.prompt.template import TemplateRenderer

        self._inbox, self._writer = inbox, writer
        self._log, self._abort, self._renderer = Log(), AbortCheck(flag), TemplateRenderer()
        self._log.install()
        self._waiting: deque[tuple[int, GenerationRequest, float]] = deque()
        self._runtime: Runtime | None = None
        self._crowds: dict[int, Crowd] = {}

    def serve(self) -> None:
        """Work until stdin ends."""
        while True:
            busy = self._runtime is not None and bool(self._runtime.decoder.running)
            if not busy and not self._crowds:
                self._use_idle_time()
            self._take_frames(block=not busy and not self._crowds)
            self._start_waiting()
            if self._runtime is not None and self._runtime.decoder.running:
                self._step(self._runtime)
            for id_ in list(self._crowds):
                self._step_crowd(id_)

    def _use_idle_time(self) -> None:
        """Work that can wait for a quiet moment, and stops when a frame comes."""
        runtime, inbox = self._runtime, self._inbox
        if runtime is None:
            return
        for chore in runtime.chores():
            # What is measured beside a compiler would be remembered wrongly, so that waits for a quiet machine too.
            cpus, started = allowed_cpus(), time.monotonic()
            before = idle_seconds(cpus)
            if inbox.wait(_MEASURE_AFTER):
                return
            if _is_idle(before, idle_seconds(cpus), time.monotonic() - started, cpus):
                with inbox.making_way():
                    chore(inbox.wait)
        if runtime.store is not None and not inbox.wait(_SAVE_AFTER):
            runtime.save_cache()
        while not inbox.wait(_LOOK_AFTER):
            runtime.look_around()

    def _step(self, runtime: Runtime) -> None:
        replies = list(runtime.decoder.running.values())
        ids = [reply.id for reply in replies]
        try:
            asked = [reply for reply in replies if reply.max_tokens > 0]
            if not asked:
                # Only reading ahead: whatever is asked now comes first.
                with self._inbox.making_way():
                    if not self._inbox.wait():
                        runtime.step()
            elif self._inbox.is_free_for(min(asked, key=lambda reply: reply.sequence).id):
                runtime.step()
        except EngineError as error:
            for id_ in ids:
                self._answer(id_, **protocol.error_to_frame(error))

    def _step_crowd(self, id_: int) -> None:
        try:
            if not self._inbox.is_free_for(id_) or self._crowds[id_].step():
                return
            self._answer(id_, kind="answer", value=None)
        except EngineError as error:
            self._answer(id_, **protocol.error_to_frame(error))
        self._crowds.pop(id_).close()

    def _gather_crowd(self, frame: Frame) -> None:
        from assistant.engine.worker.crowd import Crowd

        def finished(index: int, text: str, stats: GenerationStats) -> None:
            self._answer(frame["id"], **protocol.many_reply_to_frame(ManyReply(index, text, stats)))

        def refused(index: int, error: EngineError) -> None:
            self._answer(frame["id"], **protocol.many_reply_to_frame(ManyReply(index, "", None, error)))

        requests = [protocol.request_from_frame(request) for request in frame["requests"]]
        self._crowds[frame["id"]] = Crowd(self._ready(), requests, frame["parallel"], finished, refused)

    def _take_frames(self, block: bool) -> None:
        while block or self._inbox.wait():
            frame, arrived = self._inbox.next()
            block = False
            try:
                self._obey(frame, arrived)
            except Exception as error:
                if not isinstance(error, EngineError):
                    traceback.print_exc()
                self._answer(frame["id"], **protocol.error_to_frame(error))

    def _obey(self, frame: Frame, arrived: float) -> None:
        match frame["do"]:
            case "load":
                self._answer(frame["id"], kind="answer", value=asdict(self._load(frame["spec"], frame["remember"])))
            case "generate":
                self._waiting.append((frame["id"], protocol.request_from_frame(frame["request"]), arrived))
            case "close":
                if self._runtime is not None:
                    self._runtime.close()
                os._exit(0)
            case "many":
                self._gather_crowd(frame)
            case "cancel":
                self._cancel(frame["id"])
            case "rewind":
                where = frame["id"], frame["characters"], frame["keep_blanks"]
                if self._runtime is None or not self._runtime.decoder.rewind(*where):
                    self._answer(frame["id"], **protocol.rewound_to_frame(TextChunk("", -1)))
            case "tokenize":
                tokens = self._ready().model.vocabulary.tokenize(frame["text"], special=frame["special"])
                self._answer(frame["id"], kind="answer", value=tokens)
            case "count":
                model = self._ready().model
                count = model.layout.count(protocol.prompt_from_frame(frame["prompt"]), model.context_size)
                self._answer(frame["id"], kind="answer", value=count)
            case unknown:
                raise EngineError("the engine was asked for something it does not know", str(unknown))

    def _ready(self) -> Runtime:
        if self._runtime is None:
            raise EngineError("no model is loaded", "", "wizard-tui models list")
        return self._runtime

    def _load(self, data: Frame, remember: bool) -> LoadedModel:
        from assistant.engine.llama.sampling import make_ready
        from assistant.engine.worker.runtime import Runtime, check_file

        spec = protocol.spec_from_frame(data)
        header = check_file(spec, self._runtime.held_bytes if self._runtime else 0)
        if self._runtime is not None:
            model = self._runtime.model
            same_file = (model.header.bytes, model.header.changed) == (header.bytes, header.changed)
            same_model = same_file and replace(model.spec, adapters=spec.adapters) == spec
            if not same_model or self._runtime.has_other_adapters(spec):
                for id_ in list(self._crowds):
                    self._cancel(id_)
            if same_model:
                self._runtime.use_adapters(spec)
                return model.describe()
            self._runtime.close()
            self._runtime = None
        # While llama.cpp reads the file on one core.
        threading.Thread(target=make_ready, name="ready", daemon=True).start()
        self._runtime = Runtime(spec, header, self._log, self._abort, self._renderer)
        if remember:
            self._runtime.remember()
        return self._runtime.model.describe()

    def _start_waiting(self) -> None:
        """Start each waiting request whose sequence is free, in the order they came."""
        taken: set[int] = set()
        for _ in range(len(self._waiting)):
            id_, request, arrived = self._waiting.popleft()
            try:
                sequence = self._ready().sequence_for(request.prompt)
                ahead = self._ready().decoder.running.get(sequence)
                if ahead is not None and ahead.max_tokens <= 0 < request.max_tokens:
                    # What is only read ahead makes way; as much as it has read is of use all the same.
                    self._ready().decoder.cancel(ahead.id)
                if sequence in taken or sequence in self._ready().decoder.running:
                    taken.add(sequence)
                    self._waiting.append((id_, request, arrived))
                    continue
                taken.add(sequence)
                outlet = Outlet(id_, self._writer, by_line=isinstance(request.prompt, InfillPrompt))
                self._ready().start(id_, request, sequence, arrived, outlet.emit)
            except (EngineError, ValueError) as error:
                self._answer(id_, **protocol.error_to_frame(error))

    def _cancel(self, id_: int) -> None:
        if id_ in self._crowds:
            self._crowds.pop(id_).close()
            self._answer(id_, kind="answer", value=None)
            return
        if self._runtime is not None and self._runtime.decoder.cancel(id_):
            return
        for entry in self._waiting:
            if entry[0] == id_:
                self._waiting.remove(entry)
                stats = GenerationStats("cancelled", 0, 0, 0, 0.0, 0.0, 0.0)
                self._answer(id_, **protocol.chunk_to_frame(stats))
                return

    def _answer(self, id_: int, **frame: object) -> None:
        self._writer.write({"id": id_, **frame})


def main() -> None:
    """Run the worker on stdin and stdout, with the flag whose memory is given; whatever else prints goes to stderr."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    descriptor = int(sys.argv[1])
    flag = StopFlag(descriptor)
    os.close(descriptor)
    inbox, writer = Inbox(commands, flag), Writer(answers)
    inbox.start()
    Worker(inbox, writer, flag).serve()


if __name__ == "__main__":
    main()
