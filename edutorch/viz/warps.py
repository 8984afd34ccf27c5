"""What the 32 threads of a warp ask for in one instruction, and what memory does about it.

Global memory moves sectors of 32 bytes; shared memory has 32 banks that serve one word of 4 bytes each
(`edutorch.cuda.accesses` has both rules, and counts them for whole kernels).
"""

from __future__ import annotations

from ..cuda.accesses import BANKS, LINE, SECTOR, WARP, WORD, bank_passes, record, sectors
from .controls import panel
from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing
from .svg import LINE as BORDER

__all__ = ["explore_banks", "explore_warp", "record", "show_banks", "show_warp"]

_WIDTH, _HEIGHT = 22, 18


def show_warp(stride: int = 1, offset: int = 0, *, size: int = 4) -> Drawing:
    """Draw memory in lines of 128 bytes, and in it what a warp reads with `x[offset + stride * lane]`.

    Args:
        stride: elements from one lane to the next, 0 to 32.
        offset: the element of lane 0.
        size: bytes of an element: 4 or 8.

    Example:
        >>> print(show_warp(stride=2))
        A warp reads x[0 + 2 * lane], 4 bytes each
        asked for: 128 bytes in 32 elements
        moved: 8 sectors of 32 bytes in 2 lines, 256 bytes
        used: 50 %
    """
    if size not in (4, 8) or not 0 <= stride <= 32 or offset < 0:
        raise ValueError(
            f"stride 0 to 32, offset from 0 on and size 4 or 8 can be drawn, got {stride}, {offset}, {size}"
        )
    lanes: dict[int, list[int]] = {}
    for lane in range(WARP):
        lanes.setdefault(offset + stride * lane, []).append(lane)
    addresses = [size * element for element in lanes]
    moved = sectors(addresses, size)
    used = size * len(lanes) / (SECTOR * moved)
    lines = sectors(addresses, size, LINE)
    facts = [
        f"asked for: {size * len(lanes)} bytes in {len(lanes)} elements",
        f"moved: {moved} sectors of {SECTOR} bytes in {lines} line{'s' * (lines > 1)}, {SECTOR * moved} bytes",
        f"used: {100 * used:.0f} %",
    ]
    canvas = Canvas(f"A warp reads x[{offset} + {stride} * lane], {size} bytes each", "\n".join(facts))
    canvas.text(0, -52, canvas.title, anchor="start", size=15, bold=True)
    canvas.text(0, -28, "; ".join(facts), anchor="start")
    wide, row, per_sector = _WIDTH * size // WORD, LINE // size, SECTOR // size
    touched = {element // per_sector for element in lanes}
    first = min(lanes) // row
    for line in range(first, max(lanes) // row + 1):
        y = (line - first) * (_HEIGHT + 4)
        canvas.text(-10, y + _HEIGHT / 2, f"byte {line * LINE}", anchor="end", size=11, fill=MUTED)
        for k in range(row):
            element = line * row + k
            sector = element // per_sector
            x = k * wide + 6 * (k // per_sector)
            asking, comes = lanes.get(element), sector in touched
            fill = COLOR["blue"] if asking else TINT["gold"] if comes else PAPER
            text = "" if not asking else str(asking[0]) if len(asking) == 1 else "all"
            border, dash = (INK, "") if comes else (BORDER, "2 2")
            canvas.box(x, y, wide, _HEIGHT, text, size=11, ink=PAPER, fill=fill, stroke=border, dash=dash)
    below = (max(lanes) // row - first + 1) * (_HEIGHT + 4) + 14
    legend = (("blue, with the lane's number: asked for", COLOR["blue"]), ("solid border: moved, yellow in vain", INK))
    canvas.text(0, below, legend[0][0], anchor="start", size=12, fill=legend[0][1])
    canvas.text(290, below, legend[1][0], anchor="start", size=12, fill=legend[1][1])
    canvas.text(520, below, "dashed border: stays where it is", anchor="start", size=12, fill=MUTED)
    return canvas.drawing()


def explore_warp():
    """Return controls over `show_warp`: stride, offset, and the size of an element."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "120px"}, "layout": {"width": "460px"}}
    sizes = [("float32, 4 bytes", 4), ("float64, 8 bytes", 8)]
    controls = {
        "stride": ipywidgets.IntSlider(1, min=0, max=32, description="stride", **wide),
        "offset": ipywidgets.IntSlider(0, min=0, max=31, description="offset", **wide),
        "size": ipywidgets.Dropdown(options=sizes, value=4, description="element", **wide),
    }

    def show(stride, offset, size):
        display(show_warp(stride, offset, size=size))

    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))


def show_banks(stride: int = 1) -> Drawing:
    """Draw the 32 banks of shared memory, and over each the lanes that want a word of it with `s[stride * lane]`.

    Lanes that want the same word stand in one box: it is read once, for all of them.

    Example:
        >>> print(show_banks(stride=2))
        A warp reads s[2 * lane] from shared memory
        passes: 2
        banks used: 16 of 32
    """
    if not 0 <= stride <= 64:
        raise ValueError(f"strides from 0 to 64 can be drawn, got {stride}")
    words: dict[int, list[int]] = {}
    for lane in range(WARP):
        words.setdefault(stride * lane, []).append(lane)
    stacks: dict[int, list[list[int]]] = {}
    for word, some in words.items():
        stacks.setdefault(word % BANKS, []).append(some)
    passes = bank_passes([WORD * stride * lane for lane in range(WARP)])
    facts = [f"passes: {passes}", f"banks used: {len(stacks)} of {BANKS}"]
    canvas = Canvas(f"A warp reads s[{stride} * lane] from shared memory", "\n".join(facts))
    canvas.text(0, -64, canvas.title, anchor="start", size=15, bold=True)
    canvas.text(0, -40, "; ".join(facts), anchor="start")
    canvas.text(-10, -12, "bank", anchor="end", size=11, fill=MUTED)
    for row in range(passes):
        canvas.text(-10, row * (_HEIGHT + 2) + _HEIGHT / 2, f"pass {row + 1}", anchor="end", size=11, fill=MUTED)
    for bank in range(BANKS):
        x = bank * (_WIDTH + 2)
        canvas.text(x + _WIDTH / 2, -12, str(bank), size=11, fill=MUTED)
        canvas.rect(x, 0, _WIDTH, passes * (_HEIGHT + 2) - 2, stroke=BORDER, dash="2 2")
        for row, some in enumerate(stacks.get(bank, [])):
            text = "all" if len(some) == WARP else str(some[0])
            canvas.box(
                x, row * (_HEIGHT + 2), _WIDTH, _HEIGHT, text, size=11, ink=PAPER, fill=COLOR["blue"], stroke=INK
            )
    return canvas.drawing()


def explore_banks():
    """Return a slider over `show_banks`: the stride."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "120px"}, "layout": {"width": "460px"}}
    stride = ipywidgets.IntSlider(1, min=0, max=34, description="stride (words)", **wide)

    def show(stride):
        display(show_banks(stride))

    return panel(stride, ipywidgets.interactive_output(show, {"stride": stride}))
