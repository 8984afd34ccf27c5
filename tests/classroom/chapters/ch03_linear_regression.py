"""Right answers to the tasks of chapter 3, written differently, and mistakes in other words."""

import math

import edutorch as torch

# ---- standardize


def by_columns(train, other):
    columns = []
    for j in range(train.shape[1]):
        column = train[:, j]
        mean = column.sum() / len(column)
        root = (((column - mean) ** 2).sum() / len(column)).sqrt()
        divisor = root if root > 0 else 1.0
        columns.append(((column - mean) / divisor, (other[:, j] - mean) / divisor))
    mine, theirs = zip(*columns, strict=True)
    return torch.stack(mine, dim=1), torch.stack(theirs, dim=1)


def with_masked_fill(train, other):
    std = train.var(0, correction=0, keepdim=True).sqrt()
    std = std.masked_fill(std == 0, 1.0)
    return tuple((table - train.mean(0, keepdim=True)) / std for table in (train, other))


def centred_first(train, other):
    mean = train.mean(0)
    train, other = train - mean, other - mean
    power = train.square().mean(0).sqrt()
    power[power == 0] = 1
    return train / power, other / power


def scaled_by_itself(train, other):
    def scaled(table):
        std = table.std(0, correction=0)
        return (table - table.mean(0)) / torch.where(std > 0, std, torch.ones_like(std))

    return scaled(train), scaled(other)


# ---- mse_backward


def by_halves(grad, input, target):
    r = input - target
    return (r + r) * (grad / r.numel()), (target - input) * (2 * grad / r.numel())


def product_of_shape(grad, input, target):
    factor = 2 / math.prod(input.shape)
    return factor * grad * input - factor * grad * target, factor * grad * target - factor * grad * input


def through_the_mean(grad, input, target):
    each = (grad / input.numel()).expand(input.shape)
    dr = each * 2 * (input - target)
    return dr, dr * -1


def mean_over_rows(grad, input, target):
    r = (input - target) / input.shape[0]
    return grad * (r + r), -grad * (r + r)


# ---- least_squares_line


def by_lstsq(X, y):
    A = torch.cat([X, torch.ones_like(X[:, :1])], 1)
    u = torch.linalg.lstsq(A, y).solution
    return u[:-1], u[-1]


def by_centring(X, y):
    mean_x, mean_y = X.mean(0, keepdim=True), y.mean(0)
    Z = X - mean_x
    w = torch.linalg.solve(Z.T @ Z, Z.T @ (y - mean_y))
    return w, mean_y - (mean_x @ w).flatten()


def by_the_inverse(X, y):
    A = torch.cat([torch.ones(len(X), 1, dtype=X.dtype), X], dim=1)
    u = torch.linalg.inv(A.T @ A) @ A.T @ y
    return u[1:], u[0]


def by_pseudo_inverse(X, y):
    u = torch.linalg.pinv(torch.cat([X, torch.ones(X.shape[0], 1, dtype=X.dtype)], dim=1)) @ y
    return u[: X.shape[1]], u[X.shape[1]]


def origin_by_lstsq(X, y):
    return torch.linalg.lstsq(X, y).solution, torch.zeros(1, dtype=X.dtype)


# ---- ridge_gradient


def by_means(X, y, w, b, penalty):
    r = X @ w + b - y
    return 2 * (X * r).mean(dim=0).unsqueeze(1) + penalty * w, 2 * r.mean(dim=0)


def with_a_column_of_ones(X, y, w, b, penalty):
    A = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1)
    u = torch.cat([w, b.reshape(1, 1)])
    rent = penalty * torch.cat([w, torch.zeros(1, 1, dtype=X.dtype)])
    g = 2 / len(X) * (A.T @ A @ u - A.T @ y) + rent
    return g[:-1], g[-1]


def row_by_row(X, y, w, b, penalty):
    dw, db = penalty * w, torch.zeros_like(b)
    for i in range(len(X)):
        r = (X[i] * w[:, 0]).sum() + b - y[i]
        dw, db = dw + 2 / len(X) * (r * X[i]).unsqueeze(1), db + 2 / len(X) * r
    return dw, db


def rent_for_all(X, y, w, b, penalty):
    r = X @ w + b - y
    return 2 * X.T @ r / len(X) + penalty * w, 2 * r.mean(dim=0) + penalty * b


# ---- k_folds


def by_tensor_split(order, k):
    pieces = torch.tensor_split(order, k)
    return [(torch.cat(pieces[:i] + pieces[i + 1 :]), pieces[i]) for i in range(k)]


def by_masks(order, k):
    sizes = [len(order) // k + (i < len(order) % k) for i in range(k)]
    fold = torch.tensor([i for i, size in enumerate(sizes) for _ in range(size)])
    return [(order[fold != i], order[fold == i]) for i in range(k)]


def by_lists(order, k):
    rows, pieces = order.tolist(), []
    for left in range(k, 0, -1):
        size = math.ceil(len(rows) / left)
        pieces.append(rows[:size])
        rows = rows[size:]
    pairs = []
    for piece in pieces:
        others = [row for row in order.tolist() if row not in piece]
        pairs.append((torch.tensor(others), torch.tensor(piece)))
    return pairs


def examined_on_what_was_seen(order, k):
    return [(order.clone(), piece) for piece in order.tensor_split(k)]


# ---- minibatches


def by_split(X, y, batch_size):
    for rows in torch.randperm(len(X)).split(batch_size):
        yield X[rows], y[rows]


def as_a_list(X, y, batch_size):
    order = torch.rand(len(X)).argsort()
    return [(X[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(X), batch_size)]


def shuffled_copies(X, y, batch_size):
    order = torch.randperm(len(y))
    return zip(X[order].split(batch_size), y[order].split(batch_size), strict=True)


def while_rows_are_left(X, y, batch_size):
    left = torch.randperm(len(X))
    while len(left):
        rows, left = left[:batch_size], left[batch_size:]
        yield X.index_select(0, rows), y.index_select(0, rows)


def two_shuffles(X, y, batch_size):
    X, y = X[torch.randperm(len(X))], y[torch.randperm(len(y))]
    return zip(X.split(batch_size), y.split(batch_size), strict=True)


# ---- Linear


class WithFunctional(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = in_features**-0.5
        self.weight = torch.nn.Parameter((2 * torch.rand(out_features, in_features) - 1) * bound)
        self.register_parameter("bias", None)
        if bias:
            self.bias = torch.nn.Parameter((2 * torch.rand(out_features) - 1) * bound)

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias)


class WithInit(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(out_features, in_features))
        self.bias = torch.nn.Parameter(torch.zeros(out_features)) if bias else None
        for p in self.parameters():
            torch.nn.init.uniform_(p, -1 / math.sqrt(in_features), 1 / math.sqrt(in_features))

    def forward(self, x):
        out = torch.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            out = out + self.bias
        return out


class BySums(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        high = (1 / in_features) ** 0.5
        weight, shift = torch.rand(out_features, in_features), torch.rand(out_features)
        self.weight = torch.nn.Parameter(weight * 2 * high - high)
        self.bias = torch.nn.Parameter(shift * 2 * high - high) if bias else None

    def forward(self, x):
        out = (x.unsqueeze(-2) * self.weight).sum(-1)
        return out + (0 if self.bias is None else self.bias)


class WideNormal(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = torch.nn.Parameter(5 * torch.randn(out_features, in_features))
        self.bias = torch.nn.Parameter(torch.randn(out_features)) if bias else None

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias)


# ---- train_model


def with_mse_loss(model, optimizer, X, y, batch_size, epochs):
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for X_batch, y_batch in zip(X.split(batch_size), y.split(batch_size), strict=True):
            loss = torch.nn.functional.mse_loss(model(X_batch), y_batch.unsqueeze(1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(X_batch))
        history.append(sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / sum(sizes))
    return history


def sums_of_squares(model, optimizer, X, y, batch_size, epochs):
    history = [0.0] * epochs
    for epoch in range(epochs):
        for start in range(0, len(X), batch_size):
            end = min(start + batch_size, len(X))
            squares = (model(X[start:end]).squeeze(1) - y[start:end]) ** 2
            squares.mean().backward()
            optimizer.step()
            optimizer.zero_grad()
            history[epoch] += float(squares.detach().sum()) / len(X)
    return history


def gradients_by_hand(model, optimizer, X, y, batch_size, epochs):
    history = []
    for _ in range(epochs):
        miss = []
        for rows in torch.arange(len(X)).split(batch_size):
            r = model(X[rows])[:, 0] - y[rows]
            gradients = torch.autograd.grad((r**2).mean(), [model.weight, model.bias])
            model.weight.grad, model.bias.grad = gradients
            optimizer.step()
            miss += r.detach().tolist()
        history.append(sum(m * m for m in miss) / len(miss))
    return history


def loop_untouched(model, optimizer, X, y, batch_size, epochs):
    history = []
    for _ in range(epochs):
        total, batches = 0.0, 0
        for start in range(0, len(X) - batch_size, batch_size):
            rows = slice(start, start + batch_size)
            loss = ((model(X[rows]) - y[rows]) ** 2).mean()
            loss.backward()
            optimizer.step()
            total, batches = total + loss, batches + 1
        history.append(total / batches)
    return history


def zeroed_by_none_never(model, optimizer, X, y, batch_size, epochs):
    history = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            out, target = model(X[start : start + batch_size]), y[start : start + batch_size, None]
            loss = torch.nn.functional.mse_loss(out, target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(target)
        history.append(total / len(y))
    return history


RIGHT = {
    "standardize": [by_columns, with_masked_fill, centred_first],
    "mse_backward": [by_halves, product_of_shape, through_the_mean],
    "least_squares_line": [by_lstsq, by_centring, by_the_inverse, by_pseudo_inverse],
    "ridge_gradient": [by_means, with_a_column_of_ones, row_by_row],
    "k_folds": [by_tensor_split, by_masks, by_lists],
    "minibatches": [by_split, as_a_list, shuffled_copies, while_rows_are_left],
    "Linear": [WithFunctional, WithInit, BySums],
    "train_model": [with_mse_loss, sums_of_squares, gradients_by_hand],
}

REWORDED = {
    "standardize": {"each_its_own": [scaled_by_itself]},
    "mse_backward": {"divided_by_rows": [mean_over_rows]},
    "least_squares_line": {"through_the_origin": [origin_by_lstsq]},
    "ridge_gradient": {"intercept_pays": [rent_for_all]},
    "k_folds": {"trains_on_everybody": [examined_on_what_was_seen]},
    "minibatches": {"torn_apart": [two_shuffles]},
    "Linear": {"NormalValues": [WideNormal]},
    "train_model": {"as_it_was": [loop_untouched], "never_zeroed": [zeroed_by_none_never]},
}
