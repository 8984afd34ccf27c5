"""Looking into a convolutional network: what each filter looks for, what it found, and how far a unit sees.

The functions take a model and pictures of either framework. They put the model at rest (`eval`) while they look, so
dropout is off and running means stay as they are, and leave it as they found it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .axes import digits
from .cells import draw_cells, grey, signed
from .controls import panel
from .convolution import output_size
from .svg import COLOR, MUTED, PAPER, Canvas, Drawing


@contextmanager
def at_rest(model) -> Iterator[None]:
    """Put a model and all its parts into `eval` mode inside the `with` block.

    Example:
        >>> import edutorch as torch
        >>> model = torch.nn.Dropout()
        >>> with at_rest(model):
        ...     print(model.training)
        False
        >>> model.training
        True
    """
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def feature_maps(model, image, layer: str):
    """Return what a layer makes of one picture (height, width) or (channels, height, width): its maps.

    Args:
        model: any module.
        layer: the name of the layer, as in `model.named_modules()`.

    Raises:
        ValueError: if there is no such layer, or what it makes are not maps.
    """
    layers = dict(model.named_modules())
    if layer not in layers:
        raise ValueError(f"the model has no layer {layer!r}; it has {', '.join(filter(None, layers))}")
    caught = []
    hook = layers[layer].register_forward_hook(lambda module, inputs, output: caught.append(output.detach()))
    try:
        with at_rest(model):
            model(image.reshape(1, -1, *image.shape[-2:]))
    finally:
        hook.remove()
    if len(caught[-1].shape) != 4:
        raise ValueError(f"layer {layer!r} makes {tuple(caught[-1].shape)}, not maps (1, channels, height, width)")
    return caught[-1][0]


def show_feature_maps(model, image, layer: str, *, columns: int | None = None, side: float = 72) -> Drawing:
    """Draw what a layer makes of one picture: a map for each channel, and its filter where it looks at the picture.

    Filters are blue where they count the picture's ink, and orange with a minus sign where they count against it.
    Maps are darker where more was found; what is below zero is drawn in orange, with a minus sign.

    Args:
        model, image, layer: as for `feature_maps`.
        columns: how many maps stand side by side; by default 8, or 6 with their filters.
        side: the height of a map in pixels of the screen.
    """
    maps = feature_maps(model, image, layer)
    height, width = maps.shape[-2:]
    weight = getattr(dict(model.named_modules())[layer], "weight", None)
    kernels = weight.detach()[:, 0].tolist() if weight is not None and tuple(weight.shape[1:2]) == (1,) else []
    ink = image.reshape(-1, *image.shape[-2:])[0].tolist()
    values = maps.tolist()
    low, high = (f([v for one in values for line in one for v in line]) for f in (min, max))
    most = max(abs(low), abs(high)) or 1.0
    words = [f"{len(values)} maps of {height} × {width}, from {digits(low)} to {digits(high)}"]
    words += [f"map {k}: {digits(min(map(min, one)))} to {digits(max(map(max, one)))}" for k, one in enumerate(values)]
    canvas = Canvas(f"What {layer} makes of the picture", "\n".join(words))
    canvas.text(0, -12, "picture", anchor="start", size=12, fill=MUTED)
    draw_cells(canvas, ink, 1.2 * side / len(ink), max(v for line in ink for v in line) or 1.0)
    left = 1.2 * side * len(ink[0]) / len(ink) + 36
    beside = side / 2 + 4 if kernels else 0
    columns = columns or (6 if kernels else 8)
    apart = side * width / height + beside + 14
    for k, one in enumerate(values):
        with canvas.group(left + k % columns * apart, k // columns * (side + 26)):
            canvas.text(0, -8, str(k), anchor="start", size=11, fill=MUTED)
            if kernels:
                scale = max(abs(v) for line in kernels[k] for v in line) or 1.0
                draw_cells(canvas, kernels[k], side / 2 / len(kernels[k]), scale, signed)
            with canvas.group(beside, 0):
                draw_cells(canvas, one, side / height, most, _heat)
    return canvas.drawing()


def _heat(share: float) -> str:
    return grey(share) if share >= 0 else signed(share)


def explore_feature_maps(model, images, layers: Sequence[str], names: Sequence[str] | None = None):
    """Return widgets over `show_feature_maps`: choose a picture and a layer."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "70px"}, "layout": {"width": "300px"}}
    names = [str(i) for i in range(len(images))] if names is None else names
    which = ipywidgets.Dropdown(options=[(name, i) for i, name in enumerate(names)], description="picture", **wide)
    layer = ipywidgets.Dropdown(options=[*layers], description="layer", **wide)

    def show(which, layer):
        display(show_feature_maps(model, images[which], layer))

    picture = ipywidgets.interactive_output(show, {"which": which, "layer": layer})
    return panel(ipywidgets.HBox([which, layer]), picture)


def receptive_field(layers, place: int) -> list[tuple[int, int]]:
    """Follow one place of the last layer's output back: the first and last place it depends on, layer by layer.

    Args:
        layers: modules; those with a `kernel_size` count (convolutions, poolings), the others change nothing here.
        place: a row or column of the output.

    Returns:
        A pair for each of the sliding layers' inputs, the picture's first, and at the end `(place, place)`. A pair
        may reach outside, into the padding.

    Example:
        >>> from edutorch import nn
        >>> receptive_field([nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)], 2)
        [(3, 6), (4, 5), (2, 2)]
    """
    spans = [(place, place)]
    for kernel, stride, padding, dilation in reversed(_slides(layers)):
        first, last = spans[0]
        spans.insert(0, (first * stride - padding, last * stride - padding + dilation * (kernel - 1)))
    return spans


def _slides(layers) -> list[tuple[int, int, int, int]]:
    """Kernel, stride, padding and dilation of the layers that slide a square window."""
    sliding = [layer for layer in layers if hasattr(layer, "kernel_size")]
    return [
        (_one(layer.kernel_size), _one(layer.stride), _one(layer.padding), _one(getattr(layer, "dilation", 1)))
        for layer in sliding
    ]


def _one(size) -> int:
    sizes = set(size) if isinstance(size, tuple) else {size}
    if len(sizes) != 1:
        raise ValueError(f"only square windows are followed, got {size}")
    return sizes.pop()


def show_receptive_field(layers, size: int, *, row: int = 0, column: int = 0, names: Sequence[str] = ()) -> Drawing:
    """Draw, layer by layer, what one unit of the last map depends on, back to the picture.

    Args:
        layers: as for `receptive_field`.
        size: height and width of the picture.
        row, column: the unit's place in the last map.
        names: what the maps are called, the picture first.

    Raises:
        ValueError: if the last map has no such place.
    """
    slides = _slides(layers)
    sizes = [size]
    for slide in slides:
        sizes.append(output_size(sizes[-1], *slide))
    if not (0 <= row < sizes[-1] and 0 <= column < sizes[-1]):
        raise ValueError(f"the last map is {sizes[-1]} × {sizes[-1]}: it has no row {row}, column {column}")
    rows, columns = receptive_field(layers, row), receptive_field(layers, column)
    names = names or ["picture", *(f"layer {k + 1}" for k in range(len(slides)))]
    words = []
    for name, n, (top, bottom), (left, right) in zip(names, sizes, rows, columns, strict=True):
        words.append(f"{name}, {n} × {n}: rows {top} to {bottom}, columns {left} to {right}")
    canvas = Canvas(f"What one unit of {names[-1]} sees", "\n".join(words))
    pixel, x = 14, 0.0
    middle = size * pixel / 2
    for k, (name, n, across, down) in enumerate(zip(names, sizes, columns, rows, strict=True)):
        with canvas.group(x, middle - n * pixel / 2):
            for i in range(n):
                for j in range(n):
                    seen = down[0] <= i <= down[1] and across[0] <= j <= across[1]
                    canvas.rect(j * pixel, i * pixel, pixel, pixel, fill=COLOR["orange"] if seen else PAPER)
            canvas.text(0, -28, name, anchor="start", size=12, bold=True)
            canvas.text(0, -12, f"{n} × {n}", anchor="start", size=12, fill=MUTED)
        x += max(n * pixel, 12.0 + 8 * len(name)) + 34
        if k < len(slides):
            canvas.arrow(x - 26, middle, x - 8, middle)
    return canvas.drawing()


def explore_receptive_field(layers, size: int, names: Sequence[str] = ()):
    """Return sliders over `show_receptive_field`: how many layers, and which unit of the last."""
    import ipywidgets
    from IPython.display import display

    sliding = [layer for layer in layers if hasattr(layer, "kernel_size")]
    wide = {"style": {"description_width": "70px"}, "layout": {"width": "320px"}}
    depth = ipywidgets.IntSlider(len(sliding), min=1, max=len(sliding), description="layers", **wide)
    row = ipywidgets.IntSlider(1, min=0, max=2, description="row", **wide)
    column = ipywidgets.IntSlider(1, min=0, max=2, description="column", **wide)

    def fit(_=None):
        n = size
        for slide in _slides(sliding[: depth.value]):
            n = output_size(n, *slide)
        for control in (row, column):
            control.max = n - 1

    depth.observe(fit, "value")
    fit()

    def show(depth, row, column):
        shown = names[: depth + 1] if names else ()
        display(show_receptive_field(sliding[:depth], size, row=row, column=column, names=shown))

    picture = ipywidgets.interactive_output(show, {"depth": depth, "row": row, "column": column})
    return panel(depth, row, column, picture)
