"""Rooflines: the most that a machine can reach, by how much an operation computes with each byte it moves.

S. Williams, A. Waterman, D. Patterson, Roofline: An Insightful Visual Performance Model for Multicore Architectures,
Communications of the ACM, 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .axes import Axes, Scale, digits, draw_marker, end_labels, style
from .controls import panel
from .svg import INK, MUTED, Canvas, Drawing


class Machine(NamedTuple):
    """A machine's two limits.

    Args:
        flops: floating-point operations a second. bandwidth: bytes a second to and from its memory.

    Example:
        >>> laptop = Machine(flops=100e9, bandwidth=20e9)
        >>> laptop.ridge, laptop.attainable(0.5) / 1e9, laptop.attainable(50) / 1e9
        (5.0, 10.0, 100.0)
    """

    flops: float
    bandwidth: float

    @property
    def ridge(self) -> float:
        """The intensity from which on arithmetic is the limit."""
        return self.flops / self.bandwidth

    def attainable(self, intensity: float) -> float:
        """Return the most operations a second at so many operations for each byte."""
        return min(self.flops, intensity * self.bandwidth)


# What NVIDIA published; nobody here measured it. "NVIDIA A100 Tensor Core GPU Architecture", 2020: the 40 GB module
# with 1,555 GB/s, 19.5 TFLOP/s in float32, and 312 TFLOP/s for bfloat16 in its Tensor Cores (without sparsity).
PUBLISHED = {
    "A100 float32": Machine(19.5e12, 1555e9),
    "A100 bfloat16": Machine(312e12, 1555e9),
}


def linear_cost(batch: int, width: int, size: int = 4) -> tuple[int, int]:
    """Return operations and bytes of a square linear layer, `x @ W` with x of batch × width, each read or written once.

    Example:
        >>> linear_cost(1, 1000)
        (2000000, 4008000)
    """
    return 2 * batch * width * width, size * (width * width + 2 * batch * width)


def add_cost(batch: int, width: int, size: int = 4) -> tuple[int, int]:
    """Return operations and bytes of `x + y`, both of batch × width: two are read, one is written.

    Example:
        >>> add_cost(10, 100)
        (1000, 12000)
    """
    return batch * width, 3 * size * batch * width


COSTS = {"x @ W": linear_cost, "x + y": add_cost}


def show_roofline(
    machines: Mapping[str, Machine],
    points: Mapping[str, tuple[float, float]] | None = None,
    *,
    title: str = "Rooflines",
    facts: Sequence[str] = (),
    width: int = 460,
    height: int = 280,
) -> Drawing:
    """Draw each machine's roof over the arithmetic intensity, and operations under the roofs.

    Args:
        machines: name -> its limits.
        points: name of an operation -> (operations for each byte, operations a second).
        title: what stands over it. facts: lines of text under the title.
        width, height: of the frame, in pixels.
    """
    points = dict(points or {})
    words = [
        f"{name}: {digits(m.flops / 1e9)} GFLOP/s, {digits(m.bandwidth / 1e9)} GB/s, "
        f"ridge at {digits(m.ridge)} FLOP/byte"
        for name, m in machines.items()
    ]
    words += [f"{name}: {digits(x)} FLOP/byte, {digits(y / 1e9)} GFLOP/s" for name, (x, y) in points.items()]
    canvas = Canvas(title, "\n".join([*facts, *words]))
    canvas.text(0, -46 - 20 * len(facts), title, anchor="start", size=15, bold=True)
    for i, fact in enumerate(facts):
        canvas.text(0, -44 - 20 * (len(facts) - 1 - i), fact, anchor="start", size=12.5)
    across = Scale.around([0.05, 1000.0, *(x for x, _ in points.values())], 0, width, log=True)
    heights = [m.attainable(x) for m in machines.values() for x in (across.low, across.high)]
    up = Scale.around([y / 1e9 for y in (*heights, *(y for _, y in points.values()))], height, 0, log=True)
    axes = Axes(canvas, across, up, xlabel="arithmetic intensity (FLOP/byte)", ylabel="GFLOP/s")
    names, ends, colors = [], [], []
    for i, (name, m) in enumerate(machines.items()):
        color, dash, _ = style(i)
        corners = sorted({across.low, min(max(m.ridge, across.low), across.high), across.high})
        axes.line([(x, m.attainable(x) / 1e9) for x in corners], stroke=color, stroke_width=2.5, dash=dash)
        names.append(name)
        ends.append((axes.right, up(m.attainable(across.high) / 1e9)))
        colors.append(color)
    end_labels(axes, names, ends, colors)
    for i, (name, (x, y)) in enumerate(points.items()):
        axes.marker(x, y / 1e9, style(i).marker, INK, size=6)
        canvas.line([(across(x), up(y / 1e9) + 8), (across(x), axes.bottom)], stroke=MUTED, dash="2 3", stroke_width=1)
        draw_marker(canvas, 8, axes.bottom + 62 + 20 * i, style(i).marker, INK, size=5)
        canvas.text(22, axes.bottom + 62 + 20 * i, name, anchor="start", size=12)
    return canvas.drawing()


def show_limit(
    operation: str = "x @ W", batch: int = 64, width: int = 1024, machines: Mapping[str, Machine] | None = None
) -> Drawing:
    """Draw where one operation of one size lies under the roofs, and say how long it takes at least.

    Args:
        operation: "x @ W", a linear layer, or "x + y".
        batch, width: of x; W is width × width.
        machines: name -> its limits; a published GPU if left out. Where the name says bfloat16, a number is 2 bytes.

    Example:
        >>> print("\\n".join(str(show_limit("x + y", 64, 1024)).splitlines()[:3]))
        x + y: batch 64, width 1024
        A100 float32: at least 0.5057 µs, memory decides
        A100 bfloat16: at least 0.2529 µs, memory decides
    """
    facts, points = [], {}
    for name, m in (machines or PUBLISHED).items():
        flops, moved = COSTS[operation](batch, width, 2 if "bfloat16" in name else 4)
        best = m.attainable(flops / moved)
        decides = "arithmetic" if flops / moved > m.ridge else "memory"
        facts.append(f"{name}: at least {digits(1e6 * flops / best)} µs, {decides} decides")
        points[f"{operation} on {name}"] = (flops / moved, best)
    title = f"{operation}: batch {batch}, width {width}"
    return show_roofline(machines or PUBLISHED, points, title=title, facts=facts)


def explore_limit(machines: Mapping[str, Machine] | None = None):
    """Return controls over `show_limit`: the operation, the batch and the width."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "90px"}, "layout": {"width": "440px"}}
    powers = {"base": 2, "min": 0, "step": 1, "readout_format": "d"}
    controls = {
        "operation": ipywidgets.Dropdown(options=[*COSTS], value="x @ W", description="operation", **wide),
        "batch": ipywidgets.FloatLogSlider(64, max=13, description="batch", **powers, **wide),
        "width": ipywidgets.FloatLogSlider(1024, max=13, description="width", **powers, **wide),
    }

    def show(operation, batch, width):
        display(show_limit(operation, round(batch), round(width), machines))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))
