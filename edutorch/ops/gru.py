"""The gated recurrent unit: two gates, and no memory beside the state.

K. Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation,
EMNLP 2014, arXiv:1406.1078. As in most libraries, the reset gate acts after the product with the state.
"""

from __future__ import annotations

from ..op import Array, op
from .dialect import dialect
from .linear import linear
from .time_steps import before, of_sums, refuse_mixed_dtypes, steps, sums_of_input, through_steps

__all__ = []


def gru_step(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step in plain operators: the new state lies between the old one and a candidate."""
    r, z, n = linear(x, w_ih, b_ih).chunk(3, 1)
    from_h_r, from_h_z, from_h_n = linear(h, w_hh, b_hh).chunk(3, 1)
    r, z = (r + from_h_r).sigmoid(), (z + from_h_z).sigmoid()
    n = (n + r * from_h_n).tanh()
    return (n + z * (h - n),)


@op(cast="same", method=False, outputs=("output", "h_n"), extras=("gates", "recalled"))
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
    size = h_0.shape[1]
    gates = sums_of_input(xp, input, w_ih, b_ih)
    recalled = xp.empty((len(input), size), input.dtype)  # m
    h, w_hh_t = h_0.copy(), xp.ascontiguousarray(w_hh.T)
    output = xp.empty_like(recalled)
    for rows in steps(batch_sizes, reverse):
        gate, m, now = gates[rows], recalled[rows], output[rows]
        last = h[: len(gate)]
        sums = last @ w_hh_t
        if b_hh is not None:
            sums += b_hh
        switches, n = gate[:, : 2 * size], gate[:, 2 * size :]
        switches += sums[:, : 2 * size]
        switches *= 0.5  # sigmoid(s) = (1 + tanh(s/2)) / 2
        xp.tanh(switches, out=switches)
        switches *= 0.5
        switches += 0.5
        r, z = switches[:, :size], switches[:, size:]
        m[...] = sums[:, 2 * size :]
        n += r * m
        xp.tanh(n, out=n)
        xp.subtract(last, n, out=now)
        now *= z
        now += n
        last[...] = now
    return (output, h), gates, recalled


@gru_sequence.backward
def gru_gradients(xp, g, input, h_0, w_ih, w_hh, b_ih, b_hh, output, gates, recalled, batch_sizes, reverse, needs):
    if xp is dialect:
        return through_steps(gru_step, g, input, [h_0], [w_ih, w_hh, b_ih, b_hh], batch_sizes, reverse, needs)
    of_output, dh = g[0], g[1].copy()
    size = h_0.shape[1]
    begun = before(xp, output, h_0, batch_sizes, reverse)
    of_input, of_state = xp.empty_like(gates), xp.empty_like(gates)  # ds and dv
    for rows in reversed(steps(batch_sizes, reverse)):
        gate, ds, dv = gates[rows], of_input[rows], of_state[rows]
        r, z, n = (gate[:, k * size : (k + 1) * size] for k in range(3))
        dr, dz, dn = (ds[:, k * size : (k + 1) * size] for k in range(3))
        xp.subtract(1, gate, out=ds)  # how steep the gates are: s(1 - s), and 1 - n² for the tanh
        now = dh[: len(gate)]
        now += of_output[rows]
        kept = now * z
        leaves = now - kept  # dh (1 - z)
        ds *= gate
        dz *= begun[rows] - n
        dz *= now
        xp.multiply(n, n, out=dn)
        xp.subtract(1, dn, out=dn)
        dn *= leaves
        dr *= recalled[rows]
        dr *= dn
        dv[...] = ds
        dv[:, 2 * size :] *= r
        xp.matmul(dv, w_hh, out=now)
        now += kept
    of_first, *of_weights = of_sums(xp, of_input, of_state, input, begun, w_ih, (needs[0], *needs[2:]))
    return of_first, dh if needs[1] else None, *of_weights


gru_sequence.op.refuse = refuse_mixed_dtypes
