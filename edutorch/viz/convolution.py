"""A kernel that moves over a picture: what it sees, what it multiplies, and the picture that it makes.

>>> import edutorch as torch
>>> step = torch.tensor([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
>>> print(show_convolution(step, "left edge", row=0, column=1))
3 × 3 kernel "left edge" over a picture of 3 × 4
stride 1, padding 0, dilation 1: output of 1 × 2
at row 0, column 1 it sees 0 9 9 / 0 9 9 / 0 9 9
times the kernel -1 0 1 / -1 0 1 / -1 0 1
products 0 0 9 / 0 0 9 / 0 0 9, sum 27
output up to here: 27 27
"""

from __future__ import annotations

from collections.abc import Sequence

from .cells import frame, grey, ink_on, signed
from .controls import panel
from .svg import COLOR, MUTED, PAPER, Canvas, Drawing, text_width

KERNELS: dict[str, list[list[float]]] = {
    "copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": [[1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9], [1 / 9, 1 / 9, 1 / 9]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "left edge": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "top edge": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}

Grid = list[list[float]]


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a kernel has along one side; below 1 it does not fit.

    Example:
        >>> output_size(8, 3), output_size(8, 3, padding=1), output_size(8, 3, stride=2), output_size(8, 3, dilation=2)
        (6, 8, 3, 4)
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def show_convolution(
    image,
    kernel: str | Sequence[Sequence[float]] = "left edge",
    *,
    row: int = 0,
    column: int = 0,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Drawing:
    """Draw one step of a convolution: the window, the kernel, their products, and the output up to there.

    Args:
        image: a tensor (height, width).
        kernel: a name of `KERNELS`, or a small matrix of your own: a tensor or a list of rows.
        row, column: which number of the output is made in this step.
        stride, padding, dilation: as for `conv2d`. Padding is drawn dashed.

    Raises:
        ValueError: if the kernel does not fit the picture, or the output has no such row or column.
    """
    return _Step(image, kernel, row, column, stride, padding, dilation).drawing()


class _Step:
    """One step of a convolution, worked out in plain Python: a figure may not lean on what it explains."""

    def __init__(self, image, kernel, row, column, stride, padding, dilation):
        self.name = f'"{kernel}" ' if isinstance(kernel, str) else ""
        self.image = _rows(image)
        self.kernel = KERNELS[kernel] if isinstance(kernel, str) else _rows(kernel)
        self.row, self.column = row, column
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.size = (len(self.image), len(self.image[0]))
        self.reach = (len(self.kernel), len(self.kernel[0]))
        self.made = tuple(
            output_size(n, k, stride, padding, dilation) for n, k in zip(self.size, self.reach, strict=True)
        )
        if min(self.made) < 1:
            raise ValueError(
                f"a kernel of {_by(self.reach)} with dilation {dilation} does not fit a picture of {_by(self.size)} "
                f"with padding {padding}"
            )
        if not (0 <= row < self.made[0] and 0 <= column < self.made[1]):
            raise ValueError(f"the output is {_by(self.made)}: it has no row {row}, column {column}")
        self.output = [[self.sum_at(i, j) for j in range(self.made[1])] for i in range(self.made[0])]

    def seen_from(self, i: int, j: int) -> list[list[tuple[int, int]]]:
        """Return the places in the picture under the kernel; those in the padding lie outside."""
        top, left = i * self.stride - self.padding, j * self.stride - self.padding
        height, width = self.reach
        return [[(top + a * self.dilation, left + b * self.dilation) for b in range(width)] for a in range(height)]

    def pixel(self, i: int, j: int) -> float:
        inside = 0 <= i < self.size[0] and 0 <= j < self.size[1]
        return self.image[i][j] if inside else 0

    def products_at(self, i: int, j: int) -> Grid:
        pairs = zip(self.seen_from(i, j), self.kernel, strict=True)
        return [[self.pixel(*at) * w for at, w in zip(*pair, strict=True)] for pair in pairs]

    def sum_at(self, i: int, j: int) -> float:
        return sum(map(sum, self.products_at(i, j)))

    def drawing(self) -> Drawing:
        seen = [[self.pixel(*at) for at in line] for line in self.seen_from(self.row, self.column)]
        products = self.products_at(self.row, self.column)
        total = self.output[self.row][self.column]
        done = self.row * self.made[1] + self.column + 1
        canvas = Canvas(
            f"{_by(self.reach)} kernel {self.name}over a picture of {_by(self.size)}",
            "\n".join(
                [
                    f"stride {self.stride}, padding {self.padding}, dilation {self.dilation}: "
                    f"output of {_by(self.made)}",
                    f"at row {self.row}, column {self.column} it sees {_in_words(seen)}",
                    f"times the kernel {_in_words(self.kernel)}",
                    f"products {_in_words(products)}, sum {short(total)}",
                    f"output up to here: {_in_words(_first(self.output, done))}",
                ]
            ),
        )
        with canvas.group(0, 0):
            height, right = self._draw_picture(canvas)
        with canvas.group(right + 50, 0):
            height = max(height, self._draw_output(canvas, done))
        with canvas.group(0, height + 44):
            _draw_sum(canvas, seen, self.kernel, products, total)
        return canvas.drawing()

    def _draw_picture(self, canvas: Canvas) -> tuple[float, float]:
        """Draw the picture with its padding, and a frame around each pixel that the kernel sees."""
        height, width = self.size
        cell = cell_width([self.image])
        top = max(v for line in self.image for v in line) or 1
        canvas.text(0, -14, f"picture {_by(self.size)}" + ", padded" * bool(self.padding), anchor="start", bold=True)
        p = self.padding
        for i in range(-p, height + p):
            for j in range(-p, width + p):
                inside = 0 <= i < height and 0 <= j < width
                value = self.pixel(i, j)
                fill = grey(value / top) if inside else PAPER
                ink = ink_on(fill) if inside else MUTED
                place = ((j + p) * cell, (i + p) * cell, cell, cell)
                canvas.box(*place, short(value), size=10, ink=ink, fill=fill, dash="" if inside else "2 2")
        seen = [at for line in self.seen_from(self.row, self.column) for at in line]
        for i, j in seen:
            x, y = (j + p) * cell, (i + p) * cell
            frame(canvas, x + 1.5, y + 1.5, cell - 3, cell - 3, stroke=COLOR["orange"], stroke_width=3)
        return (height + 2 * p) * cell, (width + 2 * p) * cell

    def _draw_output(self, canvas: Canvas, done: int) -> float:
        height, width = self.made
        cell = cell_width([self.output])
        most = max(abs(v) for line in self.output for v in line) or 1
        canvas.text(0, -14, f"output {_by(self.made)}", anchor="start", bold=True)
        for i, line in enumerate(self.output):
            for j, value in enumerate(line):
                known = i * width + j < done
                fill = signed(value / most) if known else PAPER
                said = short(value) if known else ""
                canvas.box(j * cell, i * cell, cell, cell, said, size=10, ink=ink_on(fill), fill=fill)
        x, y = self.column * cell, self.row * cell
        frame(canvas, x + 1.5, y + 1.5, cell - 3, cell - 3, stroke=COLOR["orange"], stroke_width=3)
        return height * cell


def _draw_sum(canvas: Canvas, seen: Grid, kernel: Grid, products: Grid, total: float) -> None:
    """Write window × kernel = products, and the sum."""
    x = 0.0
    grids = (("window", seen), ("kernel", kernel), ("products", products))
    for sign, (name, grid) in zip(("", "×", "="), grids, strict=True):
        cell = max(34.0, cell_width([grid], size=12))
        if sign:
            canvas.text(x + 18, len(grid) * 13, sign, size=20)
            x += 36
        canvas.text(x, -12, name, anchor="start", size=12, fill=MUTED)
        for i, line in enumerate(grid):
            for j, value in enumerate(line):
                canvas.box(x + j * cell, i * 26, cell, 26, short(value), size=12)
        x += len(grid[0]) * cell
    y = len(kernel) * 13
    canvas.text(x + 16, y, "sum", anchor="start", size=13)
    canvas.arrow(x + 50, y, x + 82, y)
    canvas.text(x + 92, y, short(total), anchor="start", size=20, bold=True, fill=COLOR["orange"])


def explore_convolution(images, names: Sequence[str] | None = None):
    """Return widgets over `show_convolution`: choose a picture and a kernel, let it move, change its step and reach.

    Args:
        images: a tensor (count, height, width).
        names: what each is called; else they are numbered.
    """
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "70px"}, "layout": {"width": "300px"}}
    names = [str(i) for i in range(len(images))] if names is None else names
    which = ipywidgets.Dropdown(options=[(name, i) for i, name in enumerate(names)], description="picture", **wide)
    kernel = ipywidgets.Dropdown(options=[*KERNELS], value="left edge", description="kernel", **wide)
    place = ipywidgets.IntSlider(0, min=0, max=35, description="place", **wide)
    play = ipywidgets.Play(value=0, min=0, max=35, interval=400, description="move the kernel")
    ipywidgets.jslink((play, "value"), (place, "value"))
    stride = ipywidgets.IntSlider(1, min=1, max=3, description="stride", **wide)
    padding = ipywidgets.IntSlider(0, min=0, max=2, description="padding", **wide)
    dilation = ipywidgets.IntSlider(1, min=1, max=3, description="dilation", **wide)

    def made():
        steps = (stride.value, padding.value, dilation.value)
        return [output_size(n, 3, *steps) for n in images.shape[1:]]

    def fit(_=None):
        for control in (place, play):
            control.max = made()[0] * made()[1] - 1
            control.value = min(control.value, control.max)

    for control in (stride, padding, dilation):
        control.observe(fit, "value")
    fit()

    def show(which, kernel, place, stride, padding, dilation):
        height, width = made()
        row, column = divmod(min(place, height * width - 1), width)
        settings = {"stride": stride, "padding": padding, "dilation": dilation}
        display(show_convolution(images[which], kernel, row=row, column=column, **settings))

    controls = {"which": which, "kernel": kernel, "place": place}
    controls |= {"stride": stride, "padding": padding, "dilation": dilation}
    left = ipywidgets.VBox([which, kernel, ipywidgets.HBox([place, play])])
    right = ipywidgets.VBox([stride, padding, dilation])
    return panel(ipywidgets.HBox([left, right]), ipywidgets.interactive_output(show, controls))


def short(value: float) -> str:
    """Write a number with at most three digits.

    Example:
        >>> short(1 / 9), short(128.0), short(-0.0), short(16)
        ('0.111', '128', '0', '16')
    """
    return "0" if abs(value) < 1e-9 else f"{value:.3g}"


def cell_width(grids: Sequence[Grid], size: float = 10, least: float = 26) -> float:
    """Return how wide cells must be for every number in them."""
    numbers = {short(value) for grid in grids for line in grid for value in line}
    return max([least, *(text_width(string, size) + 6 for string in numbers)])


def _rows(matrix) -> Grid:
    return matrix.tolist() if hasattr(matrix, "tolist") else [list(line) for line in matrix]


def _first(grid: Grid, count: int) -> Grid:
    """Return the first numbers of a grid, in the order of reading."""
    width = len(grid[0])
    lines = [line[: max(0, count - i * width)] for i, line in enumerate(grid)]
    return [line for line in lines if line]


def _in_words(grid: Grid) -> str:
    return " / ".join(" ".join(map(short, line)) for line in grid)


def _by(size: Sequence[int]) -> str:
    return " × ".join(map(str, size))
