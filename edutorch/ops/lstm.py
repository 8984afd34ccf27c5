"""The LSTM: a memory that is changed only as far as gates let it.

S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997), 1735-1780. The gate that
forgets: F. A. Gers, J. Schmidhuber and F. Cummins, Learning to Forget, Neural Computation 12 (2000), 2451-2471.
"""

from __future__ import annotations

from ..op import Array, op
from .dialect import dialect
from .linear import linear
from .time_steps import before, of_sums, parts, refuse_mixed_dtypes, sigmoid, steps, sums_of_input, through_steps

__all__ = []


def lstm_step(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None):
    """Take one step in plain operators: what the gates let in, keep and show."""
    i, f, g, o = (linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h if w_hr is None else linear(h, w_hr), c


@op(cast="same", method=False, outputs=("output", "h_n", "c_n"), extras=("gates", "cells", "begun"))
def lstm_sequence(
    xp,
    input: Array,
    h_0: Array,
    c_0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    w_hr: Array | None = None,
    batch_sizes=(),
    reverse=False,
):
    """Run an LSTM over a batch of sequences, in one direction (`time_steps.py` says how they lie).

    Shape:    input (N, I), h_0 (B, H), c_0 (B, H), w_ih (4H, I), w_hh (4H, H), biases (4H,) -> output (N, H), h_n, c_n;
              with w_hr (P, H), a projection, h has P features in place of H
    Math:     i, f, o = sigmoid(W x_t + b_ih + U h_(t-1) + b_hh),  g = tanh(…), a quarter of the rows of W and U each
              c_t = f c_(t-1) + i g,  h_t = o tanh(c_t), or W_hr (o tanh(c_t))
    Gradient: from the last step to the first, with dh_t, dc_t what the output and the later step say:
              do = dh_t tanh(c_t),  dc_t += dh_t o (1 - tanh²(c_t)),  di = dc_t g,  df = dc_t c_(t-1),  dg = dc_t i
              ds = (di i(1-i), df f(1-f), dg (1-g²), do o(1-o)),  dh_(t-1) = ds U,  dc_(t-1) = dc_t f
              then at once dx = ds W, dW = ds^T x, dU = ds^T h_(t-1), db = sum ds
    """
    gates = sums_of_input(xp, input, w_ih, b_ih, b_hh)
    h, c = h_0.copy(), c_0.copy()
    output, begun = (xp.empty((len(input), h.shape[1]), h.dtype) for _ in range(2))  # begun: h_(t-1)
    cells = xp.empty((len(input), c.shape[1]), c.dtype)
    for rows in steps(batch_sizes, reverse):
        n = rows.stop - rows.start
        begun[rows] = h[:n]
        i, f, g, o = parts(gates[rows] + h[:n] @ w_hh.T, 4)
        i, f, g, o = sigmoid(xp, i), sigmoid(xp, f), xp.tanh(g), sigmoid(xp, o)
        c[:n] = f * c[:n] + i * g
        shown = o * xp.tanh(c[:n])
        h[:n] = shown if w_hr is None else shown @ w_hr.T
        gates[rows] = xp.concatenate([i, f, g, o], axis=1)
        output[rows], cells[rows] = h[:n], c[:n]
    return (output, h, c), gates, cells, begun


@lstm_sequence.backward
def lstm_gradients(
    xp, g, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, gates, cells, begun, batch_sizes, reverse, needs
):
    if xp is dialect:
        weights = [w_ih, w_hh, b_ih, b_hh, w_hr]
        return through_steps(lstm_step, g, input, [h_0, c_0], weights, batch_sizes, reverse, needs)
    of_output, dh, dc = g[0], g[1].copy(), g[2].copy()
    slopes, of_shown = xp.empty_like(gates), xp.empty_like(begun)
    cells_before = before(xp, cells, c_0, batch_sizes, reverse)
    for rows in reversed(steps(batch_sizes, reverse)):
        n = rows.stop - rows.start
        i, f, g, o = parts(gates[rows], 4)
        tanh_c = xp.tanh(cells[rows])
        dh[:n] += of_output[rows]
        shown = dh[:n] if w_hr is None else dh[:n] @ w_hr
        dc[:n] += shown * o * (1 - tanh_c * tanh_c)
        di, df, dg, do = dc[:n] * g, dc[:n] * cells_before[rows], dc[:n] * i, shown * tanh_c
        ds = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)]
        slopes[rows], of_shown[rows] = xp.concatenate(ds, axis=1), dh[:n]
        dh[:n] = slopes[rows] @ w_hh
        dc[:n] *= f
    of_input, *of_weights = of_sums(xp, slopes, slopes, input, begun, w_ih, (needs[0], *needs[3:7]))
    of_w_hr = of_shown.T @ (parts(gates, 4)[3] * xp.tanh(cells)) if needs[7] else None
    return of_input, dh if needs[1] else None, dc if needs[2] else None, *of_weights, of_w_hr


lstm_sequence.op.refuse = refuse_mixed_dtypes
