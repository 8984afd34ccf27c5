"""LSTM, GRU and simple recurrent networks: in each time step one product and one launch, forward and backward."""

from __future__ import annotations

import numpy as np

from ...backends.cudnn import rnn as switches
from ...ops.gru import gru_sequence
from ...ops.lstm import lstm_sequence
from ...ops.rnn import rnn_sequence
from ...ops.time_steps import steps
from .gemm import gemm, suits
from .grids import LARGEST, elementwise, in_order, wide
from .source import FLOATS, Source, ctype

_EITHER = [f"{t}, {relu}" for t in FLOATS for relu in ("false", "true")]
_source = Source(
    "recurrent.cu",
    lstm_forward=FLOATS,
    lstm_backward=FLOATS,
    gru_forward=FLOATS,
    gru_backward=FLOATS,
    rnn_forward=_EITHER,
    rnn_backward=_EITHER,
)


def _fits(input, w_ih, w_hh, rows):
    """Whether the kernels can take these: they count in 32 bits, and need a sequence."""
    return suits(input, w_ih, w_hh) and 0 < len(input) * len(w_hh) < LARGEST and input.shape[1] > 0 and rows > 0


def _times(a, b, out=None, beta=0.0):
    """Multiply matrices, as exactly as recurrent layers are asked to."""
    return gemm(a, b, out, beta=beta, tf32=switches.fp32_precision == "tf32")


class _Steps:
    """The time steps of a sequence, and how a kernel is run for each.

    Attributes:
        slices: the rows of each step, in the order in which they are read.
    """

    def __init__(self, xp, like, units, batch_sizes, reverse):
        self.xp, self.dtype, self.units = xp, like.dtype, np.uint32(units)
        self.slices = steps(batch_sizes, reverse)

    def kernel(self, name, variant=""):
        """Return what runs a kernel on n rows of units."""
        found = _source.kernel(self.xp, f"{name}<{ctype(self.dtype)}{variant}>")

        def run(n, *arrays):
            found(*elementwise(n * int(self.units)), (*arrays, np.uint32(n), self.units))

        return run

    def backwards(self, kept):
        """Yield for each step, the last first: its rows, how many, and the kept rows of the step before it."""
        for rows, earlier in zip(reversed(self.slices), [*reversed(self.slices[:-1]), slice(0, 0)], strict=True):
            n, before = rows.stop - rows.start, earlier.stop - earlier.start
            yield rows, n, kept[earlier] if before else None, np.uint32(min(n, before))


def _bias(xp, w_hh, *biases):
    """Return the sum of the biases that are there, or zeros."""
    given = [in_order(b) for b in biases if b is not None]
    return sum(given[1:], given[0]) if given else xp.zeros(len(w_hh), w_hh.dtype)


def _of_sums(xp, of_input, of_state, input, begun, w_ih, needs):
    """Return the gradients of the input, w_ih, w_hh, b_ih and b_hh, for all steps at once: as `time_steps.of_sums`."""
    to_input, to_w_ih, to_w_hh, to_b_ih, to_b_hh = needs
    ones = xp.ones((1, len(input)), input.dtype) if to_b_ih or to_b_hh else None
    of_b_ih = _times(ones, of_input)[0] if to_b_ih else None
    of_b_hh = None
    if to_b_hh:
        of_b_hh = of_b_ih if to_b_ih and of_state is of_input else _times(ones, of_state)[0]
    return (
        _times(of_input, w_ih) if to_input else None,
        _times(of_input.mT, input) if to_w_ih else None,
        _times(of_state.mT, begun) if to_w_hh else None,
        of_b_ih,
        of_b_hh,
    )


# ---------------------------------------------------------------- LSTM


@lstm_sequence.kernel("cuda", halves=True)
def lstm_kernel(xp, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, batch_sizes, reverse):
    """Run the sequence."""
    if w_hr is not None or not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    number, units, rows = wide(input.dtype), w_hh.shape[1], len(input)
    gates = _times(input, w_ih.mT, xp.empty((rows, 4 * units), number))
    bias = _bias(xp, w_hh, b_ih, b_hh)
    h, c = h_0.copy(), c_0.astype(number)
    output, begun = (xp.empty((rows, units), input.dtype) for _ in range(2))
    cells = xp.empty((rows, units), number)
    in_time = _Steps(xp, input, units, batch_sizes, reverse)
    step = in_time.kernel("lstm_forward")
    for at in in_time.slices:
        n = at.stop - at.start
        _times(h[:n], w_hh.mT, gates[at], beta=1.0)
        step(n, gates[at], bias, h[:n], c[:n], output[at], cells[at], begun[at])
    return (output, h, c.astype(input.dtype, copy=False)), gates, cells, begun


@lstm_sequence.backward_kernel("cuda", halves=True)
def lstm_gradients_kernel(
    xp, g, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr, gates, cells, begun, batch_sizes, reverse, needs
):
    """Run the sequence backwards."""
    if w_hr is not None or not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    number, units = wide(input.dtype), w_hh.shape[1]
    of_output, dh, dc, c_0 = in_order(g[0]), g[1].astype(number), g[2].astype(number), in_order(c_0)
    slopes = xp.empty(gates.shape, input.dtype)
    in_time = _Steps(xp, input, units, batch_sizes, reverse)
    step = in_time.kernel("lstm_backward")
    for at, n, cells_before, before in in_time.backwards(cells):
        step(n, gates[at], cells[at], cells_before, c_0, of_output[at], dh[:n], dc[:n], slopes[at], before)
        _times(slopes[at], w_hh, dh[:n])
    of_input, *of_weights = _of_sums(xp, slopes, slopes, input, begun, w_ih, (needs[0], *needs[3:7]))
    of_h, of_c = (d.astype(input.dtype, copy=False) if need else None for d, need in ((dh, needs[1]), (dc, needs[2])))
    return of_input, of_h, of_c, *of_weights, None


# ---------------------------------------------------------------- GRU


@gru_sequence.kernel("cuda", halves=True)
def gru_kernel(xp, input, h_0, w_ih, w_hh, b_ih, b_hh, batch_sizes, reverse):
    """Run the sequence."""
    if not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    number, units, rows = wide(input.dtype), w_hh.shape[1], len(input)
    gates = _times(input, w_ih.mT, xp.empty((rows, 3 * units), number))
    bias, state_bias = _bias(xp, w_hh, b_ih), _bias(xp, w_hh, b_hh)
    h = h_0.copy()
    output, begun = (xp.empty((rows, units), input.dtype) for _ in range(2))
    recalled, from_state = xp.empty((rows, units), number), xp.empty((len(h), 3 * units), number)
    in_time = _Steps(xp, input, units, batch_sizes, reverse)
    step = in_time.kernel("gru_forward")
    for at in in_time.slices:
        n = at.stop - at.start
        _times(h[:n], w_hh.mT, from_state[:n])
        step(n, gates[at], from_state[:n], bias, state_bias, h[:n], output[at], recalled[at], begun[at])
    return (output, h), gates, recalled, begun


@gru_sequence.backward_kernel("cuda", halves=True)
def gru_gradients_kernel(
    xp, g, input, h_0, w_ih, w_hh, b_ih, b_hh, gates, recalled, begun, batch_sizes, reverse, needs
):
    """Run the sequence backwards."""
    if not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    number, units = wide(input.dtype), w_hh.shape[1]
    of_output, dh = in_order(g[0]), g[1].astype(number)
    of_input, of_state = (xp.empty(gates.shape, input.dtype) for _ in range(2))
    in_time = _Steps(xp, input, units, batch_sizes, reverse)
    step = in_time.kernel("gru_backward")
    for at in reversed(in_time.slices):
        n = at.stop - at.start
        step(n, gates[at], recalled[at], begun[at], of_output[at], dh[:n], of_input[at], of_state[at])
        _times(of_state[at], w_hh, dh[:n], beta=1.0)
    of_first, *of_weights = _of_sums(xp, of_input, of_state, input, begun, w_ih, (needs[0], *needs[2:]))
    return of_first, dh.astype(input.dtype, copy=False) if needs[1] else None, *of_weights


# ---------------------------------------------------------------- the simple network


@rnn_sequence.kernel("cuda", halves=True)
def rnn_kernel(xp, input, h_0, w_ih, w_hh, b_ih, b_hh, batch_sizes, reverse, nonlinearity):
    """Run the sequence."""
    if not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    units, rows = w_hh.shape[1], len(input)
    sums = _times(input, w_ih.mT, xp.empty((rows, units), wide(input.dtype)))
    bias, h = _bias(xp, w_hh, b_ih, b_hh), h_0.copy()
    output, states = (xp.empty((rows, units), input.dtype) for _ in range(2))
    in_time = _Steps(xp, input, units, batch_sizes, reverse)
    step = in_time.kernel("rnn_forward", _variant(nonlinearity))
    for at in in_time.slices:
        n = at.stop - at.start
        _times(h[:n], w_hh.mT, sums[at], beta=1.0)
        step(n, sums[at], bias, h[:n], output[at], states[at])
    return (output, h), states


@rnn_sequence.backward_kernel("cuda", halves=True)
def rnn_gradients_kernel(xp, g, input, h_0, w_ih, w_hh, b_ih, b_hh, states, batch_sizes, reverse, nonlinearity, needs):
    """Run the sequence backwards."""
    if not _fits(input, w_ih, w_hh, len(h_0)):
        return NotImplemented
    of_output, dh, h_0 = in_order(g[0]), g[1].astype(wide(input.dtype)), in_order(h_0)
    slopes, begun = xp.empty_like(states), xp.empty_like(states)
    in_time = _Steps(xp, input, w_hh.shape[1], batch_sizes, reverse)
    step = in_time.kernel("rnn_backward", _variant(nonlinearity))
    for at, n, states_before, before in in_time.backwards(states):
        step(n, states[at], states_before, h_0, of_output[at], dh[:n], slopes[at], begun[at], before)
        _times(slopes[at], w_hh, dh[:n])
    of_input, *of_weights = _of_sums(xp, slopes, slopes, input, begun, w_ih, (needs[0], *needs[2:]))
    return of_input, dh.astype(input.dtype, copy=False) if needs[1] else None, *of_weights


def _variant(nonlinearity):
    return ", true" if nonlinearity == "relu" else ", false"
