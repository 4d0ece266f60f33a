"""Where a name can stand beside its dot without lying on another name, a dot or, if possible, an interval."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stepladder.pages.charts.canvas import Anchor

STEP = 15.0  # px between the heights that are tried


@dataclass(frozen=True)
class Box:
    """A rectangle in px, by its corners."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether two boxes share any area."""
        apart = (
            self.right <= other.left or other.right <= self.left or self.bottom <= other.top or other.bottom <= self.top
        )
        return not apart

    def inside(self, other: "Box") -> bool:
        """Whether this box lies wholly within another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True)
class Placed:
    """A name's anchor point, and the line that leads to it from its dot where it stands away."""

    x: float
    y: float
    anchor: Anchor
    box: Box
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None

    def points_across(self, box: Box) -> bool:
        """Whether the leader line runs through a box, from a few points on it."""
        if self.leader is None:
            return False
        (x1, y1), (x2, y2) = self.leader
        steps = [(x1 + (x2 - x1) * k / 8, y1 + (y2 - y1) * k / 8) for k in range(9)]
        return any(box.left < x < box.right and box.top < y < box.bottom for x, y in steps)


def place(
    dots: Mapping[str, tuple[float, float]],
    bars: Mapping[str, tuple[float, float]],
    sizes: Mapping[str, tuple[float, float]],
    plot: Box,
    *,
    lines: Sequence[Box] = (),
    first: str | None = None,
) -> dict[str, Placed]:
    """A spot for each name, the `first` one having the choice; a name with no free spot is left out (the table has it).

    `dots` are points, `bars` the vertical intervals through them (two heights), `sizes` the boxes the names need;
    crossing a bar or one of `lines` is allowed but avoided.
    """
    marks = [Box(x - 7, y - 7, x + 7, y + 7) for x, y in dots.values()]
    strokes = [Box(dots[name][0] - 2, min(ends), dots[name][0] + 2, max(ends)) for name, ends in bars.items()]
    placed: dict[str, Placed] = {}
    for name in sorted(dots, key=lambda key: key != first):
        best, least = None, float("inf")
        for rank, spot in enumerate(_spots(dots[name], bars.get(name), sizes[name])):
            taken = [*marks, *(other.box for other in placed.values())]
            if not spot.box.inside(plot) or any(spot.box.meets(box) for box in taken):
                continue
            crossed = 12.0 * sum(map(spot.box.meets, strokes)) + 3.0 * sum(map(spot.box.meets, lines))
            crossed += 8.0 * sum(
                spot.points_across(other.box) or other.points_across(spot.box) for other in placed.values()
            )
            if crossed + rank < least:
                best, least = spot, crossed + rank
        if best:
            placed[name] = best
    return placed


def _spots(dot: tuple[float, float], bar: tuple[float, float] | None, size: tuple[float, float]) -> Iterator[Placed]:
    """Candidates from the most to the least natural: beside, over and under the interval, then ever further away."""
    (x, y), (width, height) = dot, size
    top, bottom = (min(bar), max(bar)) if bar else (y - 8, y + 8)
    for level in range(7):
        away = level * STEP
        for across in (0.0, -width / 2 + 6, width / 2 - 6):
            yield _spot(x + across, top - 5 - away, "middle", size, dot if level else None)
            yield _spot(x + across, bottom + height + 1 + away, "middle", size, dot if level else None)
        for sign in (-1, 1) if level else (1,):
            yield _spot(x + 10, y + 4 + sign * away, "start", size, dot if level > 1 else None)
            yield _spot(x - 10, y + 4 + sign * away, "end", size, dot if level > 1 else None)


def _spot(x: float, y: float, anchor: Anchor, size: tuple[float, float], dot: tuple[float, float] | None) -> Placed:
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * size[0]
    box = Box(left - 1, y - size[1] + 3, left + size[0] + 1, y + 3)
    if dot is None:
        return Placed(x, y, anchor, box)
    near = min(max(dot[0], box.left), box.right), box.top if dot[1] < box.top else box.bottom
    return Placed(x, y, anchor, box, (dot, near))
