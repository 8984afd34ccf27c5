r"""A layer of your own

`nn.Linear` keeps the weights and computes $x W^\top + b$ (lesson 3, section 5). Now write it, so true that the library
can use yours in its place, and a file saved from one can be loaded by the other.

A layer is a class made from `torch.nn.Module`. The rules of that are few:

```python
class Scale(torch.nn.Module):
    def __init__(self):
        super().__init__()                               # first of all
        self.factor = torch.nn.Parameter(torch.ones(3))  # a Parameter: see below

    def forward(self, x):                                # Scale()(x) calls it
        return x * self.factor
```

What is a Parameter is found by `parameters()` and `state_dict()`; a plain tensor is not.

Write `Linear(in_features, out_features, bias=True)`:

- `weight` is a Parameter of shape (out_features, in_features), `bias` one of shape (out_features,). With `bias=False`
  it is `None`, and nothing is added.
- All their first values are drawn evenly from $-1/\sqrt{\text{in\_features}}$ to $+1/\sqrt{\text{in\_features}}$.
- `x` may have any number of dimensions; the last one has the size in_features.

`torch.empty(2, 3).uniform_(-1, 1)` is a tensor of numbers drawn evenly between -1 and 1.
"""

import math

import edutorch as torch
from edutorch.classroom import Task, swap


class Linear(torch.nn.Module):
    """A linear layer: `x @ weight.T + bias`."""

    def __init__(self, in_features, out_features, bias=True):
        """Make the parameters, with random first values."""
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight = torch.nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = torch.nn.Parameter(torch.empty(out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x):
        """Return `x` with its last dimension turned from in_features to out_features."""
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias


def cases(draw):
    """With and without a bias; single rows, tables and stacks; one layer that is large, to look at its first values."""
    n, m, rows = draw.sizes(3, 5)
    for shape, bias in (((n,), True), ((rows, n), True), ((rows, n), False), ((2, rows, n), True)):
        yield n, m, bias, draw.randn(*shape)
    yield 20, draw.randint(1000, 1100), True, None


def probe(Linear, in_features, out_features, bias, x):
    """Make a layer and look at its parameters. Then load known weights and apply it to `x`, if there is one; else look
    at the first values: of a large layer, because a few random numbers do not tell how they were drawn."""
    layer = Linear(in_features, out_features, bias=bias)
    if not isinstance(layer, torch.nn.Module):
        return layer
    shapes = {key: tuple(value.shape) for key, value in layer.state_dict().items()}
    wanted = {"weight": (out_features, in_features)} | ({"bias": (out_features,)} if bias else {})
    if x is None:
        first = {f"first values of {key}": spread(value, in_features) for key, value in layer.state_dict().items()}
        return {"state_dict": shapes} | first
    out = gradients = None
    if shapes == wanted:
        layer.load_state_dict(
            {key: torch.sin(torch.arange(math.prod(shape)) + 1.0).reshape(shape) for key, shape in wanted.items()}
        )
        out = layer(x)
        out.sum().backward()
        gradients = {key: p.grad for key, p in layer.named_parameters()}
    return {"state_dict": shapes, "output": out, "gradients": gradients}


def spread(values, in_features):
    """Say how many numbers lie between the two bounds."""
    share = values.detach() * math.sqrt(in_features)
    low, high = (round(end.item(), 1) + 0.0 for end in (share.min(), share.max()))
    if share.abs().max() > 1.0001:
        return "beyond the bounds"
    even = abs(share.std().item() - (share.max() - share.min()).item() / 12**0.5) < 0.035
    return f"{'evenly' if even else 'unevenly'} from {low} to {high} times the bound"


def finale(Linear):
    """**Your layer in the library.** Wherever the library or this cell says `torch.nn.Linear`, yours is made. Two of
    them learn from the patients of lesson 3."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    X = torch.from_numpy(data.data).float() * len(data.data) ** 0.5
    y = torch.from_numpy(data.target).float().unsqueeze(1)
    y = (y - y.mean()) / y.std(correction=0)

    torch.manual_seed(0)
    with swap("nn.Linear", Linear):
        model = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    print(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for step in range(200):
        loss = torch.nn.functional.mse_loss(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in (0, 10, 199):
            print(f"step {step:3d}  loss {loss.item():.4f}")
    assert isinstance(model[0], Linear)
    assert loss.item() < 0.5


def own_work(answer):
    """Complain of a layer that inherits the library's."""
    if isinstance(answer, type) and issubclass(answer, torch.nn.Linear):
        return "But it inherits `torch.nn.Linear`, which this task asks you to write yourself."
    return None


task = Task(
    Linear,
    cases=cases,
    probe=probe,
    also=own_work,
    minutes=30,
    points=5,
    swap="nn.Linear",
    finale=finale,
    hints=(
        "Begin with `super().__init__()` and the weight. `make(2, 3).state_dict()`, where `make` is your class, shows"
        " what the library sees of your layer.",
        "The bound depends on the number of *inputs*. Draw between minus the bound and the bound, and wrap the tensor"
        " in `torch.nn.Parameter`. Without a bias, the attribute is `None`, and `forward` has to ask.",
        "`forward` is the product with the transposed weight, which works for any number of dimensions in front, plus"
        " the bias, which is broadcast; if it is `None`, the product alone.",
    ),
)


def drawn(*shape, bound):
    return torch.nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))


@task.wrong(
    "The weight is stored as (in, out). It works, but PyTorch stores (out, in), one row for each output, and computes"
    " with the transpose: only so can saved weights be loaded here and there."
)
class StoredInOut(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = in_features**-0.5
        self.weight = drawn(in_features, out_features, bound=bound)
        self.bias = drawn(out_features, bound=bound) if bias else None

    def forward(self, x):
        return x @ self.weight if self.bias is None else x @ self.weight + self.bias


@task.wrong(
    "The library does not see the weights: `state_dict()` is empty, and so is `parameters()`, so no optimizer would"
    " train them. A plain tensor, even with `requires_grad=True`, is not a `torch.nn.Parameter`."
)
class PlainTensors(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = torch.rand(out_features, in_features).requires_grad_()
        self.bias = torch.rand(out_features).requires_grad_() if bias else None

    def forward(self, x):
        return x @ self.weight.T if self.bias is None else x @ self.weight.T + self.bias


@task.wrong(
    "The Module was not set up: `super().__init__()` has to come first in `__init__`. It prepares the places where"
    " parameters are kept."
)
class NotSetUp(Linear):
    def __init__(self, in_features, out_features, bias=True):
        self.weight = drawn(out_features, in_features, bound=in_features**-0.5)
        self.bias = drawn(out_features, bound=in_features**-0.5) if bias else None


@task.wrong(
    "The first values come from a normal distribution (`randn`), or their bound is too wide: some lie beyond the"
    " bounds. They should be drawn evenly between them, with `uniform_`."
)
class NormalValues(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        self.weight = torch.nn.Parameter(torch.randn(out_features, in_features) / math.sqrt(in_features))
        self.bias = torch.nn.Parameter(torch.randn(out_features) / math.sqrt(in_features)) if bias else None


@task.wrong(
    "The first values are all positive: `torch.rand` draws between 0 and the bound. Half of them should be negative, or"
    " every unit begins as a sum of everything; `uniform_` takes a lower end as well."
)
class PositiveValues(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        self.weight = torch.nn.Parameter(torch.rand(out_features, in_features) / math.sqrt(in_features))
        self.bias = torch.nn.Parameter(torch.rand(out_features) / math.sqrt(in_features)) if bias else None


@task.wrong(
    "The bound is computed from the number of outputs. What grows with the layer is the sum over the *inputs*, so the"
    " bound is one over the root of in_features."
)
class BoundOfOutputs(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        self.weight = drawn(out_features, in_features, bound=out_features**-0.5)
        self.bias = drawn(out_features, bound=out_features**-0.5) if bias else None


@task.wrong(
    "The root is missing: the bound is 1 / in_features. A sum of n random terms grows with the *root* of n, so this"
    " makes the outputs of a large layer vanish."
)
class RootMissing(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        self.weight = drawn(out_features, in_features, bound=1 / in_features)
        self.bias = drawn(out_features, bound=1 / in_features) if bias else None


@task.wrong(
    "All first values are zero. For a single line that works; with more layers all units of a layer would stay equal"
    " for ever. Draw them, as described."
)
class ZeroValues(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        with torch.no_grad():
            for p in self.parameters():
                p.zero_()


@task.wrong(
    "The weight's first values are as they should be, the bias begins at zero. In PyTorch's layer the bias is drawn"
    " too, between the same bounds."
)
class ZeroBias(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features, bias)
        if bias:
            with torch.no_grad():
                self.bias *= 0


@task.wrong(
    "`bias=False` makes no difference: there is a bias all the same. Then the attribute should be `None`, and nothing"
    " be added."
)
class AlwaysABias(Linear):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__(in_features, out_features)


@task.wrong(
    "The bias has the shape (1, out). It adds up to the same, but it should be (out,): it is broadcast from the right"
    " anyway, and the keys and shapes of saved weights have to agree with PyTorch's."
)
class BiasWithARow(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = in_features**-0.5
        self.weight = drawn(out_features, in_features, bound=bound)
        self.bias = drawn(1, out_features, bound=bound) if bias else None

    def forward(self, x):
        return x @ self.weight.T if self.bias is None else x @ self.weight.T + self.bias


@task.wrong("The bias is there, but `forward` forgets it: it never reaches the output, and gets no gradient.")
class BiasForgotten(Linear):
    def forward(self, x):
        return x @ self.weight.T


@task.wrong(
    "The layer is right, but it is the library's: it inherits `torch.nn.Linear`. Write the parameters and the forward"
    " yourself, on top of `torch.nn.Module`."
)
class Inherited(torch.nn.Linear):
    pass


@task.wrong(
    "`bias=False` makes `self.bias` `None`, and `forward` adds it all the same: a tensor plus `None` is a TypeError."
    " Ask whether there is a bias first."
)
class AddsNone(Linear):
    def forward(self, x):
        return x @ self.weight.T + self.bias
