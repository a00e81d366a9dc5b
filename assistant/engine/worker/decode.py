"""The decode loop that everything is for: compose a batch, decode it, sample in C, pass the text on.

Every running reply has tokens that are still to be computed: at first the rest of its prompt, later the token that was
chosen last. One step takes some of each, so that several replies share a batch and none waits for another's end. The
work for a token is the same at the end of a long reply as at its beginning.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.engine.api import EngineError, Prefill, StopReason, TextChunk
from assistant.engine.llama.bindings import ABORTED, Pointer
from assistant.engine.llama.vocabulary import Vocabulary
from assistant.engine.worker.kv_cache import Batch, KvCache
from assistant.engine.worker.reply import Reply

# A prompt that is read while another reply is being written gets at most this much of a batch, so that the other one
# is held up for a moment only.
_SHARED_CHUNK = 64
# Reading gives way within milliseconds, and llama.cpp looks up between two matrices only, each some hundredth of a
# batch: so its batches are kept short. On a CPU, reading 128 tokens at a time costs 3 % more than 256, and 64 15 %.
_FIRST_PORTION = 64
_ASKED_SECONDS, _LEAST_ASKED = 0.2, 64
# What is only read ahead is given up more often, and may cost a little more.
_AHEAD_SECONDS, _LEAST_AHEAD = 0.1, 8


class Portion:
    """How many tokens of a prompt are read at once: as many as take `seconds`, within bounds."""

    def __init__(self, least: int, most: int, seconds: float) -> None:
        self._least, self._most, self._seconds = least, most, seconds
        self.size = max(least, min(_FIRST_PORTION, most))

    def note(self, tokens: int, seconds: float) -> None:
        """Take note that a batch of `tokens` took `seconds`; it counts only where it was as long as it might be."""
        if tokens == self.size:
            fitting = int(self.size * self._seconds / max(seconds, 1e-6))
            self.size = max(self._least, min(fitting, self._most, 2 * self.size))


class Decoder:
    """Runs replies in one context of llama.cpp, at most one in each sequence.

    Args:
        limits: the most tokens that each sequence may hold.
        whole_batches: read prompts in batches as long as they get, whoever waits for his next token or gives up
            meanwhile.
    """

    def __init__(
        self,
        context: Pointer,
        vocabulary: Vocabulary,
        cache: KvCache,
        batch_size: int,
        limits: Sequence[int],
        whole_batches: bool = False,
    ) -> None:
        self.cache = cache
        self.running: dict[int, Reply] = {}
        self._ended: dict[int, Reply] = {}
        self._joining: dict[int, list[Reply]] = {}
        self._context, self._vocabulary, self._limits = context, vocabulary, limits
        self._batch = Batch(batch_size)
        self._shared_chunk = batch_size if whole_batches else _SHARED_CHUNK
        least = batch_size if whole_batches else _LEAST_ASKED
        self._asked = Portion(least, batch_size, _ASKED_SECONDS)
        self._ahead = Portion(_LEAST_AHEAD, batch_size, _AHEAD_SECONDS)

    def start(self, reply: Reply) -> None:
        """Begin `reply`; its sequence must be free and its prompt must fit."""
        reply.began = time.monotonic()
        reply.cached = self.cache.keep_prefix(reply.sequence, reply.prompt)
        reply.pending, reply.next_pending = reply.prompt, reply.cached
        self.running[reply.sequence] = reply
        self._ended.pop(reply.sequence, None)
        reply.emit(Prefill(reply.cached, len(reply.prompt), reply.cached))

    def join(self, reply: Reply, leader: Reply) -> None:
        """Begin `reply` once `leader`, which runs and has the same prompt, has read it; both go on from its logits."""
        self._joining.setdefault(leader.sequence, []).append(reply)

    @property
    def taken(self) -> set[int]:
        """The sequences that have a reply, or are kept for one that joins."""
        return set(self.running) | {reply.sequence for replies in self._joining.values() for reply in replies}

    def cancel(self, reply_id: int) -> bool:
        """End the reply with this id where it stands; false when it does not run here."""
        for reply in list(self.running.values()):
            if reply.id == reply_id:
                self._finish(reply, "cancelled")
                return True
        return False

    def rewind(self, reply_id: int, characters: int, keep_blanks: bool) -> bool:
        """Take the reply with this id back to its first `characters` characters (see `Engine.rewind`).

        Returns:
            False when it does not run here, or has ended and another took its place.
        """
        known = [*self.running.values(), *self._ended.values()]
        reply = next((reply for reply in known if reply.id == reply_id), None)
        if reply is None:
            return False
        piece = self._vocabulary.piece
        place = reply.place_of(characters)
        while keep_blanks and place < len(reply.tokens) and piece(reply.tokens[place]).isspace():
            place += 1
        if place == len(reply.tokens):
            reply.emit(TextChunk("", reply.generated))
            return True
        reply.go_back(place, map(piece, reply.tokens[:place]))
        reply.next_pending = self.cache.keep_prefix(reply.sequence, reply.pending)
        self._ended.pop(reply.sequence, None)
        self.running[reply.sequence] = reply
        return True

    def step(self) -> None:
        """Compute one batch and pass on what came of it. An aborted batch leaves everything as it was.

        Raises:
            EngineError: llama.cpp failed; all running replies are over.
        """
        parts = self._compose()
        started = time.monotonic()
        code = self._batch.decode(self._context)
        if code != 0:
            for reply, _, _ in parts:
                self._forget_half_done(reply)
            if code != ABORTED:
                self._fail(code)
            return
        if len(parts) == 1:
            self._portion_for(parts[0][0]).note(parts[0][1], time.monotonic() - started)
        for reply, count, row in parts:
            start = reply.next_pending
            self.cache.tokens[reply.sequence].extend(reply.pending[start : start + count])
            reply.next_pending += count
            if not reply.first_token:
                reply.emit(Prefill(len(self.cache.tokens[reply.sequence]), len(reply.prompt), reply.cached))
            decoding = reply.drafter is not None and reply.first_token and len(parts) == 1
            if row is not None:
                for joined in (*self._let_join(reply), reply):
                    self._take_tokens(joined, row)
            if decoding and reply.drafter is not None:
                reply.drafter.note_batch(count, time.monotonic() - started)

    def cancel_all(self) -> None:
        """End all replies where they stand; those that have ended cannot be taken back any more."""
        for reply in list(self.running.values()):
            self._let_join(reply)
        for reply in list(self.running.values()):
            self._finish(reply, "cancelled")
        self._ended.clear()

    def _compose(self) -> list[tuple[Reply, int, int | None]]:
        """Fill the batch: who takes part, with how many tokens, and the row that is to be sampled."""
        batch = self._batch
        batch.clear()
        parts: list[tuple[Reply, int, int | None]] = []
        # Who waits for one token goes first; a long prompt takes what room is left.
        replies = list(self.running.values())
        if len(replies) > 1:
            replies.sort(key=lambda reply: len(reply.pending) - reply.next_pending)
        for reply in replies:
            left = len(reply.pending) - reply.next_pending
            room = batch.size - batch.used
            count = min(left, room, self._shared_chunk if parts else room, self._portion_for(reply).size)
            if count == 0:
                break
            tokens = reply.pending[reply.next_pending : reply.next_pending + count]
            last = count == left
            wanted = count - last if not reply.drafting else 0
            row = batch.add(reply.sequence, len(self.cache.tokens[reply.sequence]), tokens, wanted)
            parts.append((reply, count, row if last else None))
        return parts

    def _let_join(self, leader: Reply) -> list[Reply]:
        """The replies that waited for the prompt of `leader`: each has what that has read of it, and runs now."""
        joined = self._joining.pop(leader.sequence, [])
        for reply in joined:
            self.cache.copy(leader.sequence, reply.sequence, len(leader.prompt))
            reply.began = time.monotonic()
            reply.cached = len(self.cache.tokens[reply.sequence])
            self.running[reply.sequence] = reply
            self._ended.pop(reply.sequence, None)
        return joined

    def _portion_for(self, reply: Reply) -> Portion:
        return self._ahead if reply.max_tokens <= 0 else self._asked

    def _forget_half_done(self, reply: Reply) -> None:
        held = list(self.cache.tokens[reply.sequence])
        if self.cache.cut(reply.sequence, len(held)) < len(held):
            # A recurrent model cannot forget a part: it reads everything again.
            reply.pending, reply.next_pending = [*held, *reply.pending[reply.next_pending :]], 0

    def _take_tokens(self, reply: Reply, row: int) -> None:
        """Sample; where a draft was in the batch, go on for as long as the model chooses what was guessed."""
        draft = reply.pending[1:] if reply.drafting else ()
        held = len(self.cache.tokens[reply.sequence]) - len(draft)
        reply.drafting = False
        for index in range(len(draft) + 1):
            token = self._take_token(reply, row + index)
            if token is None or index == len(draft) or token != draft[index]:
                break
            reply.accepted += 1
            held += 1
        if draft:
            self.cache.cut(reply.sequence, held)
        if token is not None:
            self._go_on(reply, token)

    def _take_token(self, reply: Reply, row: int) -> int | None:
        """Sample one token and pass its text on; None when the reply is over."""
        if reply.max_tokens <= 0:
            self._finish(reply, "length")
            return None
        refused = reply.refused.get(len(reply.tokens), ()) if reply.refused else ()
        token = reply.sampler.sample(self._context, row, refused)
        if not reply.first_token:
            reply.first_token = time.monotonic()
        if self._vocabulary.ends_reply(token) or token in reply.ends:
            self._finish(reply, "end")
            return None
        reply.take(token, self._vocabulary.piece(token))
        if reply.text.stopped:
            self._finish(reply, "stop")
        elif reply.generated >= reply.max_tokens:
            self._finish(reply, "length")
        elif len(reply.prompt) + reply.generated > self._limits[reply.sequence]:
            self._finish(reply, "context_full")
        else:
            return token
        return None

    def _go_on(self, reply: Reply, token: int) -> None:
        """What is computed next: the last token, and a draft behind it where that pays."""
        reply.pending, reply.next_pending = (token,), 0
        # A draft in a batch with other replies would hold them up.
        if reply.drafter is None or len(self.running) > 1:
            return
        room = min(
            reply.max_tokens - reply.generated,
            self._limits[reply.sequence] - len(self.cache.tokens[reply.sequence]) - 1,
            self._batch.size - 1,
        )
        draft = reply.drafter.draft(max(room, 0))
        if draft:
            reply.pending, reply.drafting = (token, *draft), True
            reply.drafted += len(draft)

    def _finish(self, reply: Reply, reason: StopReason) -> None:
        del self.running[reply.sequence]
        rest = reply.text.finish()
        if rest:
            reply.say(rest)
        if reason != "cancelled":
            self._ended[reply.sequence] = reply
        reply.emit(reply.stats(reason))
        reply.sampler.close()

    def _fail(self, code: int) -> None:
        for reply in (*self.running.values(), *(one for joining in self._joining.values() for one in joining)):
            reply.sampler.close()
        self.running.clear()
        self._joining.clear()
        self.cache.clear()
        raise EngineError("the model failed in the middle of a reply", f"llama.cpp's decode answered {code}")
