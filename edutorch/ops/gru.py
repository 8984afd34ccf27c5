"""The gated recurrent unit: two gates, and no memory beside the state.

K. Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation,
EMNLP 2014, arXiv:1406.1078. As in most libraries, the reset gate acts after the product with the state.
"""

from __future__ import annotations

from ..op import Array, op
from .dialect import dialect
from .linear import linear
from .time_steps import of_sums, parts, refuse_mixed_dtypes, sigmoid, steps, sums_of_input, through_steps

__all__ = []


def gru_step(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step in plain operators: the new state lies between the old one and a candidate."""
    r, z, n = linear(x, w_ih, b_ih).chunk(3, 1)
    from_h_r, from_h_z, from_h_n = linear(h, w_hh, b_hh).chunk(3, 1)
    r, z = (r + from_h_r).sigmoid(), (z + from_h_z).sigmoid()
    n = (n + r * from_h_n).tanh()
    return (n + z * (h - n),)


@op(cast="same", method=False, outputs=("output", "h_n"), extras=("gates", "recalled", "begun"))
def gru_sequence(
    xp,
    input: Array,
    h_0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None = None,
    b_hh: Array | None = None,
    batch_sizes=(),
    reverse=False,
):
    """Run a gated recurrent unit over a batch of sequences, in one direction (`time_steps.py` says how they lie).

    Shape:    input (N, I), h_0 (B, H), w_ih (3H, I), w_hh (3H, H), biases (3H,) -> output (N, H), h_n (B, H)
    Math:     r, z = sigmoid(W x_t + b_ih + U h_(t-1) + b_hh), a third of the rows of W and U each; with the last third
              m = U h_(t-1) + b_hh,  n = tanh(W x_t + b_ih + r m),  h_t = (1 - z) n + z h_(t-1)
    Gradient: from the last step to the first, with dh_t what the output and the later step say of h_t:
              dn = dh_t (1 - z) (1 - n²),  dz = dh_t (h_(t-1) - n) z(1-z),  dr = dn m r(1-r)
              ds = (dr, dz, dn) to the input's sums, dv = (dr, dz, dn r) to the state's,  dh_(t-1) = dv U + dh_t z
              then at once dx = ds W, dW = ds^T x, db_ih = sum ds, dU = dv^T h_(t-1), db_hh = sum dv
    """
    gates = sums_of_input(xp, input, w_ih, b_ih)
    h = h_0.copy()
    output, recalled, begun = (xp.empty((len(input), h.shape[1]), h.dtype) for _ in range(3))  # and m, h_(t-1)
    for rows in steps(batch_sizes, reverse):
        last = h[: rows.stop - rows.start]
        begun[rows] = last
        to_r, to_z, to_n = parts(gates[rows], 3)
        from_r, from_z, m = parts(last @ w_hh.T + (0 if b_hh is None else b_hh), 3)
        r, z = sigmoid(xp, to_r + from_r), sigmoid(xp, to_z + from_z)
        n = xp.tanh(to_n + r * m)
        last[...] = n + z * (last - n)
        gates[rows] = xp.concatenate([r, z, n], axis=1)
        output[rows], recalled[rows] = last, m
    return (output, h), gates, recalled, begun


@gru_sequence.backward
def gru_gradients(xp, g, input, h_0, w_ih, w_hh, b_ih, b_hh, gates, recalled, begun, batch_sizes, reverse, needs):
    if xp is dialect:
        return through_steps(gru_step, g, input, [h_0], [w_ih, w_hh, b_ih, b_hh], batch_sizes, reverse, needs)
    of_output, dh = g[0], g[1].copy()
    of_input, of_state = xp.empty_like(gates), xp.empty_like(gates)  # ds and dv
    for rows in reversed(steps(batch_sizes, reverse)):
        r, z, n = parts(gates[rows], 3)
        now = dh[: len(z)]
        now += of_output[rows]
        dn = now * (1 - z) * (1 - n * n)
        dz = now * (begun[rows] - n) * z * (1 - z)
        dr = dn * recalled[rows] * r * (1 - r)
        of_input[rows] = xp.concatenate([dr, dz, dn], axis=1)
        of_state[rows] = xp.concatenate([dr, dz, dn * r], axis=1)
        now[...] = of_state[rows] @ w_hh + now * z
    of_first, *of_weights = of_sums(xp, of_input, of_state, input, begun, w_ih, (needs[0], *needs[2:]))
    return of_first, dh if needs[1] else None, *of_weights


gru_sequence.op.refuse = refuse_mixed_dtypes
