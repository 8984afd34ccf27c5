"""Two workers and a queue: the host asks, the device does, and sometimes the host waits."""

from __future__ import annotations

from typing import NamedTuple

from .axes import Axes, NoTicks, Scale, digits, snap
from .controls import panel
from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing

Span = tuple[float, float]


class Timeline(NamedTuple):
    """When the host launched, when it waited, and when the device worked: pairs of begin and end."""

    launches: list[Span]
    waits: list[Span]
    work: list[Span]

    @property
    def end(self) -> float:
        """When host and device are both done."""
        return max(self.launches[-1][1], self.work[-1][1])

    @property
    def busy(self) -> float:
        """The share of the time in which the device works."""
        return sum(b - a for a, b in self.work) / self.end


def run_queue(kernels: int, launch: float, work: float, wait_every: int = 0) -> Timeline:
    """Play a queue through: each launch takes the host's time, each kernel the device's, in order.

    Args:
        kernels: how many are launched.
        launch: what the host needs for one. work: what the device needs for one.
        wait_every: after each so many launches the host waits until the device is done; 0: never.

    Example:
        >>> slow_host = run_queue(10, launch=5.0, work=1.0)
        >>> slow_host.end, round(slow_host.busy, 2)
        (51.0, 0.2)
        >>> run_queue(10, launch=5.0, work=20.0).end
        205.0
    """
    timeline, host, device = Timeline([], [], []), 0.0, 0.0
    for k in range(1, kernels + 1):
        timeline.launches.append((host, host + launch))
        host += launch
        begin = max(host, device)
        device = begin + work
        timeline.work.append((begin, device))
        if wait_every and k % wait_every == 0:
            timeline.waits.append((host, device))
            host = device
    return timeline


def show_timeline(kernels: int = 12, *, launch: float = 5.0, work: float = 2.0, wait_every: int = 0) -> Drawing:
    """Draw what host and device do over time, for `run_queue`'s arguments in microseconds.

    Example:
        >>> print(show_timeline(10, launch=5, work=20))
        10 kernels of 20 µs, 5 µs to launch one
        the host is free after 50 µs, all is done after 205 µs
        the device works 98 % of the time: the work decides
    """
    line = run_queue(kernels, launch, work, wait_every)
    free = (line.waits or line.launches)[-1][1] if wait_every and kernels % wait_every == 0 else line.launches[-1][1]
    without = run_queue(kernels, launch, work).end
    decides = "the work decides" if line.busy > 0.8 else "launches decide"
    if line.end > 1.2 * without:
        decides = "waiting decides"
    title = f"{kernels} kernels of {digits(work)} µs, {digits(launch)} µs to launch one"
    if wait_every:
        title += f", a wait after every {wait_every}" if wait_every > 1 else ", a wait after each"
    facts = [
        f"the host is free after {digits(free)} µs, all is done after {digits(line.end)} µs",
        f"the device works {100 * line.busy:.0f} % of the time: {decides}",
    ]
    canvas = Canvas(title, "\n".join(facts))
    canvas.text(0, -62, title, anchor="start", size=15, bold=True)
    for i, fact in enumerate(facts):
        canvas.text(0, -40 + 20 * i, fact, anchor="start", size=12.5)
    across = Scale.around([0.0, line.end], 0, 620, count=8)
    Axes(canvas, across, NoTicks(0, 1, 116, 0), xlabel="time (µs)")
    rows = ((line.launches, 14, TINT["orange"], COLOR["orange"], ""), (line.work, 68, TINT["blue"], COLOR["blue"], ""))
    for spans, y, fill, stroke, dash in (*rows, (line.waits, 14, PAPER, MUTED, "3 3")):
        for a, b in spans:
            left, right = across(a), across(b)
            if right > left:
                canvas.rect(left, y, snap(right - left), 34, fill=fill, stroke=stroke, dash=dash)
    canvas.text(-10, 31, "host", anchor="end", bold=True, fill=COLOR["orange"])
    canvas.text(-10, 85, "device", anchor="end", bold=True, fill=COLOR["blue"])
    if line.waits:
        canvas.text(632, 31, "dashed: waits", anchor="start", size=12, fill=MUTED)
    canvas.text(632, 85, "gaps: idle", anchor="start", size=12, fill=INK)
    return canvas.drawing()


def explore_timeline():
    """Return sliders over `show_timeline`: cost of a launch, work in a kernel, and how often the host waits."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "180px"}, "layout": {"width": "520px"}}
    often = [("never", 0), ("after every fourth kernel", 4), ("after each kernel", 1)]
    controls = {
        "launch": ipywidgets.FloatSlider(5.0, min=0.5, max=20.0, step=0.5, description="to launch one (µs)", **wide),
        "work": ipywidgets.FloatSlider(2.0, min=0.5, max=40.0, step=0.5, description="work of a kernel (µs)", **wide),
        "wait_every": ipywidgets.Dropdown(options=often, value=0, description="the host waits", **wide),
    }

    def show(launch, work, wait_every):
        display(show_timeline(12, launch=launch, work=work, wait_every=wait_every))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))
