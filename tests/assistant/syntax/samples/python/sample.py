"""A jar of cookies."""
import os
from typing import Protocol

LIMIT: int = 12
names = ["oat", "ginger"]
type Recipe = list[str]


# Not part of what follows.
@memoised
@traced("jar")
def fill(count: int, *, kind: str = "oat") -> int:
    # How many fit?
    """Fill the jar."""

    def fits(cookie):
        return cookie.size < LIMIT

    return sum(1 for _ in range(count) if fits(kind))


class Jar(Box, metaclass=Meta):
    """It holds cookies."""

    size = 3

    @property
    def lid(self) -> str:
        return self._lid

    @lid.setter
    def lid(self, value):
        self._lid = value

    async def open(self):
        await lift(self.lid)

    class Label:
        text = ""


class TestJar:
    def test_open(self):
        assert Jar().open()


def test_fill():
    assert fill(2) == 2
