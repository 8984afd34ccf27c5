r"""Batch normalisation

Each channel is brought to mean 0 and variance 1, over the batch and all places; then it gets a scale and a shift that
are learned. In training the numbers come from the batch at hand, later from **running** statistics that were gathered
in training: then an answer does not depend on who else is in the batch (lesson 4, section 11 and mistake 5). It was the
one remedy there that helped clearly (Ioffe and Szegedy, *Batch Normalization*, 2015).

Write the class `BatchNorm2d(num_features, eps=1e-5, momentum=0.1)`, an `nn.Module`. Its `state_dict` holds, under
PyTorch's names, so that its files can be read:

| name | what | at first |
|---|---|---|
| `weight`, `bias` | parameters, one number a channel | 1, 0 |
| `running_mean`, `running_var` | buffers, one number a channel | 0, 1 |
| `num_batches_tracked` | buffer, an int64 without dimensions | 0 |

For `x` of shape (N, C, H, W), with mean and variance by channel:

$$y = \frac{x - \mathrm{mean}}{\sqrt{\mathrm{var} + \mathrm{eps}}} \cdot \mathrm{weight} + \mathrm{bias}$$

- **In training mode** (`self.training`), mean and variance are the batch's; here the variance is the plain one, divided
  by the count n. After that, `running = (1 - momentum) * running + momentum * batch's`, where the variance is the one
  divided by n − 1, and the counter goes up by one. The gradient flows through the batch's mean and variance, but never
  into the buffers.
- **In evaluation mode**, mean and variance are the running ones, and nothing changes.

The buffers are tensors that belong to the state but get no gradient: `self.register_buffer(name, tensor)` makes one.
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, never_extends, swap

KEYS = (
    "names in the state_dict",
    "results in training mode",
    "state after that",
    "result in evaluation mode",
    "state after that, too",
    "gradient of the input",
    "running statistics need a gradient",
)


class BatchNorm2d(torch.nn.Module):
    """Normalise each channel over the batch and all places; at rest, with running statistics."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        """Make the parameters and the buffers; `num_features` is the number of channels."""
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = torch.nn.Parameter(torch.ones(num_features))
        self.bias = torch.nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        """Return the normalised batch; in training mode, also move the running statistics."""
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
            with torch.no_grad():
                n = x.numel() / x.shape[1]
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (var * n / (n - 1) - self.running_var)
                self.num_batches_tracked += 1
        else:
            mean, var = self.running_mean, self.running_var

        def by_channel(v):
            return v.reshape(-1, 1, 1)

        normed = (x - by_channel(mean)) / torch.sqrt(by_channel(var) + self.eps)
        return normed * by_channel(self.weight) + by_channel(self.bias)


def cases(draw):
    """Without training; one batch; several, of different sizes; a large eps, another momentum."""

    def batch(n, c, h, w):
        return draw.uniform(1, 3) * draw.randn(n, c, h, w) + draw.uniform(-3, 3)

    yield 1, 1e-5, 0.1, [], batch(2, 1, 1, 2)
    yield 1, 1e-5, 0.1, [batch(2, 1, 2, 1)], batch(1, 1, 2, 2)
    yield 3, 1e-5, 0.1, [batch(4, 3, 2, 3)], batch(2, 3, 3, 2)
    yield 2, 1e-5, 0.1, [batch(3, 2, 2, 2), batch(2, 2, 3, 4), batch(5, 2, 1, 2)], batch(4, 2, 2, 3)
    yield 4, 0.5, draw.uniform(0.3, 0.6), [batch(3, 4, 2, 2), batch(2, 4, 2, 3)], batch(1, 4, 3, 3)


def probe(BatchNorm2d, num_features, eps, momentum, batches, last):
    """Build the layer, train it on batches, ask it at rest, and look at its state."""
    layer = BatchNorm2d(num_features, eps=eps, momentum=momentum)
    if not isinstance(layer, torch.nn.Module):
        raise TypeError(f"BatchNorm2d(...) gives {type(layer).__name__}, not a module: derive it from nn.Module")
    names = sorted(layer.state_dict())  # type: ignore[arg-type]
    found: dict = dict.fromkeys(KEYS) | {KEYS[0]: names}
    if names != ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]:
        return found

    def state():
        return {name: value.detach().clone() for name, value in layer.state_dict().items()}

    with torch.no_grad():
        for parameter, factor in ((layer.weight, 2.0), (layer.bias, 0.5)):
            parameter += factor * torch.linspace(0.5, 1.5, num_features)
    layer.train()
    results = [layer(batch) for batch in batches]
    found |= {KEYS[1]: [detached(r) for r in results], KEYS[2]: state()}
    layer.eval()
    found |= {KEYS[3]: detached(layer(last)), KEYS[4]: state()}
    statistics = layer.running_mean, layer.running_var
    found[KEYS[6]] = any(s.requires_grad for s in statistics)
    layer.train()
    for s in statistics:
        s.detach_()
    x = last.requires_grad_()
    result = layer(x)
    if isinstance(result, torch.Tensor) and result.requires_grad:
        result.pow(3).sum().backward()
    found[KEYS[5]] = x.grad
    x.requires_grad_(False)
    return found


def detached(result):
    """Return a result without its graph, whatever it is."""
    return result.detach() if isinstance(result, torch.Tensor) else result


def finale(BatchNorm2d):
    """**Your layer in the library.** 100 pages only, as in lesson 4, section 11, with and without your layer; judged by
    more than a thousand others."""
    from sklearn.datasets import load_digits

    nn, F = torch.nn, torch.nn.functional
    data = load_digits()
    pages = F.pad(torch.from_numpy(data.images).float().unsqueeze(1) / 16, (2, 2, 2, 2))
    labels = torch.from_numpy(data.target)

    def share_of_new_digits(normed, seed):
        torch.manual_seed(seed)
        model = nn.Sequential(
            *(nn.Conv2d(1, 8, 3, padding=1), normed(8), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 16, 3, padding=1), normed(16), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(16 * 9, 64), nn.ReLU(), nn.Linear(64, 10)),
        )
        optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
        order = torch.randperm(1397)
        few, judges = order[:100], order[100:]
        for _ in range(60):
            rows = few[torch.randperm(100)[:20]]
            loss = F.cross_entropy(model(pages[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            return (model(pages[judges]).argmax(dim=1) == labels[judges]).float().mean().item()

    with swap("nn.BatchNorm2d", BatchNorm2d):
        plain = [share_of_new_digits(nn.Identity, seed) for seed in range(2)]
        yours = [share_of_new_digits(nn.BatchNorm2d, seed) for seed in range(2)]
    print("without:        ", ", ".join(f"{100 * share:.0f} %" for share in plain))
    print("with your layer:", ", ".join(f"{100 * share:.0f} %" for share in yours))
    assert sum(yours) > sum(plain)


task = Task(
    BatchNorm2d,
    cases=cases,
    probe=probe,
    also=(
        never_extends(torch.nn.BatchNorm2d),
        never_calls("batch_norm", "BatchNorm1d", "instance_norm", "group_norm", "native_batch_norm"),
    ),
    rtol=1e-3,
    atol=1e-4,
    minutes=35,
    points=5,
    swap="nn.BatchNorm2d",
    finale=finale,
    hints=(
        "Write `__init__` first and look at `BatchNorm2d(3).state_dict()`. Parameters come from `nn.Parameter`,"
        " buffers from `self.register_buffer(...)`. Then the training mode, then the other.",
        "Mean and variance go over the dimensions 0, 2 and 3, so that one number a channel remains; to meet x again it"
        " needs the shape (C, 1, 1). Two variances are wanted: `x.var(..., correction=0)` to normalise, and the one"
        " with `correction=1` for the running one.",
        "`if self.training:` mean and var of the batch, and, under `torch.no_grad()`, the three buffers moved in place;"
        " `else:` the two running ones. Below both: the formula, once.",
    ),
)


def variant(
    *, of_result=0, of_running=1, old=None, dims=(0, 2, 3), normalise=None, at_rest="running", learn="training"
):
    """Return a layer whose forward differs from the right one in some point."""

    class Variant(BatchNorm2d):
        def forward(self, x):
            if self.training or learn == "always":
                with torch.no_grad():
                    share = self.momentum if old is None else 1 - self.momentum
                    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=of_running)
                    self.running_mean += share * (mean - self.running_mean)
                    self.running_var += share * (var - self.running_var)
                    self.num_batches_tracked += 1
            if self.training or at_rest == "batch":
                mean = x.mean(dims, keepdim=True)
                var = x.var(dims, correction=of_result, keepdim=True)
            else:
                mean, var = (v.reshape(-1, 1, 1) for v in (self.running_mean, self.running_var))
            normed = (x - mean) / (torch.sqrt(var + self.eps) if normalise is None else normalise(var, self.eps))
            return normed * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)

    return Variant


def named(name, variant):
    """Give a class its name."""
    variant.__name__ = name
    return variant


task.wrong(
    "The batch is divided by the root of the variance with n − 1. In PyTorch the batch is normalised with the plain"
    " variance, divided by n (`correction=0`); only the *running* one is gathered with n − 1."
)(named("NormalisedWithoutBias", variant(of_result=1)))

task.wrong(
    "The results in training mode are right, the running variance is not: it is gathered from the variance with n − 1"
    " (`correction=1`), as the estimate for pages that are not in this batch."
)(named("BiasedRunningVariance", variant(of_running=0)))

task.wrong(
    "Old and new are exchanged in the running statistics. In PyTorch `momentum` is the share of the *new* batch: with"
    " 0.1 nine tenths of the old value stay."
)(named("MomentumExchanged", variant(old=True)))

task.wrong(
    "In evaluation mode the layer still looks at the batch. So an answer depends on who else is asked about, and a"
    " single page gets another answer than in company. At rest the running statistics count."
)(named("NeverAtRest", variant(at_rest="batch")))

task.wrong(
    "The running statistics move in evaluation mode, too: they drink from the pages that you only test on. Only"
    " training moves them."
)(named("LearnsAtRest", variant(learn="always")))

task.wrong(
    "Mean and variance are taken for each sample by itself, over its places. That is *instance* normalisation. Here"
    " the batch is part of it: dimensions 0, 2 and 3."
)(named("OverPlacesOnly", variant(dims=(2, 3))))

task.wrong(
    "`eps` stands outside the root. It belongs inside: sqrt(var + eps). For a small eps you hardly see it, until a"
    " channel has a variance near zero."
)(named("EpsOutside", variant(normalise=lambda var, eps: torch.sqrt(var) + eps)))

task.wrong("You divide by the variance. To bring the variance to 1, divide by its *root*, the standard deviation.")(
    named("DividedByTheVariance", variant(normalise=lambda var, eps: var + eps))
)


@task.wrong(
    "The running statistics are plain attributes: they are not in the `state_dict`, so a saved network forgets them"
    " and a moved one leaves them behind. `register_buffer` puts them in."
)
class NoBuffers(BatchNorm2d):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        torch.nn.Module.__init__(self)
        self.eps, self.momentum = eps, momentum
        self.weight = torch.nn.Parameter(torch.ones(num_features))
        self.bias = torch.nn.Parameter(torch.zeros(num_features))
        self.running_mean, self.running_var = torch.zeros(num_features), torch.ones(num_features)
        self.num_batches_tracked = torch.tensor(0)


@task.wrong(
    "The counter `num_batches_tracked` is there, and stays at 0. Each batch in training mode counts one; PyTorch's"
    " files hold it."
)
class DoesNotCount(BatchNorm2d):
    def forward(self, x):
        out = BatchNorm2d.forward(self, x)
        self.num_batches_tracked.zero_()
        return out


@task.wrong(
    "The numbers are right, but the running statistics hang on the graph (`requires_grad` is True): every batch stays"
    " in memory, and the second `backward` fails. Gather them under `torch.no_grad()`, or from detached values."
)
class OnTheGraph(BatchNorm2d):
    def forward(self, x):
        out = BatchNorm2d.forward(self, x)
        if self.training:
            self.running_mean = self.running_mean + 0 * self.weight
            self.running_var = self.running_var + 0 * self.weight
        return out


@task.wrong(
    "The forward results are right, and the gradient is not: mean and variance were detached, or computed under"
    " `no_grad`. They depend on every number of the batch, and the gradient must flow through them, too."
)
class StatisticsAsConstants(BatchNorm2d):
    def forward(self, x):
        if not self.training:
            return BatchNorm2d.forward(self, x)
        with torch.no_grad():
            BatchNorm2d.forward(self, x)
            mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), correction=0, keepdim=True)
        normed = (x - mean) / torch.sqrt(var + self.eps)
        return normed * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)


@task.wrong(
    "In training mode the batch is normalised with the running statistics, just moved. They lag behind, and no"
    " gradient flows through them; in training the batch's own count."
)
class RunningInTraining(BatchNorm2d):
    def forward(self, x):
        if self.training:
            with torch.no_grad():
                BatchNorm2d.forward(self, x)
        normed = (x - self.running_mean.reshape(-1, 1, 1)) / (self.running_var.reshape(-1, 1, 1) + self.eps).sqrt()
        return normed * self.weight.reshape(-1, 1, 1) + self.bias.reshape(-1, 1, 1)
