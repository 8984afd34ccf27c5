"""Right answers to the tasks of chapter 6, written differently, and mistakes in other words."""

import math

import edutorch as torch

# ---- learning_rates


def rates_by_eigh(H):
    values, _ = torch.linalg.eigh(H)
    flattest, steepest = float(values[0]), float(values[-1])
    condition = steepest / flattest
    return 2.0 / steepest, 2.0 / (flattest + steepest), (condition - 1) / (condition + 1)


def rates_by_singular_values(H):
    _, s, _ = torch.linalg.svd(H)
    top, low = s[0].item(), s[-1].item()
    best = 1 / ((top + low) / 2)
    return 2 / top, best, best * top - 1


def rates_sorted(H):
    c = sorted(torch.linalg.eigvalsh(H).tolist())
    return (2 / c[-1], 2 / (c[0] + c[-1]), (c[-1] - c[0]) / (c[-1] + c[0]))


def rates_of_the_diagonal(H):
    c = sorted(torch.diag(H).tolist())
    return (2 / c[-1], 2 / (c[0] + c[-1]), (c[-1] - c[0]) / (c[-1] + c[0]))


# ---- SGD


class SGDByDictionary:
    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        self.params, self.options, self.v = [*params], (lr, momentum, nesterov), {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        lr, beta, nesterov = self.options
        with torch.no_grad():
            for i, p in enumerate(self.params):
                if p.grad is None:
                    continue
                self.v[i] = beta * self.v[i] + p.grad if i in self.v else p.grad.clone()
                p.sub_(lr * (p.grad + beta * self.v[i]) if nesterov else lr * self.v[i])


class SGDByData:
    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        self.pairs = [[p, 0.0] for p in params]
        self.lr, self.beta, self.nesterov = lr, momentum, nesterov

    def zero_grad(self):
        for p, _ in self.pairs:
            p.grad = None

    def step(self):
        for pair in self.pairs:
            p, v = pair
            if p.grad is not None:
                pair[1] = v = v * self.beta + p.grad.detach()
                p.data = p.data - self.lr * (p.grad + self.beta * v if self.nesterov else v)


class SGDInGroups(torch.optim.Optimizer):
    """On the library's frame: groups, and a state for each parameter."""

    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            lr, momentum, nesterov = group["lr"], group["momentum"], group["nesterov"]
            for p in group["params"]:
                if p.grad is not None:
                    v = self.state[p]["v"] = momentum * self.state[p].get("v", 0.0) + p.grad
                    p.add_(p.grad + momentum * v if nesterov else v, alpha=-lr)


class SGDWithMeans:
    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        self.pairs = [[p, 0.0] for p in params]
        self.lr, self.beta, self.nesterov = lr, momentum, nesterov

    def zero_grad(self):
        for p, _ in self.pairs:
            p.grad = None

    def step(self):
        for pair in self.pairs:
            p, v = pair
            if p.grad is not None:
                pair[1] = v = v + (1 - self.beta) * (p.grad - v)
                p.data -= self.lr * (p.grad + self.beta * v if self.nesterov else v)


# ---- warmup_cosine


def schedule_from_the_end(step, warmup, total, floor):
    if step >= total:
        return floor
    if step < warmup:
        return 1 - (warmup - 1 - step) / warmup
    return 1 - (1 - floor) * (1 - math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


def schedule_by_square(step, warmup, total, floor):
    """Half of 1 + cos is the square of the cosine of half the angle."""
    if warmup > step:
        return (1 + step) / warmup
    left = max(total - step, 0) / (total - warmup)
    return floor + (1 - floor) * math.sin(left * math.pi / 2) ** 2


def schedule_by_tensor(step, warmup, total, floor):
    if step + 1 <= warmup:
        return (step + 1) / warmup
    share = torch.tensor((step - warmup) / (total - warmup), dtype=torch.float64).clamp(max=1)
    return torch.lerp(
        torch.tensor(floor, dtype=torch.float64), torch.ones(()).double(), (1 + (torch.pi * share).cos()) / 2
    ).item()


def schedule_from_nothing(step, warmup, total, floor):
    return step / warmup if step < warmup else schedule_from_the_end(step, warmup, total, floor)


# ---- clip_gradients


def clip_by_one_vector(parameters, max_norm):
    having = [p for p in parameters if p.grad is not None]
    length = torch.cat([p.grad.flatten() for p in having]).norm()
    for p in having:
        p.grad.mul_((max_norm / length).clamp(max=1.0))
    return length.item()


def clip_by_norm_of_norms(parameters, max_norm):
    kept = list(parameters)
    norms = torch.stack([torch.linalg.vector_norm(p.grad) for p in kept if p.grad is not None])
    length = float(torch.linalg.vector_norm(norms))
    for p in kept:
        if p.grad is not None:
            p.grad = p.grad * min(1.0, max_norm / length)
    return length


def clip_by_hypot(parameters, max_norm):
    kept = [p for p in parameters if p.grad is not None]
    length = math.hypot(*(number for p in kept for number in p.grad.flatten().tolist()))
    if max_norm < length:
        for p in kept:
            p.grad.div_(length / max_norm)
    return length


def clip_one_by_one(parameters, max_norm):
    total = 0.0
    for p in parameters:
        if p.grad is not None:
            length = p.grad.norm().item()
            total += length**2
            if length > max_norm:
                p.grad.mul_(max_norm / length)
    return math.sqrt(total)


# ---- Adam


class AdamRearranged:
    """Both corrections are numbers, taken out of the array arithmetic."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.kept = [(p, torch.zeros_like(p), torch.zeros_like(p)) for p in params]
        self.lr, (self.b1, self.b2), self.eps, self.steps = lr, betas, eps, 0

    def zero_grad(self):
        for p, *_ in self.kept:
            p.grad = None

    def step(self):
        self.steps += 1
        one, two = 1 - self.b1**self.steps, 1 - self.b2**self.steps
        for p, m, v in self.kept:
            if p.grad is None:
                continue
            with torch.no_grad():
                m += (1 - self.b1) * (p.grad - m)
                v += (1 - self.b2) * (p.grad * p.grad - v)
                p -= (self.lr / one) * m / (v.sqrt() / two**0.5 + self.eps)


class AdamByDictionary:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.options, self.state = tuple(params), (lr, *betas, eps), {}

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        lr, b1, b2, eps = self.options
        for p in self.params:
            g = p.grad
            if g is None:
                continue
            t, m, v = self.state.get(p, (0, 0.0, 0.0))
            t, m, v = t + 1, b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g.square()
            self.state[p] = t, m, v
            p.add_(-lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)) ** 0.5 + eps))


class AdamWithProducts:
    """The powers of the betas are carried along."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.m, self.v = ([torch.zeros(p.shape) for p in self.params] for _ in range(2))
        self.left = [1.0, 1.0]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        self.left = [left * beta for left, beta in zip(self.left, self.betas, strict=True)]
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.m[i] = torch.lerp(p.grad, self.m[i], self.betas[0])
                self.v[i] = torch.lerp(p.grad**2, self.v[i], self.betas[1])
                up, down = self.m[i] / (1 - self.left[0]), (self.v[i] / (1 - self.left[1])).sqrt()
                p.data -= self.lr * up / (down + self.eps)


class AdamWithoutCorrection(AdamByDictionary):
    @torch.no_grad()
    def step(self):
        lr, b1, b2, eps = self.options
        for p in self.params:
            if p.grad is not None:
                m, v = self.state.get(p, (0.0, 0.0))
                self.state[p] = m, v = b1 * m + (1 - b1) * p.grad, b2 * v + (1 - b2) * p.grad**2
                p -= lr * m / (v**0.5 + eps)


# ---- decay_groups


def groups_in_a_loop(model, weight_decay):
    first, second = [], []
    for p in model.parameters():
        if p.requires_grad:
            (first if p.ndim > 1 else second).append(p)
    return [dict(params=first, weight_decay=weight_decay), dict(params=second, weight_decay=0)]


def groups_filtered(model, weight_decay):
    learned = list(filter(lambda p: p.requires_grad, model.parameters()))
    decays = {id(p) for p in learned if len(p.shape) >= 2}
    return [
        {"params": [p for p in learned if id(p) in decays], "weight_decay": weight_decay},
        {"weight_decay": 0.0, "params": [p for p in learned if id(p) not in decays]},
    ]


def groups_by_modules(model, weight_decay):
    matrices, others = [], []
    for module in model.modules():
        for name, p in module.named_parameters(recurse=False):
            if p.requires_grad and name == "weight" and isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
                matrices.append(p)
            elif p.requires_grad:
                others.append(p)
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def groups_by_ending(model, weight_decay):
    learned = {name: p for name, p in model.named_parameters() if p.requires_grad}
    return [
        {"params": [p for name, p in learned.items() if name.endswith("weight")], "weight_decay": weight_decay},
        {"params": [p for name, p in learned.items() if name.endswith("bias")], "weight_decay": 0.0},
    ]


# ---- step_in_parts


def parts_by_sums(model, optimizer, x, y, size):
    optimizer.zero_grad()
    losses = []
    for start in range(0, len(x), size):
        wrong = model(x[start : start + size]) - y[start : start + size]
        loss = wrong.pow(2).sum() / y.numel()
        loss.backward()
        losses.append(loss.item())
    optimizer.step()
    return sum(losses)


def parts_by_chunks_of_indices(model, optimizer, x, y, size):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = None
    mean = 0.0
    for rows in torch.arange(len(x)).split(size):
        part = torch.nn.functional.mse_loss(model(x[rows]), y[rows], reduction="sum").div(y.numel())
        part.backward()
        mean = mean + float(part.detach())
    optimizer.step()
    return mean


def parts_scaled_afterwards(model, optimizer, x, y, size):
    optimizer.zero_grad()
    total = 0.0
    done = 0
    while done < len(x):
        rows, targets = x[done : done + size], y[done : done + size]
        loss = torch.nn.functional.mse_loss(model(rows), targets) * len(rows)
        loss.backward()
        total += loss.item()
        done += size
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad /= len(x)
    optimizer.step()
    return total / len(x)


def parts_of_equal_weight(model, optimizer, x, y, size):
    optimizer.zero_grad()
    losses = []
    for start in range(0, len(x), size):
        losses.append(torch.nn.functional.mse_loss(model(x[start : start + size]), y[start : start + size]).item())
        part = torch.nn.functional.mse_loss(model(x[start : start + size]), y[start : start + size])
        (part / math.ceil(len(x) / size)).backward()
    optimizer.step()
    return sum(losses) / len(losses)


# ---- answers as a newcomer gave them, in the browser


def parts_with_the_loss_beforehand(model, optimizer, x, y, size):
    loss = sum(
        torch.nn.functional.mse_loss(model(x[i : i + size]), y[i : i + size]).item() * len(x[i : i + size])
        for i in range(0, len(x), size)
    )
    optimizer.zero_grad()
    for i in range(0, len(x), size):
        (torch.nn.functional.mse_loss(model(x[i : i + size]), y[i : i + size], reduction="sum") / y.numel()).backward()
    optimizer.step()
    return loss / len(x)


def parts_with_one_backward(model, optimizer, x, y, size):
    optimizer.zero_grad()
    losses = [
        torch.nn.functional.mse_loss(model(x[i : i + size]), y[i : i + size], reduction="sum")
        for i in range(0, len(x), size)
    ]
    loss = sum(losses) / y.numel()
    loss.backward()
    optimizer.step()
    return loss.item()


def two_bare_lists(model, weight_decay):
    learned = [p for p in model.parameters() if p.requires_grad]
    return [p for p in learned if p.dim() >= 2], [p for p in learned if p.dim() < 2]


class AdamWithNewNames:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.weights, self.lr, self.t = list(params), lr, 0

    def zero_grad(self):
        for p in self.weights:
            p.grad = None

    @torch.no_grad()
    def step(self):
        for p in self.weights:
            if p.grad is not None:
                p = p - self.lr * p.grad.sign()


RIGHT = {
    "learning_rates": [rates_by_eigh, rates_by_singular_values, rates_sorted],
    "SGD": [SGDByDictionary, SGDByData, SGDInGroups],
    "warmup_cosine": [schedule_from_the_end, schedule_by_square, schedule_by_tensor],
    "clip_gradients": [clip_by_one_vector, clip_by_norm_of_norms, clip_by_hypot],
    "Adam": [AdamRearranged, AdamByDictionary, AdamWithProducts],
    "decay_groups": [groups_in_a_loop, groups_filtered, groups_by_modules],
    "step_in_parts": [
        parts_by_sums,
        parts_by_chunks_of_indices,
        parts_scaled_afterwards,
        parts_with_the_loss_beforehand,
    ],
}

REWORDED = {
    "learning_rates": {"along_the_axes": [rates_of_the_diagonal]},
    "SGD": {"RunningMean": [SGDWithMeans]},
    "warmup_cosine": {"begins_at_zero": [schedule_from_nothing]},
    "clip_gradients": {"each_by_itself": [clip_one_by_one]},
    "Adam": {"Uncorrected": [AdamWithoutCorrection], "NameMoved": [AdamWithNewNames]},
    "decay_groups": {"by_name": [groups_by_ending], "bare_lists": [two_bare_lists]},
    "step_in_parts": {"divided_by_parts": [parts_of_equal_weight], "one_backward": [parts_with_one_backward]},
}
