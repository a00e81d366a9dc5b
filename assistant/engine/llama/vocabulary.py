"""Text to token ids and back, for one loaded model.

Special tokens are parsed where the caller says so and nowhere else: in text of the user's they stay plain characters.
llama.cpp does the work; this holds what its Python wrapper gets wrong (tokens longer than 32 bytes) and what it leaves
open (tokens that llama.cpp parses in plain text although they look like tags).
"""

from __future__ import annotations

import ctypes
import re
import sys
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import islice, takewhile

from assistant.engine.llama.bindings import Pointer, library

_NOT_PLAIN = library.LLAMA_TOKEN_ATTR_CONTROL | library.LLAMA_TOKEN_ATTR_UNKNOWN
_PARSED_ALWAYS = library.LLAMA_TOKEN_ATTR_USER_DEFINED
# These tokenizers leave blanks and accents out, so that a text of any length may be no token at all.
_DROPPING = (library.LLAMA_VOCAB_TYPE_WPM, library.LLAMA_VOCAB_TYPE_UGM)
_LONGEST_GUESS = 64
_AHEAD = 64
_AT_ONCE = 256
_TAG = re.compile(r"<.+>|\[[A-Z_/]+\]")


class Vocabulary:
    """The tokens of one model; `model` must stay loaded for as long as this is used."""

    def __init__(self, model: Pointer) -> None:
        self._vocab = library.llama_model_get_vocab(model)
        self.size: int = library.llama_vocab_n_tokens(self._vocab)
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._buffer = ctypes.create_string_buffer(_LONGEST_GUESS)

    @property
    def pointer(self) -> Pointer:
        """The C vocabulary, for samplers."""
        return self._vocab

    # -- text to tokens

    def tokenize(self, text: str, special: bool = False, bos: bool = False) -> list[int]:
        """Token ids of `text`; with `special`, texts of special tokens in it become those tokens.

        Raises:
            ValueError: llama.cpp refused the text.
        """
        if special or self._tags is None:
            return self._tokenize(text, special, bos)
        pieces = [part for part in self._tags.split(text) if part]
        tokens = [] if pieces else self._tokenize("", False, bos)
        for index, part in enumerate(pieces):
            tokens += self._tokenize(part, False, bos and index == 0)
        return tokens

    def starts_with_bos(self) -> bool:
        """Whether the model was trained to see a beginning-of-text token before any text."""
        return bool(library.llama_vocab_get_add_bos(self._vocab))

    def _tokenize(self, text: str, special: bool, bos: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 16
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = library.llama_tokenize(self._vocab, data, len(data), tokens, room, bos, special)
            if count >= 0:
                return list(tokens[:count])
            if -count <= room:
                raise ValueError("this text cannot be tokenized")
            room = -count

    # -- tokens to text

    def piece(self, token: int) -> bytes:
        """The bytes that `token` stands for; nothing for a special token. Any length."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._piece(token)
        return known

    def first_of(self, text: bytes) -> list[int]:
        """The token that `text` begins with: as it is tokenized by itself, else the longest one that fits."""
        tokens = self.tokenize(text[:_AHEAD].decode("utf-8", "ignore"))
        piece = self.piece(tokens[0]) if tokens else b""
        if piece and text.startswith(piece):
            return tokens[:1]
        # It begins within a character, or the tokenizer puts a blank before every text.
        known = self._by_piece
        ends = range(min(len(text), _AHEAD), 0, -1)
        return next((known[text[:end]] for end in ends if text[:end] in known), [])

    def longer_than(self, text: bytes) -> list[int]:
        """The tokens that begin with `text` and go on after it."""
        known = self._sorted_pieces
        start = bisect_right(known, text)
        within = takewhile(lambda piece: piece.startswith(text), islice(known, start, None))
        return [token for piece in within for token in self._by_piece[piece]]

    def spell_out(self, interrupted: Callable[[], bool] = lambda: False) -> bool:
        """Look at every token once, which takes 0.1 s and is done when first needed otherwise; false if interrupted."""
        for token in range(self.size):
            if token % _AT_ONCE == 0 and interrupted():
                return False
            self.piece(token)
        return bool(self._sorted_pieces)

    @property
    def spelled_out(self) -> bool:
        """Whether every token was looked at."""
        return len(self._pieces) >= self.size

    @cached_property
    def _by_piece(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for token in range(self.size):
            if piece := self.piece(token):
                found.setdefault(piece, []).append(token)
        return found

    @cached_property
    def _sorted_pieces(self) -> list[bytes]:
        return sorted(self._by_piece)

    @cached_property
    def longest(self) -> int:
        """The most characters that one token stands for; looks at every token."""
        if library.llama_vocab_type(self._vocab) in _DROPPING:
            return sys.maxsize
        return max(map(len, (*self._by_piece, *self.specials)), default=1)

    def text_of_special(self, token: int) -> str:
        """How a special token is written; nothing for -1."""
        return (
            (library.llama_vocab_get_text(self._vocab, token) or b"").decode("utf-8", "replace") if token >= 0 else ""
        )

    def _piece(self, token: int) -> bytes:
        count = library.llama_token_to_piece(self._vocab, token, self._buffer, len(self._buffer), 0, False)
        if count < 0:
            self._buffer = ctypes.create_string_buffer(-count)
            count = library.llama_token_to_piece(self._vocab, token, self._buffer, len(self._buffer), 0, False)
        return self._buffer.raw[: max(count, 0)]

    # -- what is special

    def ends_reply(self, token: int) -> bool:
        """Whether `token` says that the reply is over."""
        known = self._ends.get(token)
        if known is None:
            known = self._ends[token] = bool(library.llama_vocab_is_eog(self._vocab, token))
        return known

    @property
    def bos(self) -> int:
        """The beginning-of-text token, or -1."""
        return int(library.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        """The end-of-text token, or -1."""
        return int(library.llama_vocab_eos(self._vocab))

    @property
    def any_end(self) -> int:
        """A token that ends a reply, if the model has one."""
        return max(self.eos, int(library.llama_vocab_eot(self._vocab)), 0)

    @property
    def any_start(self) -> int:
        """A token to begin with where there is no text at all."""
        return max(self.bos, self.eos, 0)

    @cached_property
    def infill_tokens(self) -> tuple[int, int, int]:
        """The tokens before a prefix, a suffix and a middle, as the GGUF or llama.cpp knows them; -1 for none."""
        prefix = library.llama_vocab_fim_pre(self._vocab)
        suffix, middle = library.llama_vocab_fim_suf(self._vocab), library.llama_vocab_fim_mid(self._vocab)
        return int(prefix), int(suffix), int(middle)

    @cached_property
    def infill_ends(self) -> frozenset[int]:
        """Tokens that end an infill although they would not end a reply: the ones that lay out a file or a gap."""
        calls = (library.llama_vocab_fim_pad, library.llama_vocab_fim_rep, library.llama_vocab_fim_sep)
        known = {int(call(self._vocab)) for call in calls} | set(self.infill_tokens)
        named = {self.specials.get(text, -1) for text in ("<file_sep>", "<repo_name>", "<|file_sep|>", "<|repo_name|>")}
        return frozenset((known | named) - {-1})

    @cached_property
    def specials(self) -> dict[str, int]:
        """Texts of the tokens that mean something to the model, with their ids: control tokens and tags.

        Runs of spaces and other ordinary text that a vocabulary defines as user tokens are none of them.
        """
        attribute, text = library.llama_vocab_get_attr, library.llama_vocab_get_text
        found: dict[str, int] = {}
        for token in range(self.size):
            kind = attribute(self._vocab, token)
            if kind & (_NOT_PLAIN | _PARSED_ALWAYS):
                written = (text(self._vocab, token) or b"").decode("utf-8", "replace")
                if written and (kind & _NOT_PLAIN or _TAG.fullmatch(written)):
                    found[written] = token
        return found

    @cached_property
    def special_pattern(self) -> re.Pattern[str] | None:
        """Matches the text of any special token, the longest first."""
        ordered = sorted(self.specials, key=len, reverse=True)
        return re.compile("|".join(re.escape(text) for text in ordered)) if ordered else None

    @cached_property
    def _tags(self) -> re.Pattern[str] | None:
        """Places to cut plain text at, so that llama.cpp does not find a tag in it that it would parse regardless."""
        attribute = library.llama_vocab_get_attr
        always = [t for t, token in self.specials.items() if attribute(self._vocab, token) & _PARSED_ALWAYS]
        cuts = [f"(?<={re.escape(t[0])})(?={re.escape(t[1:])})" for t in sorted(always, key=len, reverse=True)]
        return re.compile("|".join(cuts)) if cuts else None
