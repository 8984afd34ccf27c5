r"""Backward through batch normalisation

Everybody writes the forward pass in five lines. Backward, a number of the batch acts in three ways: directly, through
the batch's mean, and through its variance. Leave one out and the network still learns, only worse; no error will tell
you.

With n numbers in a channel (n = N · H · W), and for each channel

$$\mu = \frac1n \sum x, \quad \sigma^2 = \frac1n \sum (x - \mu)^2, \quad
\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \mathrm{eps}}}, \quad y = w\,\hat x + b,$$

write `batch_norm_backward(grad, input, weight, eps)`. `grad` is the gradient that arrives at y, of shape (N, C, H, W)
as `input`; `weight` has the shape (C,). Return the gradients of `input`, of `weight` and of the bias.

Take it step by step, as autograd would: first the gradient of $\hat x$, then that of $\sigma^2$, then that of $\mu$,
then all three ways to x. You may stop there. On paper it becomes shorter: two means that are subtracted.

A check that you can do yourself: add the same number to all of a channel, and nothing changes in y. So the gradient of
the input must sum to **zero** in each channel.

Autograd may not help.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient, swap


def batch_norm_backward(grad, input, weight, eps):
    """Return the gradients of `input`, `weight` and the bias; `grad` is that of the normalised batch."""
    dims = (0, 2, 3)

    def mean(v):
        return v.mean(dims, keepdim=True)

    centred = input - mean(input)
    std = torch.sqrt(mean(centred**2) + eps)
    normed = centred / std
    g = grad * weight.reshape(-1, 1, 1)  # what arrives at `normed`
    dx = (g - mean(g) - normed * mean(g * normed)) / std
    return dx, (grad * normed).sum(dims), grad.sum(dims)


def cases(draw):
    """Two numbers, a channel, several; a large eps; channels of different sizes."""
    f64 = torch.float64

    def case(n, c, h, w, eps=1e-5):
        x = draw.uniform(1.5, 3) * draw.randn(n, c, h, w, dtype=f64) + draw.uniform(1, 2)
        return draw.randn(n, c, h, w, dtype=f64) + 0.5, x, draw.rand(c, dtype=f64) + 1.5, eps

    yield case(1, 1, 1, 3)
    yield case(3, 1, 1, 2)
    yield case(2, 2, 2, 2)
    yield case(2, 3, 2, 1, eps=0.5)
    yield case(3, 2, 3, 2, eps=draw.uniform(0.1, 0.3))


def expected(grad, input, weight, eps):
    """Ask finite differences."""

    def forward(x, w, b):
        return torch.nn.functional.batch_norm(x, None, None, w, b, training=True, eps=eps)

    return numerical_gradient(forward, input, weight, torch.zeros_like(weight), grad=grad)


def finale(batch_norm_backward):
    """**Your gradient in the library.** It calls its gradient with all the arguments of `F.batch_norm`, so a small
    function stands between. The network learns 500 digits."""
    from sklearn.datasets import load_digits

    def gradient(grad, input, running_mean, running_var, weight, bias, training, momentum, eps):
        dx, dw, db = batch_norm_backward(grad, input, weight, eps)
        return dx, None, None, dw, db

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * 9, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with swap("batch_norm.backward", gradient):
        for _ in range(100):
            rows = torch.randint(0, 500, (32,))
            loss = F.cross_entropy(model(pages[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    share = (model(pages[1397:]).argmax(dim=1) == labels[1397:]).float().mean().item()
    print(f"digits it has never seen, read rightly: {100 * share:.1f} %")
    assert share > 0.85


task = Task(
    batch_norm_backward,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "autograd", "requires_grad_", "vjp", "batch_norm", "native_batch_norm_backward"),
    minutes=45,
    points=7,
    swap="batch_norm.backward",
    finale=finale,
    hints=(
        "The bias and the weight are the easy ones: each was used at all places of its channel. For the input, write"
        " the forward pass in small steps (mean, centred, variance, std, normed) and go back through them one by one.",
        "What arrives at `normed` is `grad * weight`. From there it goes to `centred` twice: through the quotient, and"
        " through the variance. What has arrived at `centred` goes to x directly, and through the mean, from which"
        " every x gets the same share.",
        "It all comes to `(g - mean of g - normed * mean of (g * normed)) / std`, with `g = grad * weight` and means"
        " over (0, 2, 3) that keep their dimensions; `std` is the root of variance plus eps.",
    ),
)


def parts(grad, input, weight, eps, correction=0):
    """Return what arrives at the normalised values, these, the standard deviation, and a mean by channel."""
    dims = (0, 2, 3)
    std = torch.sqrt(input.var(dims, correction=correction, keepdim=True) + eps)
    normed = (input - input.mean(dims, keepdim=True)) / std
    return grad * weight.reshape(-1, 1, 1), normed, std, lambda v: v.mean(dims, keepdim=True)


@task.wrong(
    "Mean and variance are treated as constants in the input's gradient: only the direct way is there. They are made"
    " from the input, and move with it."
)
def statistics_as_constants(grad, input, weight, eps):
    g, _, std, _ = parts(grad, input, weight, eps)
    return g / std, *batch_norm_backward(grad, input, weight, eps)[1:]


@task.wrong(
    "The way through the variance is missing. The input's gradient sums to zero in each channel, so the mean is in it;"
    " but a number far from the mean also widens the variance, which shrinks all others."
)
def variance_as_constant(grad, input, weight, eps):
    g, _, std, mean = parts(grad, input, weight, eps)
    return (g - mean(g)) / std, *batch_norm_backward(grad, input, weight, eps)[1:]


@task.wrong(
    "The way through the mean is missing. Add up the input's gradient in a channel: it should come to zero, because"
    " adding the same number to all changes nothing."
)
def mean_as_constant(grad, input, weight, eps):
    g, normed, std, mean = parts(grad, input, weight, eps)
    return (g - normed * mean(g * normed)) / std, *batch_norm_backward(grad, input, weight, eps)[1:]


@task.wrong(
    "The weight is left out of the input's gradient. What arrives at the normalised values is `grad` times the scale"
    " of their channel."
)
def weight_forgotten(grad, input, weight, eps):
    return batch_norm_backward(grad, input, torch.ones_like(weight), eps)


@task.wrong(
    "The gradients of weight and bias are means. One weight was used at all n places of its channel, so its shares add"
    " up."
)
def means_for_the_parameters(grad, input, weight, eps):
    dx, dw, db = batch_norm_backward(grad, input, weight, eps)
    n = input.numel() / input.shape[1]
    return dx, dw / n, db / n


@task.wrong(
    "The weight's gradient is made with the input as it came in. The weight multiplies the *normalised* values, so it"
    " is those that stand beside `grad` in the sum."
)
def raw_input_for_the_weight(grad, input, weight, eps):
    dx, _, db = batch_norm_backward(grad, input, weight, eps)
    return dx, (grad * input).sum((0, 2, 3)), db


@task.wrong(
    "The means go over the batch alone, for each place by itself. Here a channel has *one* mean and one variance, over"
    " batch and places: dimensions 0, 2 and 3."
)
def means_over_the_batch_alone(grad, input, weight, eps):
    g, normed, std, _ = parts(grad, input, weight, eps)
    dx = (g - g.mean(0, keepdim=True) - normed * (g * normed).mean(0, keepdim=True)) / std
    return dx, *batch_norm_backward(grad, input, weight, eps)[1:]


@task.wrong(
    "The sums over the channel are subtracted where their *means* belong: each number contributed only 1/n to the mean"
    " and to the variance."
)
def sums_for_means(grad, input, weight, eps):
    g, normed, std, mean = parts(grad, input, weight, eps)
    n = input.numel() / input.shape[1]
    return (g - n * mean(g) - normed * n * mean(g * normed)) / std, *batch_norm_backward(grad, input, weight, eps)[1:]


@task.wrong(
    "The variance is the one with n − 1 (`var` without `correction=0`). Batch normalisation divides by n when it"
    " normalises."
)
def unbiased_variance(grad, input, weight, eps):
    g, normed, std, mean = parts(grad, input, weight, eps, correction=1)
    dx = (g - mean(g) - normed * mean(g * normed)) / std
    return dx, (grad * normed).sum((0, 2, 3)), grad.sum((0, 2, 3))


@task.wrong(
    "`eps` is left out backward. Forward it stands under the root, so it belongs to the `std` by which you divide here"
    " as well."
)
def eps_forgotten(grad, input, weight, eps):
    return batch_norm_backward(grad, input, weight, 0.0)


@task.wrong(
    "You divide by the variance, not by its root: once too often. Each of the three ways goes through `normed`, which"
    " is divided by the standard deviation once."
)
def divided_by_the_variance(grad, input, weight, eps):
    dx, dw, db = batch_norm_backward(grad, input, weight, eps)
    return dx / parts(grad, input, weight, eps)[2], dw, db
