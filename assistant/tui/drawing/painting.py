"""Paints what has changed and no more, and a widget at once where a key shows.

Textual draws every widget that touches the rectangle around all changes, whole and whether it is seen or not, sixty
times a second at most: with a clock at one end of the screen and a cursor at the other that is the whole screen, and a
key waits for its turn. What widgets look like is their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_MOST_BANDS = 12
"""Bands of rows that are drawn one by one; of more, the rectangle around them is."""


class _Updates(CompositorUpdate):
    """Several updates, one after another."""

    def __init__(self, updates: Sequence[ChopsUpdate]) -> None:
        self._updates = updates

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for update in self._updates:
            yield from update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """What is written to the terminal."""
        return "".join(update.render_segments(console) for update in self._updates)


class NarrowCompositor(Compositor):
    """One that asks of each widget the rows that have changed, and none of a widget that is hidden by others there."""

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        crop = self.size.region if crop is None else crop
        # From front to back; what is in front is not drawn over.
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            # As wide as it is: lines are cut where widgets begin and end, and nowhere else.
            part = seen.intersection(Region(seen.x, crop.y, seen.width, crop.height))
            if not part.overlaps(crop):
                continue
            yield part, part, widget.render_lines(part.translate(-region.offset))
            if part.contains_region(crop):
                return

    def render_partial_update(self) -> ChopsUpdate | None:
        """The changed rows, band by band; None where nothing has changed."""
        changed = [part for region in self._dirty_regions if (part := region.intersection(self.size.region))]
        self._dirty_regions.clear()
        updates = [self._band(band) for band in _bands(changed)]
        if len(updates) < 2:
            return updates[0] if updates else None
        return _Updates(updates)  # type: ignore[return-value]  # an update of the compositor like any other

    def _band(self, regions: list[Region]) -> ChopsUpdate:
        spans = list(self._regions_to_spans(regions))
        chops = self._render_chops(Region.from_union(regions), {y for y, _, _ in spans}.__contains__)
        return ChopsUpdate(chops, spans, [cuts[1:] for cuts in self.cuts])


def _bands(regions: Sequence[Region]) -> list[list[Region]]:
    """The regions, those together that share rows or have none between them."""
    bands: list[list[Region]] = []
    bottom = -1
    for region in sorted(regions, key=lambda one: one.y):
        if bands and region.y <= bottom:
            bands[-1].append(region)
        else:
            bands.append([region])
        bottom = max(bottom, region.bottom)
    return bands if len(bands) <= _MOST_BANDS else [list(regions)]


def paint_now(widget: Widget) -> None:
    """Write what has changed of a widget to the terminal; what else has changed waits for its frame."""
    if not widget.is_attached or widget.app._batch_count:
        return
    screen, compositor = widget.screen, widget.screen._compositor
    if not screen.is_current or widget not in compositor.visible_widgets:
        return
    compositor.update_widgets({widget})
    widget._repaint_required = False
    widget.app._display(screen, compositor.render_update(screen_stack=widget.app._background_screens))
