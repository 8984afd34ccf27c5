r"""The gradients of a convolution

This is the work behind every training step of a convolutional network, and two thirds of its time. Lesson 4, section 5,
showed the weight's gradient for one page. Now all three, for real inputs.

`out = conv2d(input, weight, bias, stride, padding)` has a value at each place i, j of each map f:

$$\mathrm{out}_{n,f,i,j} = b_f + \sum_{c,a,b} w_{f,c,a,b} \; x_{n,c,\,s i + a - p,\,s j + b - p}$$

Write `conv2d_backward(grad, input, weight, bias=None, stride=1, padding=0)`. `grad` is the gradient that arrives at
`out`, of shape (N, F, H', W'). Return three gradients: of `input` (N, C, H, W), of `weight` (F, C, h, w) and of `bias`
(F,), or `None` in its place if there is no bias.

The formula tells it all: each weight meets many pixels, each pixel meets many weights; both collect one term from every
product in which they stand.

A loop over the h · w places within the kernel is fine. Loops over samples, maps or the places of the page are too slow
for the network at the end, which learns with your function. Autograd may not help; neither may `conv_transpose2d`,
which *is* the gradient of the input.

With one pixel `[[2.]]`, one weight `[[3.]]` and `grad = [[10.]]`: the input gets 30, the weight 20, the bias 10.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient, swap


def conv2d_backward(grad, input, weight, bias=None, stride=1, padding=0):
    """Return the gradients of `input`, `weight` and `bias`, where `grad` is the gradient of the convolution."""
    H, W = input.shape[2:]
    x = torch.nn.functional.pad(input, (padding,) * 4)
    dx, dw = torch.zeros_like(x), torch.zeros_like(weight)
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            rows = slice(a, a + stride * (grad.shape[2] - 1) + 1, stride)
            columns = slice(b, b + stride * (grad.shape[3] - 1) + 1, stride)
            met = x[:, :, rows, columns]  # the pixels that this weight meets, one for each place of the output
            dw[:, :, a, b] = torch.einsum("nfij,ncij->fc", grad, met)
            dx[:, :, rows, columns] += torch.einsum("nfij,fc->ncij", grad, weight[:, :, a, b])
    dx = dx[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, None if bias is None else grad.sum((0, 2, 3))


def cases(draw):
    """One product, one window, overlapping windows; filters, channels, batches; stride, padding, all of them."""
    f64 = torch.float64

    def case(n, c, f, page, kernel, stride=1, padding=0, bias=True):
        size = [(p + 2 * padding - k) // stride + 1 for p, k in zip(page, kernel, strict=True)]
        x, w = draw.randn(n, c, *page, dtype=f64), draw.randn(f, c, *kernel, dtype=f64)
        return draw.randn(n, f, *size, dtype=f64), x, w, draw.randn(f, dtype=f64) if bias else None, stride, padding

    n, c, f = draw.sizes(3, 4)
    yield case(1, 1, 1, (1, 1), (1, 1))
    yield case(1, 1, 1, (2, 3), (2, 3))
    yield case(1, 1, 1, (3, 4), (2, 2))
    yield case(2, 1, 1, (3, 3), (2, 2))
    yield case(1, c, f, (3, 4), (2, 3))
    yield case(n, c, f, (3, 3), (3, 2))
    yield case(1, 1, 2, (4, 5), (2, 2), stride=2)
    yield case(1, 2, 1, (3, 4), (3, 3), padding=1)
    yield case(2, 1, 2, (5, 4), (3, 2), stride=2, padding=1, bias=False)


def expected(grad, input, weight, bias=None, stride=1, padding=0):
    """Ask finite differences."""

    def forward(x, w, b):
        return torch.nn.functional.conv2d(x, w, b, stride, padding)

    return numerical_gradient(forward, input, weight, bias, grad=grad)


def finale(conv2d_backward):
    """**Your gradient in the library.** The network of lesson 4, section 9, learns its digits; forward it computes with
    the library, backward with you."""
    from sklearn.datasets import load_digits

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 3 * 3, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    with swap("conv2d.backward", conv2d_backward):
        for _ in range(120):
            rows = torch.randint(0, 1397, (32,))
            loss = F.cross_entropy(model(pages[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    share = (model(pages[1397:]).argmax(dim=1) == labels[1397:]).float().mean().item()
    print(f"digits it has never seen, read rightly: {100 * share:.1f} %")
    assert share > 0.85


task = Task(
    conv2d_backward,
    cases=cases,
    expected=expected,
    also=never_calls(
        "backward", "autograd", "requires_grad_", "vjp", "conv_transpose2d", "conv2d_input", "conv2d_weight"
    ),
    minutes=60,
    points=8,
    swap="conv2d.backward",
    finale=finale,
    hints=(
        "Fix one weight, at row a and column b of the kernel. Which pixels does it meet, for i = 0, 1, 2 …? A slice of"
        " the padded page with a step. What arrives from the place where it met that pixel? `grad` at i, j.",
        "That weight collects the sum over samples and places of `grad` times the pixels it met. The same slice of the"
        " input's gradient collects `grad` times the weight, summed over the filters. The bias stands in every place:"
        " sum.",
        "Work on the padded page and cut the padding off at the end. In the loop over a and b: `dw[:, :, a, b] =` an"
        " einsum `nfij,ncij->fc`, and `dx[:, :, rows, columns] +=` an einsum `nfij,fc->ncij`, with `rows = slice(a, a"
        " + stride * (H_out - 1) + 1, stride)`.",
    ),
)


@task.wrong(
    "All three are right for one sample, and `weight` and `bias` are divided by the batch size for more. The mean over"
    " a batch belongs to the loss, which has already put it into `grad`; here every sample's share is added."
)
def mean_over_the_batch(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dx, dw / len(input), None if db is None else db / len(input)


@task.wrong(
    "In the input's gradient the windows overwrite each other: where they overlap, a pixel keeps what the last of them"
    " sent. It stood in all of them, so their shares add up: `+=`, not `=`."
)
def overwritten(grad, input, weight, bias=None, stride=1, padding=0):
    _, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    H, W = input.shape[2:]
    dx = torch.zeros_like(torch.nn.functional.pad(input, (padding,) * 4))
    for a in range(weight.shape[2]):
        for b in range(weight.shape[3]):
            rows = slice(a, a + stride * (grad.shape[2] - 1) + 1, stride)
            columns = slice(b, b + stride * (grad.shape[3] - 1) + 1, stride)
            dx[:, :, rows, columns] = torch.einsum("nfij,fc->ncij", grad, weight[:, :, a, b])
    return dx[:, :, padding : padding + H, padding : padding + W], dw, db


@task.wrong(
    "The input's gradient still has its padding: it has the shape of the padded page. The zeros around it are no part"
    " of the input; what they collected is cut off."
)
def padding_left_on(grad, input, weight, bias=None, stride=1, padding=0):
    return conv2d_backward(grad, torch.nn.functional.pad(input, (padding,) * 4), weight, bias, stride)


@task.wrong(
    "The weight's gradient is turned by half a turn. Weight (a, b) meets the pixel at (s·i + a, s·j + b), forward and"
    " backward alike. A turn comes in only if you write the *input's* gradient as a convolution."
)
def weight_gradient_turned(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dx, dw.flip(2, 3), db


@task.wrong(
    "In the input's gradient each weight stands in the place of its mirror image: the kernel was turned once too"
    " often, or, if you wrote it as a convolution, not at all. A pixel gets through weight (a, b) what arrived at the"
    " place where that weight lay on it."
)
def kernel_the_other_way_round(grad, input, weight, bias=None, stride=1, padding=0):
    _, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return conv2d_backward(grad, input, weight.flip(2, 3), bias, stride, padding)[0], dw, db


@task.wrong(
    "The stride is left out of the bookkeeping: the arriving gradients are laid side by side on the page. Place i of"
    " the output looked at the pixels from stride · i on."
)
def stride_forgotten(grad, input, weight, bias=None, stride=1, padding=0):
    _, _, h, w = weight.shape
    H, W = input.shape[2:]
    x = torch.nn.functional.pad(input, (padding,) * 4)
    dx, dw = torch.zeros_like(x), torch.zeros_like(weight)
    for a in range(h):
        for b in range(w):
            rows, columns = slice(a, a + grad.shape[2]), slice(b, b + grad.shape[3])
            dw[:, :, a, b] = torch.einsum("nfij,ncij->fc", grad, x[:, :, rows, columns])
            dx[:, :, rows, columns] += torch.einsum("nfij,fc->ncij", grad, weight[:, :, a, b])
    dx = dx[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, None if bias is None else grad.sum((0, 2, 3))


@task.wrong(
    "The bias gets the *mean* of what arrives at its map. It was added at every place of every sample, once each: so it"
    " collects the sum."
)
def bias_mean(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dx, dw, None if db is None else grad.mean((0, 2, 3))


@task.wrong(
    "The bias has a gradient for each sample. All samples used the same bias, so their shares add up to the shape (F,)."
)
def bias_for_each_sample(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dx, dw, None if db is None else grad.sum((2, 3))


@task.wrong(
    "The gradients are in another order: that of `input` comes first, then `weight`, then `bias`, as the arguments of"
    " the forward function stand."
)
def weight_first(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, db = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dw, dx, db


@task.wrong(
    "What arrives is left out: these are the gradients of `out.sum()`. Each share is a product of `grad` at that place"
    " with the weight, or with the pixel."
)
def grad_forgotten(grad, input, weight, bias=None, stride=1, padding=0):
    return conv2d_backward(torch.ones_like(grad), input, weight, bias, stride, padding)


@task.wrong("Without a bias, `bias=None`, there is nothing to return a gradient for: the third value should be `None`.")
def gradient_of_no_bias(grad, input, weight, bias=None, stride=1, padding=0):
    dx, dw, _ = conv2d_backward(grad, input, weight, bias, stride, padding)
    return dx, dw, grad.sum((0, 2, 3))


@task.wrong(
    "Without padding the input's gradient comes out empty: `dx[padding:-padding]` is `dx[0:0]` there, because -0 is 0."
    " Cut from `padding` to `padding` plus the input's size."
)
def cut_to_minus_zero(grad, input, weight, bias=None, stride=1, padding=0):
    padded = torch.nn.functional.pad(input, (padding,) * 4)
    dx, dw, db = conv2d_backward(grad, padded, weight, bias, stride)
    return dx[:, :, padding:-padding, padding:-padding], dw, db
