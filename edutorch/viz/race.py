"""The optimizer race: several optimizers walk down one landscape that can be tilted, stretched and bent.

The landscapes are made of two directions at right angles, one along the valley and one across it:

>>> import torch
>>> start = torch.tensor([-1.5, 1.0], dtype=torch.float64)
>>> figure = show_race(torch.optim, start, {"SGD": 1.0, "momentum": 0.5}, condition=20, turn=0, steps=100)
>>> print(figure)
A race over a valley: condition number 20
level: 1 % of the starting loss 0.5563
SGD (lr 1): 23 steps to the level
momentum (lr 0.5): 10 steps to the level
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from .axes import Axes, Scale, Style, digits, end_labels, round_off, style
from .controls import panel
from .surfaces import Path, Surface, draw_landscape, draw_walk
from .svg import INK, MUTED, Canvas, Drawing

REACH = 2.0  # a landscape is shown from -2 to 2 in both directions
SHAPES = ("valley", "saddle", "plateau")
RACERS: dict[str, Callable] = {
    "SGD": lambda optim, lr, momentum: partial(optim.SGD, lr=lr),
    "momentum": lambda optim, lr, momentum: partial(optim.SGD, lr=lr, momentum=momentum),
    "Nesterov": lambda optim, lr, momentum: partial(optim.SGD, lr=lr, momentum=momentum, nesterov=True),
    "Adagrad": lambda optim, lr, momentum: partial(optim.Adagrad, lr=lr),
    "RMSprop": lambda optim, lr, momentum: partial(optim.RMSprop, lr=lr),
    "Adam": lambda optim, lr, momentum: partial(optim.Adam, lr=lr),
}

# An optimizer looks the same whoever else runs. The series of `style` have five colours; ink is the sixth.
LOOKS = dict(zip(RACERS, [*map(style, range(5)), Style(INK, *style(6)[1:])], strict=True))


class Landscape(Surface):
    """A surface with its lowest height, 0, and its largest curvature there known.

    With u along and v across (after taking `bend` u² off v, so that the valley's floor is a parabola):

        valley    (v² + u² / condition) / 2                    curvatures 1 and 1 / condition
        saddle    v² / 2 + (u² - 1)² / (4 condition)           lowest at u = -1 and u = 1, a saddle at 0
        plateau   1 - exp(-(v² + u² / condition))              flat outside, curvatures 2 and 2 / condition at 0

    Args:
        start: a tensor with two elements, where walks begin.
        shape: one of `SHAPES`.
        condition: how many times steeper across than along.
        turn: the angle in degrees between the valley and the first weight's axis.
        bend: how far the valley's floor curves.
    """

    def __init__(self, start, shape: str = "valley", *, condition: float = 20, turn: float = 0, bend: float = 0):
        if shape not in SHAPES:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}, not {shape!r}")
        self.shape, self.condition, self.turn, self.bend = shape, condition, turn, bend
        super().__init__(self._loss, start, (-REACH, REACH), (-REACH, REACH))

    def _loss(self, w):
        # Only arithmetic, so that the same text serves tensors and plain numbers.
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        u, v = cos * w[0] + sin * w[1], cos * w[1] - sin * w[0]
        v = v - self.bend * u * u
        if self.shape == "saddle":
            return v * v / 2 + (u * u - 1) * (u * u - 1) / (4 * self.condition)
        square = v * v + u * u / self.condition
        return square / 2 if self.shape == "valley" else 1 - math.e**-square

    def height(self, x: float, y: float) -> float:
        """Return the loss at a point, by plain numbers: a grid of them takes no time."""
        return self._loss((x, y))

    def __str__(self) -> str:
        said = f"a {self.shape}: condition number {digits(self.condition)}"
        if self.turn:
            said += f", turned by {digits(self.turn)}°"
        return said + (f", bent by {digits(self.bend)}" if self.bend else "")


def show_race(
    optim,
    start,
    rates: Mapping[str, float],
    *,
    shape: str = "valley",
    condition: float = 20,
    turn: float = 30,
    bend: float = 0,
    momentum: float = 0.9,
    steps: int = 100,
    level: float = 0.01,
    size: int = 320,
) -> Drawing:
    """Race optimizers from one start: on the left their paths, on the right their losses, and who arrives when.

    Args:
        optim: the module the optimizers come from, `torch.optim`.
        start: a tensor with two elements; float64 gives the same picture everywhere.
        rates: name -> learning rate, the names out of `RACERS`.
        shape, condition, turn, bend: the landscape, see `Landscape`.
        momentum: of "momentum" and "Nesterov". The other options are the library's defaults.
        steps: how many each may take.
        level: the finish, as a share of the starting loss.
        size: of the map in pixels.
    """
    for name in rates:
        if name not in RACERS:
            raise ValueError(f"unknown optimizer {name!r}; there are {', '.join(RACERS)}")
    surface = Landscape(start, shape, condition=condition, turn=turn, bend=bend)
    paths = {name: surface.walk(RACERS[name](optim, lr, momentum), steps) for name, lr in rates.items()}
    first = surface.height(*start.tolist())
    finish = level * first
    canvas = Canvas(
        f"A race over {surface}",
        "\n".join(
            [
                f"level: {digits(100 * level)} % of the starting loss {digits(first)}",
                *(f"{name} (lr {digits(rates[name])}): {_result(path, finish)}" for name, path in paths.items()),
            ]
        ),
    )
    axes = draw_landscape(canvas, surface, size, list(paths.values()))
    for name, path in paths.items():
        draw_walk(axes, path, LOOKS[name], apart=9)
    with canvas.group(size + 60, 0):
        up = Scale(finish / 100, 10 * first, size, 0, log=True)
        right = Axes(canvas, Scale(0, max(1, steps), 0, 270), up, xlabel="step", ylabel="loss")
        right.line([(0, finish), (steps, finish)], stroke=MUTED, dash="3 3")
        names, ends, colors = [f"level {digits(100 * level)} %"], [(right.right, up(finish))], [MUTED]
        for name, path in paths.items():
            color, dash, marker = LOOKS[name]
            pieces = right.visible([(float(i), loss) for i, loss in enumerate(path.losses) if loss > 0])
            for piece in pieces:
                canvas.line(piece, stroke=color, stroke_width=2, dash=dash)
            arrived = path.steps_to(finish)
            if arrived is not None:
                right.marker(arrived, path.losses[arrived], marker, color, size=5, fill=color)
            if pieces:
                names.append(name if arrived is None else f"{name}: {arrived}")
                ends.append(pieces[-1][-1])
                colors.append(color)
        end_labels(right, names, ends, colors)
    return canvas.drawing()


def explore_race(optim, start, rates: Mapping[str, float], *, steps: int = 100):
    """Return controls over `show_race`: who runs and at which rate, the landscape, and the start.

    Args:
        optim, start, steps: see `show_race`.
        rates: name -> learning rate to begin with. Who is not named does not run until ticked.
    """
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "110px"}, "layout": {"width": "340px"}, "continuous_update": False}
    wrapped = {"flex_flow": "row wrap"}  # under each other on a narrow page
    runs, lrs = {}, {}
    for name in RACERS:
        runs[name] = ipywidgets.Checkbox(
            name in rates, description=f"{name} runs", indent=False, layout={"width": "130px"}
        )
        lrs[name] = ipywidgets.FloatLogSlider(
            rates.get(name, 0.1), min=-3, max=0.75, step=0.05, description=f"lr of {name}", readout_format=".2g", **wide
        )
        lrs[name].disabled = name not in rates
        ipywidgets.dlink((runs[name], "value"), (lrs[name], "disabled"), lambda ticked: not ticked)
    x, y = start.tolist()
    land = {
        "shape": ipywidgets.Dropdown(options=SHAPES, description="landscape", style=wide["style"]),
        "condition": ipywidgets.FloatLogSlider(
            20, min=0, max=3, step=0.1, description="condition", readout_format=".2g", **wide
        ),
        "turn": ipywidgets.FloatSlider(30, min=0, max=90, step=5, description="turn (degrees)", **wide),
        "bend": ipywidgets.FloatSlider(0, min=-0.5, max=0.5, step=0.05, description="bend", **wide),
        "momentum": ipywidgets.FloatSlider(0.9, min=0.05, max=0.99, step=0.01, description="momentum", **wide),
        "x": ipywidgets.FloatSlider(x, min=-REACH, max=REACH, step=0.1, description="start: first", **wide),
        "y": ipywidgets.FloatSlider(y, min=-REACH, max=REACH, step=0.1, description="start: second", **wide),
    }

    def show(x, y, **options):
        chosen = {name: round_off(options[f"lr {name}"]) for name in RACERS if options[f"run {name}"]}
        ready = {key: options[key] for key in ("shape", "turn", "bend", "momentum")}
        ready["condition"] = round_off(options["condition"])
        display(show_race(optim, start.new_tensor([x, y]), chosen, steps=steps, **ready))

    controls = {f"run {name}": box for name, box in runs.items()} | {f"lr {name}": box for name, box in lrs.items()}
    picture = ipywidgets.interactive_output(show, controls | land)
    racers = ipywidgets.VBox([ipywidgets.HBox([runs[name], lrs[name]]) for name in RACERS])
    return panel(ipywidgets.HBox([racers, ipywidgets.VBox([*land.values()])], layout=wrapped), picture)


def _result(path: Path, finish: float) -> str:
    arrived = path.steps_to(finish)
    if arrived is not None:
        return f"{arrived} steps to the level"
    last = path.losses[-1]
    if not math.isfinite(last) or last > path.losses[0]:
        return "diverges"
    return f"not there after {len(path.losses) - 1} steps: loss {digits(last)}"
