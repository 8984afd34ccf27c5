r"""The gradient of the mean squared error

Here is where a gradient begins: the loss says to each prediction how it should change (lesson 3, section 3).

$$L = \frac{1}{N}\sum_i (\text{input}_i - \text{target}_i)^2$$

`input` and `target` have the same shape, and $N$ is the number of **all** their elements. Write
`mse_backward(grad, input, target)`: `grad` is the gradient that arrives at the loss, one number (1, if the loss is the
end of the computation). Return the pair of gradients of `input` and of `target`.

For `input = [3., 0.]`, `target = [1., 0.]` and `grad = 1`: the loss is 2, the gradient of `input` is `[2., 0.]`, and
that of `target` `[-2., 0.]`.

Afterwards the line of lesson 3 trains on your formula. Autograd may not help you.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, numerical_gradient, swap


def mse_backward(grad, input, target):
    """Return the gradients of `input` and of `target`, where `grad` is that of their mean squared error."""
    slope = grad * 2 * (input - target) / input.numel()
    return slope, -slope


def cases(draw):
    """One number, a vector, a column, a table, a block; in float64, for finite differences."""
    f64 = torch.float64
    for shape in ((1,), (draw.randint(2, 5),), (draw.randint(2, 5), 1), draw.sizes(2, 5), (2, 3, 2)):
        grad = torch.tensor(draw.uniform(1.5, 3.0) * draw.choice((-1, 1)), dtype=f64)
        yield grad, draw.randn(*shape, dtype=f64), draw.randn(*shape, dtype=f64)


def expected(grad, input, target):
    """Ask finite differences."""
    return numerical_gradient(lambda p, t: ((p - t) ** 2).mean(), input, target, grad=grad)


def finale(mse_backward):
    """**Your formula in the library.** The patients of lesson 3; `nn.MSELoss` takes its gradient from you."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    X = torch.from_numpy(data.data).float() * len(data.data) ** 0.5
    y = torch.from_numpy(data.target).float().unsqueeze(1)
    y = (y - y.mean()) / y.std(correction=0)

    torch.manual_seed(0)
    model, criterion = torch.nn.Linear(10, 1), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with swap("mse_loss.backward", mse_backward):
        for step in range(200):
            loss = criterion(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step in (0, 1, 5, 199):
                print(f"step {step:3d}  loss {loss.item():.4f}")
    assert loss.item() < 0.49


task = Task(
    mse_backward,
    cases=cases,
    expected=expected,
    also=never_calls("backward", "requires_grad_", "mse_loss"),
    minutes=10,
    points=2,
    swap="mse_loss.backward",
    finale=finale,
    hints=(
        "Take a single element first: how does (p - t)² change when p changes? And when t changes?",
        "Three factors: the gradient that arrives, the derivative of the square, and what the mean divides by. The"
        " target stands there with a minus.",
        "The gradient of `input` is `grad` times two times the difference, divided by `numel()`; that of `target` is"
        " the same with the other sign.",
    ),
)


@task.wrong("The 2 is missing: the derivative of r² is 2r.")
def without_the_two(grad, input, target):
    slope = grad * (input - target) / input.numel()
    return slope, -slope


@task.wrong(
    "This is the gradient of the *sum* of the squares: each of the N elements moves the mean only by an Nth. Divide by"
    " the number of elements."
)
def of_the_sum(grad, input, target):
    slope = grad * 2 * (input - target)
    return slope, -slope


@task.wrong(
    "Divided by the number of rows. For a column that is right; for a table the mean runs over *all* elements, rows"
    " times columns: `numel()`."
)
def divided_by_rows(grad, input, target):
    slope = grad * 2 * (input - target) / len(input)
    return slope, -slope


@task.wrong(
    "The sign is turned round: descent would walk away from the target. The prediction stands in the difference with a"
    " plus, input - target, and so its slope is positive where it is too large."
)
def turned_round(grad, input, target):
    slope = grad * 2 * (target - input) / input.numel()
    return slope, -slope


@task.wrong(
    "The gradient that arrives is left out. As long as the loss is the end, `grad` is 1 and nobody notices; with `(3 *"
    " loss).backward()` everything must be three times as large."
)
def grad_forgotten(grad, input, target):
    slope = 2 * (input - target) / input.numel()
    return slope, -slope


@task.wrong(
    "`input` is right, but `target` has the same gradient. It stands in the difference with a minus: where a larger"
    " prediction raises the loss, a larger target lowers it."
)
def target_with_plus(grad, input, target):
    slope = grad * 2 * (input - target) / input.numel()
    return slope, slope


@task.wrong(
    "These are the squares themselves, not their slopes: the derivative of r² with respect to r is 2r, and keeps the"
    " sign of r."
)
def squares_not_slopes(grad, input, target):
    slope = grad * (input - target) ** 2 / input.numel()
    return slope, -slope


@task.wrong(
    "The right numbers are averaged to a single one. Each element has a slope of its own; a gradient has the shape of"
    " its tensor."
)
def one_number(grad, input, target):
    slope = (grad * 2 * (input - target)).mean()
    return slope, -slope
