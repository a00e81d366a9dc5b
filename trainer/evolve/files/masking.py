"""Finds secrets in people's own code and text, and masks them before anything else sees it.

The finding is detect-secrets' (keys and tokens of two dozen services, private keys, passwords in assignments, strings
of high entropy), with the patterns of `assistant.ground.secrets` before it. A secret becomes a word that says what was
there.
"""

from __future__ import annotations

import re
from typing import Any

from assistant.ground.secrets import ALPHABET, EMAIL, HARMLESS, NOBODY, PLACES, PRIVATE_KEY, TOKENS
from trainer.errors import TrainerError

# A line without any of these holds nothing that a plugin would look at; most lines are done with here.
_WORTH_A_LOOK = re.compile(r"[A-Za-z0-9+/_=-]{16,}|['\"][^'\"]{6,}['\"]|pass|pwd|secret|token|key|auth|://", re.I)

_PLUGINS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ArtifactoryDetector", {}), ("AWSKeyDetector", {}), ("AzureStorageKeyDetector", {}), ("BasicAuthDetector", {}),
    ("CloudantDetector", {}), ("DiscordBotTokenDetector", {}), ("GitHubTokenDetector", {}), ("GitLabTokenDetector", {}),
    ("IbmCloudIamDetector", {}), ("JwtTokenDetector", {}), ("MailchimpDetector", {}), ("NpmDetector", {}),
    ("OpenAIDetector", {}), ("PypiTokenDetector", {}), ("SendGridDetector", {}), ("SlackDetector", {}),
    ("SoftlayerDetector", {}), ("SquareOAuthDetector", {}), ("StripeDetector", {}), ("TelegramBotTokenDetector", {}),
    ("TwilioKeyDetector", {}), ("KeywordDetector", {}),
    ("Base64HighEntropyString", {"limit": 4.5}), ("HexHighEntropyString", {"limit": 3.0}),
)  # fmt: skip


class SecretMasker:
    """Masks secrets; its one question is that of `checks.Masker`.

    Raises:
        TrainerError: detect-secrets is not installed.
    """

    def __init__(self) -> None:
        try:
            from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        except ImportError:
            why = "detect-secrets, which finds them, is not installed"
            raise TrainerError(
                "cannot look for secrets", why, "pip install detect-secrets, or --keep-secrets"
            ) from None
        kinds = {kind.__name__: kind for kind in get_mapping_from_secret_type_to_class().values()}
        self._plugins = [kinds[name](**options) for name, options in _PLUGINS if name in kinds]
        self.found: dict[str, int] = {}

    def masked(self, text: str) -> str:
        """The text with each secret replaced by a word like <AWS_ACCESS_KEY>."""
        text = PRIVATE_KEY.sub(lambda _match: self._word("private key"), text)
        for kind, pattern in TOKENS:
            text = pattern.sub(lambda _match, kind=kind: self._word(kind), text)  # type: ignore[misc]
        for kind, pattern in PLACES:
            text = pattern.sub(lambda match, kind=kind: self._within(match, kind), text)  # type: ignore[misc]
        lines = [self._line(line) if _WORTH_A_LOOK.search(line) else line for line in text.split("\n")]
        return EMAIL.sub(self._address, "\n".join(lines))

    def _line(self, line: str) -> str:
        for plugin in self._plugins:
            for secret in plugin.analyze_line(filename="text.py", line=line, line_number=1) or ():
                value = secret.secret_value
                if not value or value not in line or HARMLESS.search(value):
                    continue
                # An alphabet has high entropy and is no secret.
                if "Entropy" not in secret.type or not ALPHABET.search(value):
                    line = line.replace(value, self._word(secret.type))
        return line

    def _within(self, match: re.Match[str], kind: str) -> str:
        """The match with its group masked."""
        if HARMLESS.search(match[1]):
            return match[0]
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:start] + self._word(kind) + match[0][end:]

    def _address(self, match: re.Match[str]) -> str:
        return match[0] if NOBODY.search(match[0]) else self._word("email")

    def _word(self, kind: str) -> str:
        name = re.sub(r"\W+", "_", kind).strip("_").upper()
        self.found[name] = self.found.get(name, 0) + 1
        return f"<{name}>"
