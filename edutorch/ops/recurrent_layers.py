"""Recurrent layers: networks of one direction side by side, one above the other, with dropout in between.

Each is called as PyTorch's, in two ways: with sequences of equal length, and with packed ones.

    lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
    lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)
"""

from __future__ import annotations

from functools import partial

from ..op.autocast import asks_autocast, autocast_operands
from ..tensor import Tensor
from .dropout import dropout as drop
from .gru import gru_sequence
from .join import cat, stack
from .lstm import lstm_sequence
from .rnn import rnn_sequence

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]


@asks_autocast
def rnn_tanh(*arguments):
    """Run layers of simple recurrent networks; the arguments are those at the top of this file.

    Shape: input (T, B, I), hx (L D, B, H) -> output (T, B, D H), h_n (L D, B, H); L layers, D directions
    """
    return _run(rnn_sequence, _as_list, *arguments)


@asks_autocast
def rnn_relu(*arguments):
    """Run layers of simple recurrent networks with ReLU; the arguments are those at the top of this file.

    Shape: input (T, B, I), hx (L D, B, H) -> output (T, B, D H), h_n (L D, B, H); L layers, D directions
    """
    return _run(partial(rnn_sequence, nonlinearity="relu"), _as_list, *arguments)


def gru(*arguments):
    """Run layers of gated recurrent units; the arguments are those at the top of this file.

    Shape: input (T, B, I), hx (L D, B, H) -> output (T, B, D H), h_n (L D, B, H); L layers, D directions
    """
    return _run(gru_sequence, _as_list, *autocast_operands("gru", *arguments))


def lstm(*arguments):
    """Run layers of LSTMs; the arguments are those at the top of this file.

    Shape: input (T, B, I), hx: h_0 and c_0 (L D, B, H) -> output (T, B, D H), h_n, c_n; L layers, D directions
    """
    packed = isinstance(arguments[1], Tensor)
    if not packed or arguments[0].device.type == "cuda":  # on the CPU, packed sequences keep their dtype
        arguments = autocast_operands("lstm", *arguments)
    return _run(lstm_sequence, _two_states, *arguments)


def _as_list(hx):
    return [hx]


def _two_states(hx):
    if len(hx) != 2:
        raise RuntimeError("lstm expects two hidden states")
    return hx


def _run(sequence, states_of, input, second, third, *options):
    """Sort out which way the layer was called, and run it."""
    if isinstance(third, Tensor) or isinstance(options[0], (list, tuple)):
        params, *options = options
        return _layers(sequence, input, states_of(third), params, *options, batch_sizes=tuple(second.tolist()))
    *options, batch_first = options
    if batch_first:
        input = input.transpose(0, 1)
    length, batch = input.shape[:2]
    if not length:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    rows = input.reshape(length * batch, -1) if batch else input.reshape(0, input.shape[2])
    rows, *states = _layers(sequence, rows, states_of(second), third, *options, batch_sizes=(batch,) * length)
    output = rows.view(length, batch, rows.shape[1])
    return output.transpose(0, 1) if batch_first else output, *states


def _layers(sequence, rows, states, params, has_biases, num_layers, dropout, train, bidirectional, batch_sizes):
    """Run all layers on packed rows; returns the last one's output, and each layer's last states, stacked."""
    directions = 2 if bidirectional else 1
    projected = len(states) == 2 and states[0].shape[2] != states[1].shape[2]
    each = 2 + 2 * has_biases + projected
    ends = []
    for layer in range(num_layers):
        shown = []
        for k in range(layer * directions, (layer + 1) * directions):
            w_ih, w_hh, *rest = params[k * each : (k + 1) * each]
            biases = rest[:2] if has_biases else (None, None)
            output, *end = sequence(
                *(rows, *[state[k] for state in states], w_ih, w_hh, *biases, *rest[len(rest) - projected :]),
                batch_sizes=batch_sizes,
                reverse=k % directions == 1,
            )
            shown.append(output)
            ends.append(end)
        rows = cat(shown, 1) if bidirectional else shown[0]
        if layer < num_layers - 1:
            rows = drop(rows, dropout, train)
    return rows, *[stack(end) for end in zip(*ends, strict=True)]
