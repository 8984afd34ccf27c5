"""The LSTM in place, with fewer passes over memory, and with the products of each step cut into strips.

The products of a step are small: 32 rows times a matrix of 256 x 1024. For such sizes OpenBLAS spends a third of the
time on copying the matrix into the order it likes, at each step anew; only for a product of less than about a million
multiplications it leaves that. So the matrix is cut into strips once, and a step multiplies by each.
"""

from __future__ import annotations

import numpy as np

from ...ops.lstm import lstm_sequence
from ...ops.time_steps import before, of_sums, parts, steps, sums_of_input

SMALL = 2**19  # multiplications in a product that OpenBLAS does without copying


def in_strips(matrix, rows):
    """Return a matrix (k, n) as strips (n / width, k, width), narrow enough for products with so many rows."""
    k, n = matrix.shape
    width = n
    while width % 2 == 0 and width > 16 and rows * k * width > SMALL:
        width //= 2
    return np.ascontiguousarray(matrix.reshape(k, n // width, width).swapaxes(0, 1))


def times_strips(left, strips, out):
    """Compute left @ matrix, the matrix in strips, into contiguous rows."""
    number, _, width = strips.shape
    np.matmul(left, strips, out=out.reshape(len(left), number, width).swapaxes(0, 1))


@lstm_sequence.kernel("cpu")
def lstm_kernel(xp, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, batch_sizes, reverse):
    """Run the sequence; one tanh serves all gates, as sigmoid(s) = (1 + tanh(s/2)) / 2."""
    batch, size = c_0.shape
    half = np.asarray(0.5, input.dtype)
    scale = np.full(4 * size, half)
    scale[2 * size : 3 * size] = 1  # the candidate is a tanh already
    biases = [b if b is None else b * scale for b in (b_ih, b_hh)]
    gates = sums_of_input(np, input, w_ih * scale[:, None], *biases)
    strips = in_strips((w_hh * scale[:, None]).T, batch)

    h, c = h_0.copy(), c_0.copy()
    output, begun = (np.empty((len(input), h.shape[1]), h.dtype) for _ in range(2))
    cells = np.empty((len(input), size), h.dtype)
    recalled, room = np.empty((batch, 4 * size), h.dtype), np.empty((batch, size), h.dtype)
    for rows in steps(batch_sizes, reverse):
        gate, cell = gates[rows], cells[rows]
        n = len(gate)
        begun[rows] = h[:n]
        times_strips(h[:n], strips, out=recalled[:n])
        gate += recalled[:n]
        np.tanh(gate, out=gate)
        i, f, g, o = parts(gate, 4)
        for switches in (gate[:, : 2 * size], o):
            switches *= half
            switches += half
        let_in = shown = room[:n]
        np.multiply(i, g, out=let_in)
        np.multiply(f, c[:n], out=cell)
        cell += let_in
        c[:n] = cell
        np.tanh(cell, out=shown)
        shown *= o
        h[:n] = output[rows] = shown if w_hr is None else shown @ w_hr.T
    return (output, h, c), gates, cells, begun


@lstm_sequence.backward_kernel("cpu")
def lstm_gradients_kernel(
    xp, g, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, gates, cells, begun, batch_sizes, reverse, needs
):
    """Run the sequence backwards; the slopes are computed in the place where they are kept."""
    of_output, dh, dc = g[0], g[1].copy(), g[2].copy()
    batch, size = dc.shape
    one = np.asarray(1, input.dtype)
    strips = in_strips(w_hh, batch)
    slopes, tanh_cells = np.empty_like(gates), np.empty((batch, size), gates.dtype)
    cells_before = before(np, cells, c_0, batch_sizes, reverse)
    of_shown = np.empty_like(begun) if needs[7] else None
    for rows in reversed(steps(batch_sizes, reverse)):
        gate, ds = gates[rows], slopes[rows]
        n = len(gate)
        i, f, g, o = parts(gate, 4)
        di, df, dg, do = parts(ds, 4)
        np.subtract(one, gate, out=ds)  # how steep the gates are: s(1 - s), and 1 - g² for the tanh
        ds *= gate
        np.multiply(g, g, out=dg)
        np.subtract(one, dg, out=dg)

        now, later, tanh_c = dh[:n], dc[:n], tanh_cells[:n]
        now += of_output[rows]
        if of_shown is not None:
            of_shown[rows] = now
        shown = now if w_hr is None else now @ w_hr
        np.tanh(cells[rows], out=tanh_c)
        do *= tanh_c
        do *= shown
        tanh_c *= tanh_c
        np.subtract(one, tanh_c, out=tanh_c)
        tanh_c *= o
        tanh_c *= shown
        later += tanh_c
        for slope, factor in ((di, g), (df, cells_before[rows]), (dg, i)):
            slope *= factor
            slope *= later
        later *= f
        times_strips(ds, strips, out=now)
    of_input, *of_weights = of_sums(np, slopes, slopes, input, begun, w_ih, (needs[0], *needs[3:7]))
    of_w_hr = of_shown.T @ (parts(gates, 4)[3] * np.tanh(cells)) if of_shown is not None else None
    return of_input, dh if needs[1] else None, dc if needs[2] else None, *of_weights, of_w_hr
