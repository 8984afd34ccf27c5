"""Recurrent cells: one step, for those who write the loop over time themselves.

A step is a sequence of length one, so the work is done by the operators in `rnn.py`, `lstm.py` and `gru.py`.
"""

from __future__ import annotations

from ..op.autocast import asks_autocast
from ..tensor import Tensor
from .gru import gru_sequence
from .lstm import lstm_sequence
from .rnn import rnn_sequence

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]


@asks_autocast
def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step of a simple recurrent network.

    Shape: input (B, I), hx (B, H), w_ih (H, I), w_hh (H, H), biases (H,) -> (B, H)
    Math:  h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
    """
    need_shapes(input, hx, w_ih, w_hh, gates=1)
    return rnn_sequence(input, hx, w_ih, w_hh, b_ih, b_hh, (len(input),))[1]


@asks_autocast
def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step of a simple recurrent network with ReLU in place of tanh.

    Shape: input (B, I), hx (B, H), w_ih (H, I), w_hh (H, H), biases (H,) -> (B, H)
    Math:  h' = max(0, W_ih x + b_ih + W_hh h + b_hh)
    """
    need_shapes(input, hx, w_ih, w_hh, gates=1)
    return rnn_sequence(input, hx, w_ih, w_hh, b_ih, b_hh, (len(input),), nonlinearity="relu")[1]


@asks_autocast
def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step of an LSTM.

    Shape: input (B, I), hx = (h, c), both (B, H), w_ih (4H, I), w_hh (4H, H), biases (4H,) -> (h', c')
    Math:  c' = f c + i g,  h' = o tanh(c')

    Raises:
        RuntimeError: for shapes that do not fit. TypeError: if the states are no pair.
    """
    if isinstance(hx, Tensor):
        raise TypeError(f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}")
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    h, c = hx
    need_shapes(input, h, w_ih, w_hh, gates=4)
    need_state(input, c, h.shape[1], 1)
    return tuple(lstm_sequence(input, h, c, w_ih, w_hh, b_ih, b_hh, batch_sizes=(len(input),))[1:])


@asks_autocast
def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """Take one step of a gated recurrent unit.

    Shape: input (B, I), hx (B, H), w_ih (3H, I), w_hh (3H, H), biases (3H,) -> (B, H)
    Math:  h' = (1 - z) n + z h
    """
    need_shapes(input, hx, w_ih, w_hh, gates=3)
    return gru_sequence(input, hx, w_ih, w_hh, b_ih, b_hh, (len(input),))[1]


def need_shapes(input, h, w_ih, w_hh, gates):
    """Raise PyTorch's error unless the shapes fit.

    Raises:
        RuntimeError: as the name says.
    """
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}")
    need_state(input, h, w_hh.size(1), 0)
    if w_hh.size(0) != gates * h.size(1):
        raise RuntimeError(
            f"weight_hh first dim must be {gates} * hidden_size = {gates * h.size(1)}, but got {w_hh.size(0)}"
        )


def need_state(input, state, size, k):
    """Raise PyTorch's error unless a state has a row of the right size for each input.

    Raises:
        RuntimeError: as the name says.
    """
    if input.size(0) != state.size(0):
        raise RuntimeError(f"Input batch size {input.size(0)} doesn't match hidden{k} batch size {state.size(0)}")
    if state.size(1) != size:
        raise RuntimeError(f"hidden{k} has inconsistent hidden_size: got {state.size(1)}, expected {size}")
