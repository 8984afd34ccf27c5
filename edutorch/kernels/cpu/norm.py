"""Normalizations in few passes over memory: sums by BLAS, and what is linear in x folded into one scale and shift.

The plain text computes `(x - mean) * rstd * w + b` step by step, each step a pass over the whole array. Here the
steps are first combined for each channel (or row): y = x a + c with a = w rstd, c = b - mean a. In the backward pass
dL/dx = g p + x q + r likewise. The variance comes from the mean square, mean(x^2) - mean^2, which loses its digits
where the mean is much larger than the deviation: such input takes the plain way.
"""

from __future__ import annotations

import math

import numpy as np

from ...ops.batch_norm import batch_norm, batch_norm_gradients, move_running
from ...ops.group_norm import group_norm, group_norm_gradients
from ...ops.layer_norm import layer_norm, layer_norm_gradients

FEW = 8  # places for which calling BLAS channel by channel does not pay
SMALL = 2**14  # elements up to which the number of calls counts more than what they do
FAR = 16.0  # how many times larger than the variance the squared mean may be


def few(input):
    """Whether the places of a channel are too few, or the elements no floats, which the plain text refuses."""
    places = input.size // max(input.shape[1], 1) if input.ndim == 2 else math.prod(input.shape[2:])
    return places < FEW or not input.size or input.dtype.kind != "f"


def far_off(mean, variance):
    """Whether some mean is so far from zero that the mean square has lost the digits of the variance."""
    return (mean * mean > FAR * variance).any()


def far_from_zero(mean, rstd):
    """Whether some mean is many deviations away from zero."""
    ratio = mean * rstd
    return (ratio * ratio > FAR).any()


def in_rows(array):
    """Return an array (N, C, *) as (N, C, places); of an array (N, C), the samples are taken as the places."""
    n, c = array.shape[:2]
    return array.reshape(n, c, -1) if array.ndim > 2 else array.T[None]


def as_before(rows, shape):
    """Undo `in_rows`."""
    return rows.reshape(shape) if len(shape) > 2 else rows[0].T


def sums(x, y):
    """Return, for each sample and channel, the sum of x and the sum of x y."""
    return x @ np.ones(x.shape[-1], x.dtype), np.vecdot(x, y)


# ---------------------------------------------------------------- one set of moments for each channel


@batch_norm.kernel("cpu")
def batch_norm_kernel(xp, input, weight, bias, running_mean, running_var, training, momentum, eps):
    """Compute the batch norm."""
    plain = (xp, input, weight, bias, running_mean, running_var, training, momentum, eps)
    if not training or few(input):
        return batch_norm.op.forward(*plain)
    x = in_rows(input)
    n = x.shape[0] * x.shape[2]
    total, squares = sums(x, x)
    mean = total.sum(axis=0) / x.dtype.type(n)
    variance = squares.sum(axis=0) / x.dtype.type(n) - mean * mean
    if far_off(mean, variance):
        return batch_norm.op.forward(*plain)
    if running_mean is not None:
        move_running(running_mean.array, running_var.array, mean, variance, n, momentum)
    rstd = 1 / np.sqrt(variance + eps)
    scale = rstd if weight is None else rstd * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    out = x * scale[:, None]
    out += shift[:, None]
    kept = (1, -1) + (1,) * (input.ndim - 2)
    return as_before(out, input.shape), mean.reshape(kept), rstd.reshape(kept)


@batch_norm.backward_kernel("cpu")
def batch_norm_gradients_kernel(xp, g, input, weight, mean, rstd, training, eps, needs):
    """Compute the gradients of the batch norm."""
    if few(input) or far_from_zero(mean, rstd):
        return batch_norm_gradients(xp, g, input, weight, mean, rstd, training, eps, needs)
    x, g, mean, rstd = in_rows(input), in_rows(g), mean.reshape(-1), rstd.reshape(-1)
    to_bias, to_weight = (s.sum(axis=0) for s in sums(g, x))
    to_weight -= mean * to_bias
    to_weight *= rstd
    to_input = None
    if needs[0]:
        scale = rstd if weight is None else rstd * weight
        to_input = g * scale[:, None]
        if training:
            n = x.dtype.type(x.shape[0] * x.shape[2])
            along_scale = scale * rstd * to_weight / n
            along_shift = scale * to_bias / n - along_scale * mean
            to_input -= x * along_scale[:, None]
            to_input -= along_shift[:, None]
        to_input = as_before(to_input, input.shape)
    return to_input, to_weight if needs[1] else None, to_bias if needs[2] else None


# ---------------------------------------------------------------- one for each group of a sample's channels


@group_norm.kernel("cpu")
def group_norm_kernel(xp, input, num_groups, weight, bias, eps):
    """Compute the group norm."""
    if input.ndim < 3 or few(input):
        return group_norm.op.forward(xp, input, num_groups, weight, bias, eps)
    x = in_rows(input)
    samples, channels, places = x.shape
    n = x.dtype.type(channels // num_groups * places)
    total, squares = (s.reshape(samples, num_groups, -1).sum(axis=-1, keepdims=True) for s in sums(x, x))
    mean = total / n
    variance = squares / n - mean * mean
    if far_off(mean, variance):
        return group_norm.op.forward(xp, input, num_groups, weight, bias, eps)
    rstd = 1 / np.sqrt(variance + eps)
    scale, shift = of_channels(rstd, channels), of_channels(-mean * rstd, channels)
    if weight is not None:
        scale, shift = scale * weight, shift * weight
    if bias is not None:
        shift = shift + bias
    out = x * scale[..., None]
    out += shift[..., None]
    return out.reshape(input.shape), mean, rstd


@group_norm.backward_kernel("cpu")
def group_norm_gradients_kernel(xp, g, input, weight, mean, rstd, num_groups, eps, needs):
    """Compute the gradients of the group norm."""
    if input.ndim < 3 or few(input) or far_from_zero(mean, rstd):
        return group_norm_gradients(xp, g, input, weight, mean, rstd, num_groups, eps, needs)
    x, g = in_rows(input), in_rows(g)
    samples, channels, places = x.shape
    mean_of, rstd_of = of_channels(mean, channels), of_channels(rstd, channels)
    shifts, scales = sums(g, x)
    scales -= mean_of * shifts
    scales *= rstd_of  # sum of g times the standardized x
    to_weight, to_bias = scales.sum(axis=0) if needs[1] else None, shifts.sum(axis=0) if needs[2] else None
    to_input = None
    if needs[0]:
        if weight is not None:
            shifts, scales = shifts * weight, scales * weight
        n = x.dtype.type(channels // num_groups * places)
        along_shift, along_scale = (
            of_channels(s.reshape(samples, num_groups, -1).sum(axis=-1, keepdims=True) / n, channels)
            for s in (shifts, scales)
        )
        along_scale = along_scale * rstd_of * rstd_of
        along_shift = along_shift * rstd_of - along_scale * mean_of
        to_input = g * (rstd_of if weight is None else rstd_of * weight)[..., None]
        to_input -= x * along_scale[..., None]
        to_input -= along_shift[..., None]
        to_input = to_input.reshape(input.shape)
    return to_input, to_weight, to_bias


def of_channels(of_groups, channels):
    """Return one number for each channel (N, C) from one for each group (N, groups, 1)."""
    n, groups, _ = of_groups.shape
    return np.broadcast_to(of_groups, (n, groups, channels // groups)).reshape(n, channels)


# ---------------------------------------------------------------- one for each row


@layer_norm.kernel("cpu")
def layer_norm_kernel(xp, input, normalized_shape, weight, bias, eps):
    """Compute the layer norm."""
    n = math.prod(normalized_shape)
    if n < FEW or not input.size or input.dtype.kind != "f":
        return layer_norm.op.forward(xp, input, normalized_shape, weight, bias, eps)
    if input.size == n:
        return of_one_row(input, weight, bias, eps)
    x = input.reshape(-1, n)
    mean = x @ np.full(n, 1 / n, x.dtype)
    kept = input.shape[: input.ndim - len(normalized_shape)] + (1,) * len(normalized_shape)
    if x.size <= SMALL:
        out = x - mean[:, None]
        rstd = 1 / np.sqrt(np.vecdot(out, out) / x.dtype.type(n) + eps)
        out *= rstd[:, None]
        out = out.reshape(input.shape)
        if weight is not None:
            out *= weight
        if bias is not None:
            out += bias
        return out, mean.reshape(kept), rstd.reshape(kept)
    variance = np.vecdot(x, x) / x.dtype.type(n) - mean * mean
    if far_off(mean, variance):
        return layer_norm.op.forward(xp, input, normalized_shape, weight, bias, eps)
    rstd = 1 / np.sqrt(variance + eps)
    ones = np.ones(n, x.dtype)
    weight, bias = ones if weight is None else weight.reshape(n), None if bias is None else bias.reshape(n)
    out = two_products(rstd, weight, None, None)
    out *= x
    out += two_products(-mean * rstd, weight, None if bias is None else np.ones_like(mean), bias)
    return out.reshape(input.shape), mean.reshape(kept), rstd.reshape(kept)


def of_one_row(input, weight, bias, eps):
    """Compute the layer norm of a single vector, as when a text is written token by token: its moments are numbers."""
    x = input.reshape(-1)
    mean = x.dot(np.full(x.size, 1 / x.size, x.dtype))
    out = x - mean
    rstd = 1 / np.sqrt(out.dot(out) / x.dtype.type(x.size) + eps)
    out *= rstd
    out = out.reshape(input.shape)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out, np.array(mean, x.dtype, ndmin=input.ndim), np.array(rstd, x.dtype, ndmin=input.ndim)


@layer_norm.backward_kernel("cpu")
def layer_norm_gradients_kernel(xp, g, input, weight, mean, rstd, normalized_shape, eps, needs):
    """Compute the gradients of the layer norm."""
    n = math.prod(normalized_shape)
    if n < FEW or not input.size or far_from_zero(mean, rstd):
        return layer_norm_gradients(xp, g, input, weight, mean, rstd, normalized_shape, eps, needs)
    x, g, mean, rstd = input.reshape(-1, n), g.reshape(-1, n), mean.reshape(-1), rstd.reshape(-1)
    ones = np.ones(n, x.dtype)
    w = ones if weight is None else weight.reshape(n)
    products = g * x
    to_input = to_weight = to_bias = None
    if needs[1]:
        to_weight = (rstd @ products - (mean * rstd) @ g).reshape(normalized_shape)
    if needs[2]:
        to_bias = (np.ones_like(mean) @ g).reshape(normalized_shape)
    if needs[0]:
        share = w / x.dtype.type(n)
        along_shift = g @ share
        along_scale = (products @ share - mean * along_shift) * rstd * rstd * rstd
        along_shift *= rstd
        along_shift -= along_scale * mean
        to_input = two_products(rstd, w, None, None)
        to_input *= g
        np.multiply(x, two_products(along_scale, ones, None, None), out=products)
        to_input -= products
        to_input -= two_products(along_shift, ones, None, None)
        to_input = to_input.reshape(input.shape)
    return to_input, to_weight, to_bias


def two_products(a, row, b, other):
    """Return a[:, None] * row + b[:, None] * other: as a matrix product, it takes half the time of broadcasting."""
    if other is None and len(a) * len(row) <= SMALL:
        return a[:, None] * row
    columns, rows = np.zeros((len(a), 2), a.dtype), np.zeros((2, len(row)), a.dtype)
    columns[:, 0], rows[0] = a, row
    if other is not None:
        columns[:, 1], rows[1] = b, other
    return columns @ rows
