"""A batch of sequences of unequal length: what is padding, what is computed, and in which order.

>>> print(show_packing([4, 2, 1]))
Sequences of 4, 2 and 1 steps
the rectangle has 12 cells: 7 are read, 5 are padding
batch sizes, step by step: 3 2 1 1
sequence 0: 4 of 4 | sequence 1: 2 of 4 | sequence 2: 1 of 4
"""

from __future__ import annotations

from collections.abc import Sequence

from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing, text_width


def batch_sizes(lengths: Sequence[int]) -> list[int]:
    """Return how many sequences are still running at each step.

    Example:
        >>> batch_sizes([4, 2, 1])
        [3, 2, 1, 1]
    """
    return [sum(length > t for length in lengths) for t in range(max(lengths))]


def show_packing(lengths: Sequence[int], words: Sequence[Sequence[str]] | None = None) -> Drawing:
    """Draw the padded rectangle of a batch, the longest sequence first; padding is dashed.

    Args:
        lengths: of each sequence: a list, or a tensor of either framework.
        words: what stands in the cells that are read; numbers in the order of packing if left out.

    Raises:
        ValueError: if a length is not positive, or the words of a sequence are not as many as its steps.
    """
    lengths = [int(n) for n in (lengths.tolist() if hasattr(lengths, "tolist") else lengths)]
    if not lengths or min(lengths) < 1:
        raise ValueError(f"every sequence needs at least one step, got lengths {lengths}")
    if words is not None and [len(row) for row in words] != lengths:
        raise ValueError(f"lengths are {lengths}, but there are {[len(row) for row in words]} words")
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    longest, read = max(lengths), sum(lengths)
    running = batch_sizes(lengths)
    starts = [sum(running[:t]) for t in range(longest)]
    shown = [str(lengths[i]) for i in order]
    which = " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
    canvas = Canvas(
        f"Sequences of {which} steps",
        "\n".join(
            [
                f"the rectangle has {longest * len(lengths)} cells: {read} are read, "
                f"{longest * len(lengths) - read} are padding",
                f"batch sizes, step by step: {' '.join(map(str, running))}",
                " | ".join(f"sequence {i}: {lengths[i]} of {longest}" for i in order),
            ]
        ),
    )
    cells = {}
    for row, i in enumerate(order):
        for t in range(lengths[i]):
            cells[row, t] = words[i][t] if words is not None else str(starts[t] + row)
    cell = max(34.0, *(text_width(text, 12, bold=True) + 14 for text in cells.values()))
    for row, i in enumerate(order):
        canvas.text(-10, 30 * row + 14, f"sequence {i}", anchor="end", size=12)
        for t in range(longest):
            read_here = (row, t) in cells
            last = t == lengths[i] - 1
            canvas.box(
                t * cell,
                30 * row,
                cell - 4,
                26,
                cells.get((row, t), "pad"),
                size=12,
                bold=last,
                ink=INK if read_here else MUTED,
                fill=TINT["blue"] if read_here else PAPER,
                stroke=COLOR["blue"] if read_here else MUTED,
                stroke_width=2.5 if last else 1,
                dash="" if read_here else "3 3",
            )
    below = 30 * len(order) + 14
    canvas.text(-10, below, "batch size", anchor="end", size=12, bold=True)
    for t, n in enumerate(running):
        canvas.text(t * cell + cell / 2 - 2, below, str(n), size=12, bold=True)
    return canvas.drawing()
