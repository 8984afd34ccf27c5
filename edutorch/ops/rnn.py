"""The simple recurrent network: a state that is mixed with each new input.

J. L. Elman, Finding Structure in Time, Cognitive Science 14 (1990), 179-211.
"""

from __future__ import annotations

from ..op import Array, op
from .dialect import dialect
from .linear import linear
from .time_steps import before, of_sums, refuse_mixed_dtypes, steps, sums_of_input, through_steps

__all__ = []


def rnn_step(x, h, w_ih, w_hh, b_ih=None, b_hh=None, nonlinearity="tanh"):
    """Take one step in plain operators: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    total = linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)
    return (total.tanh() if nonlinearity == "tanh" else total.relu(),)


@op(cast="same", method=False, outputs=("output", "h_n"), extras=("states",))
def rnn_sequence(
    xp,
    input: Array,
    h_0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    batch_sizes=(),
    reverse=False,
    nonlinearity="tanh",
):
    """Run a simple recurrent network over a batch of sequences, in one direction (`time_steps.py` says how they lie).

    Shape:    input (N, I), h_0 (B, H), w_ih (H, I), w_hh (H, H), biases (H,) -> output (N, H), h_n (B, H)
    Math:     h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or relu
    Gradient: from the last step to the first, with dh_t what the output and the later step say of h_t:
              ds_t = dh_t (1 - h_t²), or dh_t [h_t > 0];  dh_(t-1) = ds_t W_hh
              then at once dx = ds W_ih, dW_ih = ds^T x, dW_hh = ds^T h_(t-1), db = sum ds
    """
    output = sums_of_input(xp, input, w_ih, b_ih, b_hh)
    h = h_0.copy()
    for rows in steps(batch_sizes, reverse):
        n = rows.stop - rows.start
        total = output[rows] + h[:n] @ w_hh.T
        output[rows] = h[:n] = xp.tanh(total) if nonlinearity == "tanh" else xp.maximum(total, 0)
    return (output, h), output.copy()  # the output belongs to the user, who may write to it


@rnn_sequence.backward
def rnn_gradients(xp, g, input, h_0, w_ih, w_hh, b_ih, b_hh, states, batch_sizes, reverse, nonlinearity, needs):
    if xp is dialect:
        cell = lambda *operands: rnn_step(*operands, nonlinearity)  # noqa: E731
        return through_steps(cell, g, input, [h_0], [w_ih, w_hh, b_ih, b_hh], batch_sizes, reverse, needs)
    of_output, dh = g[0], g[1].copy()
    slopes = xp.empty_like(states)
    for rows in reversed(steps(batch_sizes, reverse)):
        h = states[rows]
        now = dh[: len(h)]
        now += of_output[rows]
        slopes[rows] = now * (1 - h * h if nonlinearity == "tanh" else h > 0)
        now[...] = slopes[rows] @ w_hh
    begun = before(xp, states, h_0, batch_sizes, reverse)
    of_input, *of_weights = of_sums(xp, slopes, slopes, input, begun, w_ih, (needs[0], *needs[2:]))
    return of_input, dh if needs[1] else None, *of_weights


rnn_sequence.op.refuse = refuse_mixed_dtypes
