"""Right answers to the tasks of chapter 1, written differently, and mistakes in other words."""

import math
from itertools import accumulate
from operator import mul

import edutorch as torch

# ---- strides_of


def strides_by_products(shape):
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def strides_by_recursion(shape):
    if not shape:
        return ()
    rest = strides_by_recursion(shape[1:])
    return (shape[1] * rest[0] if rest else 1, *rest)


def strides_accumulated(shape):
    steps = accumulate(shape[:0:-1], mul, initial=1)
    return tuple(reversed(list(steps))) if shape else ()


def strides_from_the_left(shape):
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    return tuple(strides)


def column_major_in_other_words(shape):
    return tuple(math.prod(shape[:i]) for i in range(len(shape)))


# ---- cell_of


def cell_by_ranges(index, shape, stride, offset):
    return offset + sum(range(n)[i] * step for i, n, step in zip(index, shape, stride, strict=True))


def cell_by_recursion(index, shape, stride, offset):
    if not index:
        return offset
    i, n = index[0], shape[0]
    if i < -n or i >= n:
        raise IndexError("outside")
    return cell_by_recursion(index[1:], shape[1:], stride[1:], offset + i % n * stride[0])


def cell_by_position(index, shape, stride, offset):
    for d in range(len(shape)):
        place = index[d] + shape[d] if index[d] < 0 else index[d]
        if place < 0 or place > shape[d] - 1:
            raise IndexError(d)
        offset = offset + place * stride[d]
    return offset


def cell_without_negative(index, shape, stride, offset):
    if any(abs(i) > n or i == n for i, n in zip(index, shape, strict=True)):
        raise IndexError("too far")
    total = offset
    for i, step in zip(index, stride, strict=True):
        total += i * step
    return total


# ---- windows


def windows_unfolded(x, size):
    return x.unfold(0, size, 1)


def windows_turned(x, size):
    return x.as_strided((size, x.numel() - size + 1), x.stride() * 2).t()


def windows_from_its_offset(x, size):
    many = x.shape[0] + 1 - size
    return torch.as_strided(x, [many, size], [x.stride(0)] * 2, x.storage_offset())


def windows_by_indices(x, size):
    first = torch.arange(len(x) - size + 1)
    return x[first[:, None] + torch.arange(size)]


# ---- contrast


def contrast_in_doubles(pixels, factor):
    far = pixels.to(torch.float64).sub(128).mul(factor)
    return torch.clamp(torch.round(far + 128), min=0, max=255).byte()


def contrast_by_table(pixels, factor):
    table = torch.tensor([min(max(round(128 + factor * (p - 128)), 0), 255) for p in range(256)], dtype=torch.uint8)
    return table[pixels.long()]


def contrast_by_where(pixels, factor):
    new = (pixels.long() - 128) * factor + 128.0
    new = torch.where(new < 0, torch.zeros_like(new), new)
    new = torch.where(new > 255, torch.full_like(new, 255), new)
    return new.add(0.5).floor().to(torch.uint8)


def contrast_in_place_on_its_own(pixels, factor):
    new = pixels.clone().float()
    new -= 128
    new *= factor
    new += 128
    return new.clamp_(0, 255).round_().to(torch.uint8)


def contrast_of_darkness(pixels, factor):
    return (factor * (pixels - 128) + 128).clamp(0, 255).round().to(torch.uint8)


# ---- confusion


def confusion_by_bincount(labels, guesses, classes):
    return torch.bincount(labels * classes + guesses, minlength=classes * classes).view(classes, classes)


def confusion_by_put(labels, guesses, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    return counts.index_put_((labels, guesses), torch.tensor(1), accumulate=True)


def confusion_by_broadcast(labels, guesses, classes):
    i, j = torch.arange(classes)[:, None, None], torch.arange(classes)[None, :, None]
    return ((labels == i) & (guesses == j)).sum(2)


def confusion_by_einsum(labels, guesses, classes):
    eye = torch.eye(classes)
    return torch.einsum("ni,nj->ij", eye[labels], eye[guesses]).to(torch.int64)


def transposed_by_matmul(labels, guesses, classes):
    eye = torch.eye(classes).long()
    return eye[guesses].T @ eye[labels]


# ---- distances


def distances_unsqueezed(a, b):
    return torch.abs(a.unsqueeze(1) - b.unsqueeze(0)).sum(dim=-1)


def distances_expanded(a, b):
    shape = (a.shape[0], b.shape[0], a.shape[1])
    return (b.expand(shape) - a.view(len(a), 1, -1).expand(shape)).abs().sum(-1)


def distances_by_parts(a, b):
    """The larger minus the smaller is the difference without its sign."""
    one, two = a[:, None], b[None]
    return (torch.maximum(one, two) - torch.minimum(one, two)).sum(2)


def distances_by_einsum(a, b):
    return torch.einsum("nmp->nm", (a[:, None] - b).abs())


def squared_by_algebra(a, b):
    return (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)


# ---- stable_softmax


def softmax_by_amax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e.div(e.sum(dim=dim).unsqueeze(dim))


def softmax_by_logarithm(x, dim):
    shifted = x - torch.max(x, dim, keepdim=True)[0]
    return (shifted - shifted.exp().sum(dim, keepdim=True).log()).exp()


def softmax_on_the_last(x, dim):
    moved = x.transpose(dim, -1)
    e = (moved - moved.max(-1).values[..., None]).exp()
    return (e / e.sum(-1)[..., None]).transpose(dim, -1)


def softmax_sorted(x, dim):
    largest = x.sort(dim, descending=True).values.narrow(dim, 0, 1)
    powers = torch.e ** (x - largest)
    return powers * (1 / powers.sum(dim, keepdim=True))


def softmax_as_it_stands(x, dim):
    return torch.exp(x) / torch.exp(x).sum(dim).unsqueeze(dim)


RIGHT = {
    "strides_of": [strides_by_products, strides_by_recursion, strides_accumulated, strides_from_the_left],
    "cell_of": [cell_by_ranges, cell_by_recursion, cell_by_position],
    "windows": [windows_unfolded, windows_turned, windows_from_its_offset],
    "contrast": [contrast_in_doubles, contrast_by_table, contrast_by_where, contrast_in_place_on_its_own],
    "confusion": [confusion_by_bincount, confusion_by_put, confusion_by_broadcast, confusion_by_einsum],
    "distances": [distances_unsqueezed, distances_expanded, distances_by_parts, distances_by_einsum],
    "stable_softmax": [softmax_by_amax, softmax_by_logarithm, softmax_on_the_last, softmax_sorted],
}

REWORDED = {
    "strides_of": {"column_major": [column_major_in_other_words]},
    "cell_of": {"negative_as_it_is": [cell_without_negative]},
    "windows": {"copied": [windows_by_indices]},
    "contrast": {"subtracted_in_bytes": [contrast_of_darkness]},
    "confusion": {"transposed": [transposed_by_matmul]},
    "distances": {"squared": [squared_by_algebra]},
    "stable_softmax": {"as_it_stands": [softmax_as_it_stands]},
}
