"""Which order of a gap's two sides this model really knows, by trying both on a few gaps with a known middle.

Suffix first costs one new token a key press where prefix first costs the whole suffix again, but not every model of a
family was trained on it (and one that was not writes nonsense with it). So the likelihood of the right middle decides:
suffix first is used where it is as good. Measured once per model, in an idle moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from assistant.engine.api import InfillPrompt
from assistant.engine.llama.prompt_layout import Layout
from assistant.engine.llama.vocabulary import Vocabulary
from assistant.engine.model_header import ModelHeader
from assistant.engine.remembered import Remembered

_TOLERANCE = 0.05
"""Nats per token by which suffix first may be worse."""

GAPS = (
    (
        'def average(numbers):\n    """The mean of a list of numbers."""\n    total = 0\n    for number in numbers:\n',
        "        total += number\n",
        "    return total / len(numbers)\n",
    ),
    (
        "import json\n\n\ndef load(path):\n    with open(path) as file:\n        ",
        "return json.load(file)",
        "\n\n\ndef save(path, data):\n    with open(path, 'w') as file:\n        json.dump(data, file)\n",
    ),
    (
        "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n        ",
        "self.items.append(item)",
        "\n\n    def pop(self):\n        return self.items.pop()\n",
    ),
)

Loss = Callable[[list[int], list[int]], float]
"""Mean negative log-likelihood of the second tokens after the first."""


class InfillOrder:
    """The order for one model file, as it is now. Until it is measured, prefix first."""

    def __init__(self, header: ModelHeader, layout: Layout) -> None:
        # A model that was trained again often has the name and the size of the one before.
        self._key, self._layout = f"{header.path.name}:{header.bytes}:{header.changed}", layout
        self._facts = Remembered("infill-order")
        self._losses: list[tuple[float, float]] = []
        both = layout.infill_layout is not None and bool(layout.infill_layout.suffix_first)
        known = self._facts.get(self._key)
        self.suffix_first = both and known is True
        self.settled = not both or isinstance(known, bool)

    def measure(self, vocabulary: Vocabulary, loss: Loss, interrupted: Callable[[], bool]) -> None:
        """Try the gaps that are left; goes on where it was interrupted."""
        for prefix, middle, suffix in GAPS[len(self._losses) :]:
            if interrupted():
                return
            prompt, wanted = InfillPrompt(prefix, suffix), vocabulary.tokenize(middle)
            orders = (self._layout.tokens(prompt), self._layout.tokens(prompt, suffix_first=True))
            losses = loss(orders[0], wanted), loss(orders[1], wanted)
            if interrupted() or not all(map(math.isfinite, losses)):
                return
            self._losses.append(losses)
        prefix_loss, suffix_loss = (sum(losses) / len(losses) for losses in zip(*self._losses, strict=True))
        self.suffix_first, self.settled = suffix_loss <= prefix_loss + _TOLERANCE, True
        self._facts.put(self._key, self.suffix_first)
