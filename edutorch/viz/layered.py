"""Where the boxes of a graph go: a layered layout, left to right or downward, in whole pixels.

Pure geometry: it knows nothing of tensors or SVG. The same graph always gets the same picture.

The method is Sugiyama's, in its smallest form: (1) give every node a layer, (2) cut long edges into pieces
that go from layer to layer, (3) order each layer so that few edges cross, (4) choose heights that keep edges
straight without letting boxes touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

Point = tuple[int, int]
SWEEPS = 8


@dataclass(frozen=True)
class Place:
    """A placed node: its left upper corner and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Height of the horizontal centre line."""
        return self.y + self.height // 2


@dataclass(frozen=True)
class Layout:
    """Boxes by node; by edge its corner points and a free spot for a label; the size of the whole."""

    boxes: list[Place]
    routes: list[list[Point]]
    spots: list[Point]  # edges that end in the same column have spots with the same x
    width: int
    height: int
    downward: bool = False

    def turned(self) -> Layout:
        """Swap x and y everywhere."""
        return Layout(
            [Place(box.y, box.x, box.height, box.width) for box in self.boxes],
            [[(y, x) for x, y in route] for route in self.routes],
            [(y, x) for x, y in self.spots],
            self.height,
            self.width,
            not self.downward,
        )


def layered_layout(
    sizes: list[tuple[int, int]],
    edges: list[tuple[int, int]],
    column_gap: int = 60,
    row_gap: int = 24,
) -> Layout:
    """Place nodes in columns so that every edge runs from left to right (`turned()`: in rows, downward).

    Args:
        sizes: width and height of each node; a node is named by its place in this list.
        edges: pairs (from, to). Two equal pairs are two edges. The graph must have no cycle.
        column_gap: free space between columns.
        row_gap: least free space between two boxes of a column.

    Returns:
        A `Layout`. A route begins at the right side of its first box, passes between the boxes of the
        columns that it crosses, and ends at the left side of its last one; edges that end at the same box
        end at different heights, in the order of `edges`.

    Example:
        >>> plan = layered_layout([(40, 20), (40, 20)], [(0, 1)])
        >>> plan.boxes[0].x < plan.boxes[1].x
        True
    """
    layer = _layers(len(sizes), edges)
    columns, chains = _columns_with_bends(layer, edges)
    heights = [height for _, height in sizes] + [0] * (sum(map(len, columns)) - len(sizes))
    links = [(a, b) for chain in chains for a, b in pairwise(chain)]
    columns = _fewest_crossings(columns, links)
    middle = _straighten(columns, links, heights, row_gap)

    lefts, widths, x = [], [], 0
    for column in columns:
        widest = max((sizes[n][0] for n in column if n < len(sizes)), default=0)
        lefts.append(x)
        widths.append(widest)
        x += widest + column_gap
    boxes = []
    for n, (width, height) in enumerate(sizes):
        left = lefts[layer[n]] + (widths[layer[n]] - width) // 2
        boxes.append(Place(left, round(middle[n] - height / 2), width, height))

    column_of = {n: k for k, column in enumerate(columns) for n in column}
    end_heights = _ports(boxes, edges)
    routes, spots = [], []
    for chain, (a, b), end in zip(chains, edges, end_heights, strict=True):
        route = [(boxes[a].x + boxes[a].width, boxes[a].middle)]
        for bend in chain[1:-1]:
            k, y = column_of[bend], round(middle[bend])
            route += [(lefts[k], y), (lefts[k] + widths[k], y)]
        routes.append(route + [(boxes[b].x, end)])
        spots.append((lefts[layer[b]] - column_gap // 2, (route[-1][1] + end) // 2))
    return Layout(boxes, routes, spots, x - column_gap, max(box.y + box.height for box in boxes))


def _layers(count: int, edges: list[tuple[int, int]]) -> list[int]:
    """Longest path from a source; then sources move right, next to the node that first uses them."""
    into: list[list[int]] = [[] for _ in range(count)]
    out: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        into[b].append(a)
        out[a].append(b)
    layer, waiting = [0] * count, [len(sources) for sources in into]
    ready = [n for n in range(count) if not waiting[n]]
    for n in ready:
        for b in out[n]:
            layer[b] = max(layer[b], layer[n] + 1)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    if len(ready) < count:
        raise ValueError("the graph has a cycle, so it has no layers")
    for n in range(count):
        if not into[n] and out[n]:
            layer[n] = min(layer[b] for b in out[n]) - 1
    return layer


def _columns_with_bends(layer: list[int], edges: list[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    """Columns of nodes, with an extra node ("bend") wherever an edge passes through a column."""
    columns: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for n, k in enumerate(layer):
        columns[k].append(n)
    chains, bend = [], len(layer)
    for a, b in edges:
        chain = [a]
        for k in range(layer[a] + 1, layer[b]):
            columns[k].append(bend)
            chain.append(bend)
            bend += 1
        chains.append([*chain, b])
    return columns, chains


def _fewest_crossings(columns: list[list[int]], links: list[tuple[int, int]]) -> list[list[int]]:
    """Sort each column by the mean place of its neighbours, to and fro; keep the best order seen."""
    neighbours: dict[int, tuple[list[int], list[int]]] = {n: ([], []) for column in columns for n in column}
    for a, b in links:
        neighbours[b][0].append(a)
        neighbours[a][1].append(b)
    order = [list(column) for column in columns]
    best, fewest = [list(column) for column in order], _crossings(order, links)
    for sweep in range(SWEEPS):
        rightwards = sweep % 2 == 1
        side = 0 if rightwards else 1
        for k in range(len(order)) if rightwards else reversed(range(len(order))):
            place = {n: i for column in order for i, n in enumerate(column)}

            def mean_place(n: int, place: dict[int, int] = place, side: int = side) -> float:
                beside = neighbours[n][side]
                return sum(place[m] for m in beside) / len(beside) if beside else place[n]

            order[k].sort(key=mean_place)
        count = _crossings(order, links)
        if count < fewest:
            best, fewest = [list(column) for column in order], count
    return best


def _crossings(columns: list[list[int]], links: list[tuple[int, int]]) -> int:
    place = {n: (k, i) for k, column in enumerate(columns) for i, n in enumerate(column)}
    by_gap: dict[int, list[tuple[int, int]]] = {}
    for a, b in links:
        by_gap.setdefault(place[a][0], []).append((place[a][1], place[b][1]))
    return sum((a - c) * (b - d) < 0 for ends in by_gap.values() for i, (a, b) in enumerate(ends) for c, d in ends[:i])


def _straighten(columns: list[list[int]], links: list[tuple[int, int]], heights: list[int], gap: int) -> list[float]:
    """Middle height of every node: near the mean of its neighbours, never nearer than `gap` to the next."""
    beside: list[list[int]] = [[] for _ in heights]
    for a, b in links:
        beside[a].append(b)
        beside[b].append(a)
    middle = [0.0] * len(heights)

    def settle(column: list[int], wish: dict[int, float]) -> None:
        offset, offsets = 0.0, []
        for i, n in enumerate(column):
            if i:
                offset += (heights[column[i - 1]] + heights[n]) / 2 + gap
            offsets.append(offset)
        risen = _nearest_rising([wish[n] - o for n, o in zip(column, offsets, strict=True)])
        for n, height, o in zip(column, risen, offsets, strict=True):
            middle[n] = height + o

    for column in columns:
        settle(column, dict.fromkeys(column, 0.0))
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            settle(column, {n: sum(middle[m] for m in beside[n]) / len(beside[n]) if beside[n] else middle[n]
                            for n in column})  # fmt: skip
    top = min(m - h / 2 for m, h in zip(middle, heights, strict=True))
    return [m - top for m in middle]


def _nearest_rising(wishes: list[float]) -> list[float]:
    """The non-decreasing sequence nearest to `wishes` in least squares (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for wish in wishes:
        mean, size = wish, 1
        while pools and pools[-1][0] > mean:
            below, count = pools.pop()
            mean = (mean * size + below * count) / (size + count)
            size += count
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]


def _ports(boxes: list[Place], edges: list[tuple[int, int]]) -> list[int]:
    """For each edge the height at which it ends, spread over the side of the box it ends at."""
    total: dict[int, int] = {}
    for _, b in edges:
        total[b] = total.get(b, 0) + 1
    seen: dict[int, int] = {}
    ends = []
    for _, b in edges:
        seen[b] = seen.get(b, 0) + 1
        ends.append(round(boxes[b].y + boxes[b].height * seen[b] / (total[b] + 1)))
    return ends
