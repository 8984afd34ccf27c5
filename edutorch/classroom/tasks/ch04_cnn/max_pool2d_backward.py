r"""The gradient of max pooling

A maximum has a simple derivative: the number that was largest gets all of the gradient, the others get nothing. What is
left to do is the bookkeeping.

Write `max_pool2d_backward(grad, input, kernel_size, stride=None)`. `input` has the shape (N, C, H, W) and was pooled by
`F.max_pool2d(input, kernel_size, stride)`; `grad` is the gradient that arrives at the result. Return the gradient of
`input`, in its shape. Kernel and stride are whole numbers; a stride of `None` means windows side by side.

Three things to mind:

- **Overlap.** With kernel 3 and stride 2 a pixel may be the largest of several windows. What is used in many places
  collects a gradient from each.
- **Equals.** Behind a ReLU whole windows are zero. PyTorch gives the gradient to the *first* of the largest, row by
  row.
- **The rest.** Pixels at the border that no window reaches get zero.

With the window `[[1., 5.], [2., 5.]]` and the arriving gradient 3 the gradient is `[[0., 3.], [0., 0.]]`.

A loop over the places *within* a window is fine. Loops over all windows are too slow for the network at the end, which
learns with your function.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, swap


def max_pool2d_backward(grad, input, kernel_size, stride=None):
    """Return the gradient of `input`, where `grad` is the gradient of its max pooling."""
    stride = kernel_size if stride is None else stride
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    best = windows.flatten(-2).argmax(dim=-1)  # the first of equals, counted row by row within the window
    H, W = best.shape[2:]
    rows = stride * torch.arange(H).unsqueeze(1) + best // kernel_size
    columns = stride * torch.arange(W) + best % kernel_size
    places = (rows * input.shape[3] + columns).flatten(2)
    out = torch.zeros_like(input).flatten(2)
    return out.scatter_add(2, places, grad.flatten(2)).reshape(input.shape)


def cases(draw):
    """One window, several; equals; maps and samples; a rest at the border; overlap; equals, as a ReLU leaves them."""
    yield draw.randn(1, 1, 1, 1), draw.randn(1, 1, 2, 2), 2
    yield draw.randn(1, 1, 2, 3), draw.randn(1, 1, 4, 6), 2
    yield draw.randn(1, 1, 1, 2), torch.tensor([[[[0.0, 0.0, 1.0, 9.0], [0.0, 0.0, 9.0, 2.0]]]]), 2
    yield draw.randn(2, 3, 2, 2), draw.randn(2, 3, 6, 6), 3
    yield draw.randn(1, 2, 2, 3), draw.randn(1, 2, 5, 7), 2, 2
    yield draw.randn(2, 1, 3, 2), torch.relu(draw.randn(2, 1, 6, 4) - 1), 2
    yield draw.randn(1, 1, 3, 3), torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 9]).repeat(7)[:49].reshape(1, 1, 7, 7), 3, 2
    yield draw.randn(2, 2, 3, 4), draw.randn(2, 2, 7, 10), 3, 2
    yield draw.randn(1, 2, 4, 3), torch.relu(draw.randn(1, 2, 10, 8) - 0.5), 3, 2


def expected(grad, input, kernel_size, stride=None):
    """Ask the library's own gradient."""
    x = input.clone().requires_grad_()
    torch.nn.functional.max_pool2d(x, kernel_size, stride).backward(grad)
    return x.grad


def finale(max_pool2d_backward):
    """**Your gradient in the library.** Whatever the filters below learn of the digits, they learn through you."""
    from sklearn.datasets import load_digits

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * 4, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with swap("max_pool2d.backward", max_pool2d_backward):
        for _ in range(150):
            rows = torch.randint(0, 1397, (32,))
            loss = F.cross_entropy(model(pages[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    share = (model(pages[1397:]).argmax(dim=1) == labels[1397:]).float().mean().item()
    print(f"digits it has never seen, read rightly: {100 * share:.1f} %")
    assert share > 0.8


task = Task(
    max_pool2d_backward,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "autograd", "requires_grad_", "vjp", "max_unpool2d"),
    minutes=30,
    points=5,
    swap="max_pool2d.backward",
    finale=finale,
    hints=(
        "For one window: where in it does the largest number stand, and where on the page is that? `argmax` of the"
        " flattened window answers the first question.",
        "Number `b` of a flattened window of k × k is row `b // k`, column `b % k` *of the window*, which begins at"
        " `stride` times its own place. Into a tensor of zeros, add each arriving gradient at its place.",
        "`input.unfold(2, k, s).unfold(3, k, s).flatten(-2).argmax(-1)` gives all places at once; `scatter_add` on"
        " pages flattened to H · W adds where places repeat. Or loop over the k × k places in the window and add to"
        " slices with a step.",
    ),
)


def placed(grad, input, kernel_size, stride, weights):
    """Share each window's gradient out by weights of shape (..., k, k), and add it up on the page."""
    out = torch.zeros_like(input)
    H, W = grad.shape[2:]
    for a in range(kernel_size):
        for b in range(kernel_size):
            rows, columns = (slice(i, i + stride * (n - 1) + 1, stride) for i, n in ((a, H), (b, W)))
            out[:, :, rows, columns] += grad * weights[..., a, b]
    return out


def with_windows(input, kernel_size, stride):
    """Return the stride, all windows, and the largest number of each."""
    stride = kernel_size if stride is None else stride
    windows = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride)
    return stride, windows, windows.amax((-2, -1), keepdim=True)


@task.wrong(
    "Where several numbers of a window are equally large, each of them got the whole gradient. That makes gradient out"
    " of nothing: behind a ReLU a window of zeros would hand it on four times. Only the first of them gets it."
)
def all_equals_get_it(grad, input, kernel_size, stride=None):
    stride, windows, largest = with_windows(input, kernel_size, stride)
    return placed(grad, input, kernel_size, stride, (windows == largest).float())


@task.wrong(
    "Equally large numbers share the gradient. That is a fair subgradient, and what `amax` does; but max pooling in"
    " PyTorch gives all of it to the first of them, row by row."
)
def equals_share(grad, input, kernel_size, stride=None):
    stride, windows, largest = with_windows(input, kernel_size, stride)
    mask = (windows == largest).float()
    return placed(grad, input, kernel_size, stride, mask / mask.sum((-2, -1), keepdim=True))


@task.wrong(
    "Of equally large numbers the *last* one gets the gradient here. A comparison with `>=` moves on to each equal it"
    " meets; the first one should keep it."
)
def last_of_equals(grad, input, kernel_size, stride=None):
    return max_pool2d_backward(grad.flip(2, 3), *flipped(input, kernel_size, stride)).flip(2, 3)[
        :, :, : input.shape[2], : input.shape[3]
    ]


def flipped(input, kernel_size, stride):
    """Turn the page by half a turn, after its last window: then the last is the first."""
    stride = kernel_size if stride is None else stride
    H, W = ((n - kernel_size) // stride * stride + kernel_size for n in input.shape[2:])
    return input[:, :, :H, :W].flip(2, 3), kernel_size, stride


@task.wrong(
    "Where windows overlap, a pixel that is the largest of several keeps only one of its gradients: the others were"
    " written over (`out[places] = grad`). It collects them all: add."
)
def overwritten(grad, input, kernel_size, stride=None):
    stride = kernel_size if stride is None else stride
    best = input.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(-2).argmax(-1)
    out = torch.zeros_like(input)
    for i in range(grad.shape[2]):
        for j in range(grad.shape[3]):
            rows, columns = stride * i + best[:, :, i, j] // kernel_size, stride * j + best[:, :, i, j] % kernel_size
            n, c = torch.meshgrid(torch.arange(input.shape[0]), torch.arange(input.shape[1]), indexing="ij")
            out[n, c, rows, columns] = grad[:, :, i, j]
    return out


@task.wrong(
    "Every number of a window got an equal share. That is the gradient of *average* pooling. A maximum depends on one"
    " number only: moving the others a little changes nothing."
)
def as_average(grad, input, kernel_size, stride=None):
    stride, windows, _ = with_windows(input, kernel_size, stride)
    return placed(grad, input, kernel_size, stride, torch.ones_like(windows) / kernel_size**2)


@task.wrong(
    "The arriving gradient was multiplied by the largest number itself. The derivative of a maximum by its largest"
    " number is 1, however large it is: the gradient passes unchanged."
)
def times_the_maximum(grad, input, kernel_size, stride=None):
    _, _, largest = with_windows(input, kernel_size, stride)
    return max_pool2d_backward(grad * largest[..., 0, 0], input, kernel_size, stride)


@task.wrong(
    "The places are right, and what arrived is left out: each largest number got a 1. Pass on the `grad` of its window."
)
def grad_forgotten(grad, input, kernel_size, stride=None):
    return max_pool2d_backward(torch.ones_like(grad), input, kernel_size, stride)


@task.wrong(
    "Row and column within the window are exchanged. Place number b of a window that is flattened row by row lies in"
    " row `b // k` and column `b % k`."
)
def rows_and_columns_exchanged(grad, input, kernel_size, stride=None):
    stride, windows, _ = with_windows(input, kernel_size, stride)
    first = torch.zeros_like(windows).flatten(-2)
    first.scatter_(-1, windows.flatten(-2).argmax(-1, keepdim=True), 1.0)
    return placed(grad, input, kernel_size, stride, first.reshape(windows.shape).mT)


@task.wrong(
    "The result covers only the part of the page that windows reach. The gradient has the shape of the input: the rest"
    " at the right and lower border is zero, but it is there."
)
def border_cut_off(grad, input, kernel_size, stride=None):
    step = kernel_size if stride is None else stride
    H, W = (step * (n - 1) + kernel_size for n in grad.shape[2:])
    return max_pool2d_backward(grad, input, kernel_size, stride)[:, :, :H, :W]


@task.wrong(
    "The windows are taken side by side, whatever the stride. They begin `stride` apart, and with a stride below the"
    " kernel size they overlap and are more."
)
def stride_ignored(grad, input, kernel_size, stride=None):
    return max_pool2d_backward(grad, input, kernel_size)
