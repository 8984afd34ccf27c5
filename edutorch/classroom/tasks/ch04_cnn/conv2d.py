r"""A convolution without loops

Four nested loops over places and weights are right and useless: one epoch would take all day. Lesson 4, section 5, made
a *view* of all windows of a page and one product. Now do that for real inputs: batches, channels, several filters,
stride and padding.

Write `conv2d(input, weight, bias=None, stride=1, padding=0)`:

| tensor | shape |
|---|---|
| `input` | (N, C, H, W) |
| `weight` | (F, C, h, w): F filters, windows of h × w, not always square |
| `bias` | (F,) or `None` |
| result | (N, F, H', W') |

`stride` and `padding` are whole numbers, for both directions. The kernel is *not* turned round. No Python loop, and
nobody else's convolution.

For one picture `[[1., 2., 3.], [4., 5., 6.]]` and one kernel `[[1., 0.], [0., 10.]]` the result is `[[51., 62.]]`.

Look out: the input need not be contiguous, so ask it for its strides, or make it so.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, no_loops, swap


def conv2d(input, weight, bias=None, stride=1, padding=0):
    """Return the cross-correlation of a batch of pictures with the filters, plus the bias."""
    input = torch.nn.functional.pad(input, (padding,) * 4)
    (N, C, H, W), (_, _, h, w) = input.shape, weight.shape
    places = (H - h) // stride + 1, (W - w) // stride + 1
    sample, channel, row, column = input.stride()
    steps = (sample, channel, stride * row, stride * column, row, column)
    windows = input.as_strided((N, C, *places, h, w), steps)
    out = torch.einsum("ncijhw,fchw->nfij", windows, weight)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


def cases(draw):
    """One number, one kernel, several filters, channels, batches; then bias, stride, padding, other memory."""
    N, C, F = draw.sizes(3, 6)
    h, w = draw.sizes(2, 4)
    H, W = h + 4, w + 6
    yield draw.randn(1, 1, 3, 3), draw.randn(1, 1, 3, 3)
    yield draw.randn(1, 1, 4, 5), draw.randn(1, 1, 2, 2)
    yield draw.randn(1, 1, 5, 4), draw.randn(F, 1, 2, 3)
    yield draw.randn(1, C, 5, 6), draw.randn(1, C, 2, 2)
    yield draw.randn(N, C, H, W), draw.randn(F, C, h, w)
    yield draw.randn(2, C, 6, 7), draw.randn(5, C, 3, 3), draw.randn(5)
    yield draw.randn(2, C, 7, 9), draw.randn(F, C, 3, 2), None, 2
    yield draw.randn(2, C, 6, 5), draw.randn(F, C, 3, 3), None, 1, 1
    yield draw.randn(N, C, 8, 11), draw.randn(F, C, 5, 3), draw.randn(F), 3, 2
    yield draw.randn(2, 6, 5, 3).permute(0, 3, 1, 2), draw.randn(F, 3, 2, 3), draw.randn(F)
    yield draw.randn(2, C, 5, 6, requires_grad=True), draw.randn(F, C, 2, 3, requires_grad=True)


def expected(input, weight, bias=None, stride=1, padding=0):
    """Ask the library."""
    return torch.nn.functional.conv2d(input, weight, bias, stride, padding)


def finale(conv2d):
    """**Your convolution in the library.** A small network like that of lesson 4, section 9, learns its digits with it:
    `nn.Conv2d` now computes with your function, and autograd finds the gradients, because it knows the steps that you
    made."""
    from sklearn.datasets import load_digits

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * 9, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with swap("conv2d", conv2d):
        for _ in range(150):
            rows = torch.randint(0, 1397, (32,))
            loss = F.cross_entropy(model(pages[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        share = (model(pages[1397:]).argmax(dim=1) == labels[1397:]).float().mean().item()
    print(f"digits it has never seen, read rightly: {100 * share:.1f} %")
    assert share > 0.85


task = Task(
    conv2d,
    cases=cases,
    expected=expected,
    also=(no_loops, never_calls("conv1d", "conv2d", "conv3d", "convolution")),
    rtol=1e-3,
    atol=1e-4,
    minutes=30,
    points=5,
    swap="conv2d",
    finale=finale,
    hints=(
        "Start with the padding, then forget about it. Which six dimensions has a view of all windows of all channels"
        " of all pictures?",
        "The six are: picture, channel, two that walk over the places, two within the window. The places' steps in"
        " memory are `stride` times those within the window. Then multiply by the weight and sum over channel and"
        " window.",
        "`input.as_strided((N, C, H_out, W_out, h, w), ...)` with the strides from `input.stride()`; or"
        " `input.unfold(2, h, stride).unfold(3, w, stride)`. Then an `einsum` of `ncijhw` with `fchw`, and the bias as"
        " (F, 1, 1).",
    ),
)


def of_windows(input, weight, bias=None, stride=1, padding=0):
    """Compute from the windows that `unfold` gives."""
    input = torch.nn.functional.pad(input, (padding,) * 4)
    windows = input.unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    out = torch.einsum("ncijhw,fchw->nfij", windows, weight)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@task.wrong(
    "The kernel was turned by half a turn. That is the convolution of mathematicians; what deep learning libraries"
    " compute, and what is asked here, lays the kernel on the window as it stands."
)
def kernel_turned(input, weight, bias=None, stride=1, padding=0):
    return of_windows(input, weight.flip(2, 3), bias, stride, padding)


@task.wrong(
    "The padding lies on two sides only, at the top and on the left or at the bottom and on the right. `F.pad` wants"
    " four numbers: left, right, top, bottom."
)
def padded_on_two_sides(input, weight, bias=None, stride=1, padding=0):
    return of_windows(torch.nn.functional.pad(input, (0, padding, 0, padding)), weight, bias, stride)


@task.wrong(
    "The sides are padded left and right, and not at the top and bottom: `F.pad` with two numbers touches the last"
    " dimension only. It wants four: left, right, top, bottom."
)
def padded_in_width_only(input, weight, bias=None, stride=1, padding=0):
    return of_windows(torch.nn.functional.pad(input, (padding, padding)), weight, bias, stride)


@task.wrong(
    "The steps in memory are worked out from the shape, as if the input were contiguous. A permuted picture keeps its"
    " memory and has other strides: ask `input.stride()`, or call `.contiguous()` first."
)
def contiguous_assumed(input, weight, bias=None, stride=1, padding=0):
    if padding:
        input = torch.nn.functional.pad(input, (padding,) * 4)
    (N, C, H, W), (_, _, h, w) = input.shape, weight.shape
    places = (H - h) // stride + 1, (W - w) // stride + 1
    windows = input.as_strided((N, C, *places, h, w), (C * H * W, H * W, stride * W, stride, W, 1))
    out = torch.einsum("ncijhw,fchw->nfij", windows, weight)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@task.wrong(
    "The windows overlap as if the stride were 1: you took as many windows as the stride leaves, but the first ones,"
    " side by side. The stride multiplies the steps that walk over the places, not only their number."
)
def stride_in_the_count_only(input, weight, bias=None, stride=1, padding=0):
    out = of_windows(input, weight, bias, 1, padding)
    H, W = ((n - 1) // stride + 1 for n in out.shape[2:])
    return out[:, :, :H, :W]


@task.wrong(
    "The steps *within* the window are multiplied by the stride as well: the kernel looks at pixels that lie apart."
    " That is dilation. The stride is about where windows begin."
)
def stride_as_dilation(input, weight, bias=None, stride=1, padding=0):
    input = torch.nn.functional.pad(input, (padding,) * 4)
    (N, C, H, W), (_, _, h, w) = input.shape, weight.shape
    places = (H - h) // stride + 1, (W - w) // stride + 1
    sample, channel, row, column = input.stride()
    steps = (sample, channel, *(stride * row, stride * column) * 2)
    windows = input.as_strided((N, C, *places, h, w), steps)
    out = torch.einsum("ncijhw,fchw->nfij", windows, weight)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@task.wrong(
    "The bias is added along the last dimension. It belongs to the filters, which are dimension 1 of the result: give"
    " it the shape (F, 1, 1), so that it broadcasts over the places."
)
def bias_along_the_width(input, weight, bias=None, stride=1, padding=0):
    out = of_windows(input, weight, None, stride, padding)
    return out if bias is None else out + bias


@task.wrong("The bias is left out. Each filter has one number that is added to its whole map.")
def bias_forgotten(input, weight, bias=None, stride=1, padding=0):
    return of_windows(input, weight, None, stride, padding)


@task.wrong(
    "Only the first channel counts. A filter has weights for *every* channel of its window, and one number comes out:"
    " the sum goes over the channels, too."
)
def first_channel_only(input, weight, bias=None, stride=1, padding=0):
    return of_windows(input[:, :1], weight[:, :1], bias, stride, padding)


@task.wrong("These are means over the window. A convolution is a sum of products: how large it is, the weights decide.")
def mean_instead_of_sum(input, weight, bias=None, stride=1, padding=0):
    return of_windows(input, weight / weight[0].numel(), bias, stride, padding)


@task.wrong(
    "But there is a Python loop over the places in it. A view of all windows, and one product, do that at once."
)
def loops_over_places(input, weight, bias=None, stride=1, padding=0):
    input = torch.nn.functional.pad(input, (padding,) * 4)
    h, w = weight.shape[2:]
    rows = []
    for i in range(0, input.shape[2] - h + 1, stride):
        row = []
        for j in range(0, input.shape[3] - w + 1, stride):
            row.append(torch.einsum("nchw,fchw->nf", input[:, :, i : i + h, j : j + w], weight))
        rows.append(torch.stack(row, dim=-1))
    out = torch.stack(rows, dim=-2)
    return out if bias is None else out + bias.reshape(-1, 1, 1)


@task.wrong(
    "A bias of `None` is added as if it were a tensor, which is a TypeError; and one that is there is added along the"
    " width. Ask whether there is one, and give it the shape (F, 1, 1)."
)
def none_added(input, weight, bias=None, stride=1, padding=0):
    return conv2d(input, weight, None, stride, padding) + bias
