"""Which thread computes which element: blocks of threads over an array, with a guard or a grid-stride loop."""

from __future__ import annotations

from .controls import panel
from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing

_MOST = 64
_CELL, _ROW = 52, 46


def elements_of(block: int, thread: int, blocks: int, threads: int, n: int, loop: bool = False) -> list[int]:
    """Return the elements of an array of `n` that a thread computes.

    Example:
        >>> elements_of(1, 2, blocks=3, threads=4, n=10)
        [6]
        >>> elements_of(2, 3, blocks=3, threads=4, n=10)
        []
        >>> elements_of(0, 1, blocks=1, threads=4, n=10, loop=True)
        [1, 5, 9]
    """
    first = block * threads + thread
    return [*range(first, n, blocks * threads)] if loop else [i for i in [first] if i < n]


def show_launch(n: int, blocks: int, threads: int, *, loop: bool = False) -> Drawing:
    """Draw the threads of a launch, block by block, each with the elements that it computes.

    Args:
        n: how many elements there are.
        blocks, threads: how many blocks, and how many threads in each.
        loop: a grid-stride loop: each thread goes on by the number of all threads.

    Raises:
        ValueError: if there are more threads or elements than can be drawn.
    """
    if not (0 < n <= _MOST and 0 < blocks * threads <= _MOST):
        raise ValueError(f"1 to {_MOST} elements and threads can be drawn, got {n} and {blocks * threads}")
    work = {(b, t): elements_of(b, t, blocks, threads, n, loop) for b in range(blocks) for t in range(threads)}
    idle = sum(not some for some in work.values())
    done = {i for some in work.values() for i in some}
    missing = [i for i in range(n) if i not in done]
    most = max(map(len, work.values()))
    rule = f"i = block * {threads} + thread" + (f", then i + {blocks * threads}, …" if loop else "")
    facts = [
        f"{_many(blocks, 'block')} of {_many(threads, 'thread')}, {_many(n, 'element')}: {rule}",
        f"threads without an element: {idle}",
        f"elements without a thread: {f'{missing[0]} to {missing[-1]}' if missing else 'none'}",
    ]
    if loop:
        facts.append(f"most elements in one thread: {most}")
    canvas = Canvas("Who computes which element?", "\n".join(facts))
    canvas.text(0, -54, facts[0], anchor="start", size=14, bold=True)
    canvas.text(0, -32, "; ".join(facts[1:]), anchor="start", fill=COLOR["orange"] if missing else MUTED)
    high = _ROW + 17 * (most - 1)
    for t in range(threads):
        canvas.text(t * _CELL + _CELL / 2 - 2, -10, f"thread {t}" if threads <= 4 else str(t), size=11, fill=MUTED)
    for (b, t), some in work.items():
        y = b * (high + 4)
        if t == 0:
            canvas.text(-10, y + high / 2, f"block {b}", anchor="end", size=12)
        canvas.box(
            t * _CELL,
            y,
            _CELL - 4,
            high,
            "\n".join(map(str, some)) or "idle",
            size=14 if some else 12,
            ink=INK if some else MUTED,
            fill=TINT["blue" if b % 2 else "sky"] if some else PAPER,
            stroke=COLOR["blue"] if some else MUTED,
            dash="" if some else "3 3",
        )
    return canvas.drawing()


def explore_launch(n: int = 10):
    """Return controls over `show_launch`: elements, blocks, threads in a block, and the loop."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "130px"}, "layout": {"width": "440px"}}
    controls = {
        "n": ipywidgets.IntSlider(n, min=1, max=40, description="elements", **wide),
        "blocks": ipywidgets.IntSlider(2, min=1, max=8, description="blocks", **wide),
        "threads": ipywidgets.Dropdown(options=[2, 4, 8], value=4, description="threads in a block", **wide),
        "loop": ipywidgets.Checkbox(value=False, description="grid-stride loop", **wide),
    }

    def show(n, blocks, threads, loop):
        display(show_launch(n, blocks, threads, loop=loop))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))


def _many(count: int, thing: str) -> str:
    """Return how many things there are, in words: "1 block", "2 blocks"."""
    return f"{count} {thing}{'s' * (count != 1)}"
