"""Right answers to the tasks of chapter 4, written differently, and mistakes in other words."""

import math

import edutorch as torch

nn, F = torch.nn, torch.nn.functional

# ---- linear_inputs


def sizes_by_counting(shape, layers):
    maps, *sides = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = maps if channels is None else channels
        last = dilation * (kernel - 1)
        sides = [len(range(0, side + 2 * padding - last, stride)) for side in sides]
    return maps * math.prod(sides)


def sizes_by_recursion(shape, layers):
    if not layers:
        return math.prod(shape)
    (channels, k, s, p, d), *rest = layers
    C, H, W = shape
    return sizes_by_recursion((channels or C, *[1 + (n + 2 * p - d * (k - 1) - 1) // s for n in (H, W)]), rest)


def sizes_by_trying(shape, layers):
    x = torch.zeros(1, *shape)
    for channels, kernel, stride, padding, dilation in layers:
        if channels is None:
            x = nn.MaxPool2d(kernel, stride, padding, dilation)(x)
        else:
            x = nn.Conv2d(x.shape[1], channels, kernel, stride, padding, dilation)(x)
    return x.numel()


def padding_added_first(shape, layers):
    maps, *sides = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = maps if channels is None else channels
        sides = [n + padding for n in sides]
        sides = [(n - dilation * (kernel - 1) - 1) // stride + 1 for n in sides]
    return maps * sides[0] * sides[1]


# ---- receptive_field


def from_the_back(layers):
    seen = 1
    for kernel, stride, dilation in reversed(layers):
        seen = (seen - 1) * stride + dilation * (kernel - 1) + 1
    return seen


def by_products(layers):
    return 1 + sum(d * (k - 1) * math.prod(s for _, s, _ in layers[:i]) for i, (k, _, d) in enumerate(layers))


def by_pixels(layers):
    seen = {0}
    for kernel, stride, dilation in layers[::-1]:
        seen = {stride * unit + dilation * tap for unit in seen for tap in range(kernel)}
    return max(seen) - min(seen) + 1


def from_the_back_without_strides(layers):
    seen = 1
    for kernel, _, dilation in reversed(layers):
        seen += dilation * (kernel - 1)
    return seen


# ---- random_shift


def into_an_empty_batch(pages, most):
    out, (H, W) = torch.zeros_like(pages), pages.shape[2:]
    for n in range(len(pages)):
        right, down = (int(torch.randint(-most, most + 1, ()).item()) for _ in range(2))
        rows = slice(max(down, 0), H + min(down, 0)), slice(max(-down, 0), H + min(-down, 0))
        columns = slice(max(right, 0), W + min(right, 0)), slice(max(-right, 0), W + min(-right, 0))
        out[n, :, rows[0], columns[0]] = pages[n, :, rows[1], columns[1]]
    return out


def by_windows(pages, most):
    H, W = pages.shape[2:]
    windows = F.pad(pages, (most,) * 4).unfold(2, H, 1).unfold(3, W, 1)  # (N, C, places, places, H, W)
    rows, columns = torch.randint(0, 2 * most + 1, (2, len(pages)))
    return windows[torch.arange(len(pages)), :, rows, columns]


def rolled_with_enough_paper(pages, most):
    import random

    H, W = pages.shape[2:]
    wide, moved = F.pad(pages, (0, most, 0, most)), []
    for page in wide:
        amounts = random.randint(-most, most), random.randint(-most, most)
        moved.append(page.roll(amounts, (1, 2))[:, :H, :W])
    return torch.stack(moved)


def moved_together(pages, most):
    H, W = pages.shape[2:]
    i, j = torch.randint(0, 2 * most + 1, (2,)).tolist()
    return F.pad(pages, (most,) * 4)[:, :, i : i + H, j : j + W]


# ---- conv2d


def with_a_bias(out, bias):
    return out if bias is None else out + bias[:, None, None]


def conv_by_columns(input, weight, bias=None, stride=1, padding=0):
    filters, _, h, w = weight.shape
    columns = F.unfold(input, (h, w), padding=padding, stride=stride)
    H = (input.shape[2] + 2 * padding - h) // stride + 1
    out = (weight.reshape(filters, -1) @ columns).reshape(len(input), filters, H, -1)
    return with_a_bias(out, bias)


def conv_by_unfold(input, weight, bias=None, stride=1, padding=0):
    p, (h, w) = padding, weight.shape[2:]
    windows = F.pad(input, (p, p, p, p)).unfold(2, h, stride).unfold(3, w, stride)
    products = windows.unsqueeze(1) * weight[:, :, None, None]
    return with_a_bias(products.sum(dim=(2, -2, -1)), bias)


def conv_of_a_contiguous_copy(input, weight, bias=None, stride=1, padding=0):
    x = F.pad(input, (padding,) * 4).contiguous()
    N, C, H, W = x.shape
    filters, _, h, w = weight.shape
    size = (N, 1 + (H - h) // stride, 1 + (W - w) // stride, C, h, w)
    windows = x.as_strided(size, (C * H * W, stride * W, stride, H * W, W, 1))
    out = windows.reshape(*size[:3], -1) @ weight.reshape(filters, -1).T
    if bias is not None:
        out = out + bias
    return out.permute(0, 3, 1, 2)


def conv_turned(input, weight, bias=None, stride=1, padding=0):
    filters, _, h, w = weight.shape
    columns = F.unfold(input, (h, w), padding=padding, stride=stride)
    H = (input.shape[2] + 2 * padding - h) // stride + 1
    turned = weight.flip((-1, -2)).reshape(filters, -1)
    return with_a_bias((turned @ columns).reshape(len(input), filters, H, -1), bias)


# ---- max_pool2d_backward


def pooled_by_slices(grad, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    out, (H, W) = torch.zeros_like(input), grad.shape[2:]
    largest = input.unfold(2, k, s).unfold(3, k, s).amax((-2, -1))
    free = torch.ones_like(grad, dtype=torch.bool)  # windows whose largest has not been met yet
    for a in range(k):
        for b in range(k):
            place = (..., slice(a, a + s * (H - 1) + 1, s), slice(b, b + s * (W - 1) + 1, s))
            hit = free & (input[place] == largest)
            out[place] += grad * hit
            free &= ~hit
    return out


def pooled_by_loops(grad, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    out = torch.zeros_like(input)
    for n in range(grad.shape[0]):
        for c in range(grad.shape[1]):
            for i in range(grad.shape[2]):
                for j in range(grad.shape[3]):
                    best = int(input[n, c, s * i : s * i + k, s * j : s * j + k].argmax().item())
                    out[n, c, s * i + best // k, s * j + best % k] += grad[n, c, i, j]
    return out


def pooled_by_fold(grad, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    N, C, H, W = input.shape
    columns = F.unfold(input, k, stride=s).reshape(N, C, k * k, -1)
    chosen = F.one_hot(columns.argmax(2), k * k).transpose(2, 3).to(grad.dtype) * grad.flatten(2).unsqueeze(2)
    return F.fold(chosen.reshape(N, C * k * k, -1), (H, W), k, stride=s)


def to_whoever_equals(grad, input, kernel_size, stride=None):
    k, s = kernel_size, stride or kernel_size
    N, C, H, W = input.shape
    columns = F.unfold(input, k, stride=s).reshape(N, C, k * k, -1)
    chosen = (columns == columns.amax(2, keepdim=True)) * grad.flatten(2).unsqueeze(2)
    return F.fold(chosen.reshape(N, C * k * k, -1), (H, W), k, stride=s)


# ---- conv2d_backward


def conv_gradients_by_fold(grad, input, weight, bias=None, stride=1, padding=0):
    size, how = weight.shape[2:], {"padding": padding, "stride": stride}
    columns, slopes = F.unfold(input, size, **how), grad.flatten(2)
    dw = (slopes @ columns.mT).sum(0).reshape(weight.shape)
    dx = F.fold(weight.flatten(1).T @ slopes, input.shape[2:], size, **how)
    return dx, dw, slopes.sum((0, 2)) if bias is not None else None


def conv_gradients_by_convolutions(grad, input, weight, bias=None, stride=1, padding=0):
    (H, W), (h, w) = input.shape[2:], weight.shape[2:]
    spread = grad.new_zeros(*grad.shape[:2], H + 2 * padding - h + 1, W + 2 * padding - w + 1)
    spread[:, :, ::stride, ::stride] = grad  # as if the stride had been 1
    wide = F.pad(spread, (w - 1, w - 1, h - 1, h - 1))
    dx = F.conv2d(wide, weight.flip((2, 3)).transpose(0, 1))
    x = F.pad(input, (padding,) * 4)
    dw = F.conv2d(x.transpose(0, 1), spread.transpose(0, 1)).transpose(0, 1)
    db = None if bias is None else torch.einsum("nfij->f", grad)
    return dx[..., padding : H + padding, padding : W + padding], dw, db


def conv_gradients_by_places(grad, input, weight, bias=None, stride=1, padding=0):
    (H, W), (h, w) = input.shape[2:], weight.shape[2:]
    x = F.pad(input, (padding,) * 4)
    dx, dw = torch.zeros_like(x), torch.zeros_like(weight)
    for i in range(grad.shape[2]):
        for j in range(grad.shape[3]):
            window = (..., slice(i * stride, i * stride + h), slice(j * stride, j * stride + w))
            g = grad[:, :, i, j]
            dw += (g.T @ x[window].flatten(1)).reshape(dw.shape)
            dx[window] += (g @ weight.flatten(1)).reshape(x[window].shape)
    dx = dx[:, :, padding:, padding:][:, :, :H, :W]
    return dx, dw, grad.sum(dim=(0, 2, 3)) if bias is not None else None


def last_window_wins(grad, input, weight, bias=None, stride=1, padding=0):
    _, dw, db = conv_gradients_by_fold(grad, input, weight, bias, stride, padding)
    (H, W), (h, w) = grad.shape[2:], weight.shape[2:]
    dx = torch.zeros_like(F.pad(input, (padding,) * 4))
    for a in range(h):
        for b in range(w):
            part = (grad.movedim(1, -1) @ weight[:, :, a, b]).movedim(-1, 1)
            dx[:, :, a : a + stride * H : stride, b : b + stride * W : stride][:, :, :H, :W] = part
    return dx[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]], dw, db


# ---- BatchNorm2d


class NormWithRows(nn.Module):
    """Lays all numbers of a channel in a row."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.int64))
        self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        self.settings = eps, momentum

    def forward(self, x):
        eps, momentum = self.settings
        rows = x.transpose(0, 1).flatten(1)
        if self.training:
            mean, var = rows.mean(1), rows.var(1, unbiased=False)
            self.running_mean = (1 - momentum) * self.running_mean + momentum * mean.detach()
            self.running_var = (1 - momentum) * self.running_var + momentum * rows.detach().var(1)
            self.num_batches_tracked = self.num_batches_tracked + 1
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight / torch.sqrt(var + eps)
        return torch.einsum("nchw,c->nchw", x, scale) + (self.bias - mean * scale)[:, None, None]


class NormWithChannelsLast(nn.Module):
    """Moves the channels to the end, where they broadcast by themselves."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.register_parameter("weight", nn.Parameter(torch.ones(num_features)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(num_features)))
        for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((num_features,), start))
        self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean = x.mean((0, 1, 2))
            var = ((x - mean) ** 2).mean((0, 1, 2))
            n = x[..., 0].numel()
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(var.detach() * (n / (n - 1)), self.momentum)
            self.num_batches_tracked.add_(1)
        return (self.weight * (x - mean) * (var + self.eps) ** -0.5 + self.bias).permute(0, 3, 1, 2)


class NormInTwoMethods(nn.Module):
    """One method for each mode; the mean of squares less the square of the mean."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        one = (1, num_features, 1, 1)
        self.shape, self.eps, self.momentum = one, eps, momentum
        self.weight, self.bias = (nn.Parameter(torch.full((num_features,), v)) for v in (1.0, 0.0))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        return self.training_step(x) if self.training else self.normed(x, self.running_mean, self.running_var)

    def training_step(self, x):
        n, dims = x.numel() // x.shape[1], (0, 2, 3)
        mean = x.sum(dims) / n
        var = x.sub(mean.reshape(self.shape)).square().sum(dims) / n
        with torch.no_grad():
            self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
            self.running_var.mul_(1 - self.momentum).add_(self.momentum * var * n / (n - 1))
        self.num_batches_tracked += 1
        return self.normed(x, mean, var)

    def normed(self, x, mean, var):
        mean, var, weight, bias = (v.reshape(self.shape) for v in (mean, var, self.weight, self.bias))
        return weight * (x - mean) / torch.sqrt(var + self.eps) + bias


class NormThatLooksAgain(NormWithRows):
    def forward(self, x):
        mode, self.training = self.training, True
        kept = self.running_mean, self.running_var, self.num_batches_tracked
        out = NormWithRows.forward(self, x)
        self.training = mode
        if not mode:
            self.running_mean, self.running_var, self.num_batches_tracked = kept
        return out


# ---- batch_norm_backward


def norm_step_by_step(grad, input, weight, eps):
    dims, n = (0, 2, 3), input.numel() / input.shape[1]
    mean = input.mean(dims, keepdim=True)
    centred = input - mean
    var = (centred * centred).mean(dims, keepdim=True)
    std = (var + eps).sqrt()
    normed = centred / std
    dnormed = grad * weight[None, :, None, None]
    dvar = (dnormed * centred).sum(dims, keepdim=True) * -0.5 / std**3
    dcentred = dnormed / std + dvar * 2 * centred / n
    dmean = -dcentred.sum(dims, keepdim=True)
    return dcentred + dmean / n, (grad * normed).sum(dims), grad.sum(dims)


def norm_with_the_sums(grad, input, weight, eps):
    rows, g = (v.transpose(0, 1).flatten(1) for v in (input, grad))
    n = rows.shape[1]
    std = (rows.var(1, correction=0) + eps).sqrt()
    normed = (rows - rows.mean(1, keepdim=True)) / std[:, None]
    dw, db = (g * normed).sum(1), g.sum(1)
    dx = (weight / std / n)[:, None] * (n * g - db[:, None] - normed * dw[:, None])
    N, C, H, W = input.shape
    return dx.reshape(C, N, H, W).transpose(0, 1), dw, db


def norm_by_the_jacobian(grad, input, weight, eps):
    dx = torch.zeros_like(input)
    dw, db = torch.zeros_like(weight), torch.zeros_like(weight)
    for c in range(len(weight)):
        x, g = input[:, c].flatten(), grad[:, c].flatten()
        n = len(x)
        std = (x.var(correction=0) + eps).sqrt()
        normed = (x - x.mean()) / std
        jacobian = (torch.eye(n, dtype=x.dtype) - 1 / n - torch.outer(normed, normed) / n) / std
        dx[:, c] = (jacobian @ g * weight[c]).reshape(dx[:, c].shape)
        dw[c], db[c] = g @ normed, g.sum()
    return dx, dw, db


def direct_way_alone(grad, input, weight, eps):
    _, dw, db = norm_with_the_sums(grad, input, weight, eps)
    scale = weight / (input.var((0, 2, 3), unbiased=False) + eps).sqrt()
    return torch.einsum("nchw,c->nchw", grad, scale), dw, db


RIGHT = {
    "linear_inputs": [sizes_by_counting, sizes_by_recursion, sizes_by_trying],
    "receptive_field": [from_the_back, by_products, by_pixels],
    "random_shift": [into_an_empty_batch, by_windows, rolled_with_enough_paper],
    "conv2d": [conv_by_columns, conv_by_unfold, conv_of_a_contiguous_copy],
    "max_pool2d_backward": [pooled_by_slices, pooled_by_loops, pooled_by_fold],
    "conv2d_backward": [conv_gradients_by_fold, conv_gradients_by_convolutions, conv_gradients_by_places],
    "BatchNorm2d": [NormWithRows, NormWithChannelsLast, NormInTwoMethods],
    "batch_norm_backward": [norm_step_by_step, norm_with_the_sums, norm_by_the_jacobian],
}

REWORDED = {
    "linear_inputs": {"padding_once": [padding_added_first]},
    "receptive_field": {"strides_ignored": [from_the_back_without_strides]},
    "random_shift": {"one_move_for_all": [moved_together]},
    "conv2d": {"kernel_turned": [conv_turned]},
    "max_pool2d_backward": {"all_equals_get_it": [to_whoever_equals]},
    "conv2d_backward": {"overwritten": [last_window_wins]},
    "BatchNorm2d": {"NeverAtRest": [NormThatLooksAgain]},
    "batch_norm_backward": {"statistics_as_constants": [direct_way_alone]},
}
