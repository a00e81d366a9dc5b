"""Text that a model is measured on, in UTF-8."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import cause_of
from quantize.errors import QuantizeError


def read_text(path: Path) -> str:
    """A text file, in UTF-8.

    Raises:
        QuantizeError: it is missing, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise QuantizeError(f"cannot open {path}", "there is no such file") from error
    except UnicodeDecodeError as error:
        raise QuantizeError(f"cannot read {path}", "it is no UTF-8 text") from error
    except OSError as error:
        raise QuantizeError(f"cannot read {path}", cause_of(error)) from error
