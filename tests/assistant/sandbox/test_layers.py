"""Each layer of the wall is there for something: switched off, at least one hostile program is no longer stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assistant.sandbox.arenas import arenas, fight, usable
from tests.assistant.sandbox.test_hostile import PROGRAMS, headers, was_stopped

COMMON = ("files", "environment", "privileges", "seccomp", "limits", "watchdog", "output", "clock")
LAYERS = {"bubblewrap": (*COMMON, "network", "processes", "scratch"), "landlock": (*COMMON, "reaper")}

# One place for each kind of wall is enough: what is asked is whether the layer matters, not who is behind it.
PLACES = {kind: next((p for p in arenas() if p[0].startswith(kind)), None) for kind in LAYERS}
CASES = [(kind, layer) for kind, layers in LAYERS.items() for layer in layers]


def programs_of(layer: str) -> list[Path]:
    return [path for path in PROGRAMS if layer in headers(path).get("layers", "").split()]


@pytest.mark.parametrize(("kind", "layer"), CASES, ids=[f"{kind}-without-{layer}" for kind, layer in CASES])
def test_without_the_layer_something_gets_through(kind: str, layer: str) -> None:
    place = PLACES[kind]
    if place is None or not usable(*place):
        pytest.skip(f"{kind} does not hold on this machine")
    paths = programs_of(layer)
    assert paths, f"no hostile program is for the layer {layer}"
    fought = fight(*place, without=layer, names=tuple(path.stem for path in paths))
    red = [path.stem for path in paths if not was_stopped(path, fought["results"][path.stem])]
    outside = fought["outside"]
    assert red or outside["canary_changed"] or outside["knocked"] or outside["daemons"]
