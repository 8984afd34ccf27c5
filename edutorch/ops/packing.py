"""Sequences of different lengths as one tensor: padded to the longest, or packed with nothing in between.

Packed, a batch lies one time step after the other (see `time_steps.py`). Packing and padding are each other's gradient.
"""

from __future__ import annotations

from ..errors import with_remedy
from ..op import Array, Arrays, op
from .time_steps import steps

__all__ = []


@op(name="_pack_padded_sequence", node="PackPaddedSequenceBackward0", cast=None, method=False, out=False)
def pack_steps(xp, input: Array, batch_sizes):
    """Take the first rows of each time step, as many as there are sequences that long.

    Shape:    input (T, B, *) -> out (N, *), N the sum of `batch_sizes`
    Math:     y = [x[0, :n_0], x[1, :n_1], …]
    Gradient: dL/dx = g, padded with zeros
    """
    return xp.concatenate([input[t, :n] for t, n in enumerate(batch_sizes)])


@op(name="_pad_packed_sequence", cast=None, method=False, out=False)
def pad_steps(xp, data: Array, batch_sizes, padding_value=0.0, total_length=None, batch=None):
    """Put packed rows back at their time steps and sequences; where a sequence has ended, there is padding.

    Shape:    data (N, *) -> out (T, B, *); T is `total_length`, by default the number of steps, and B is `batch`, by
              default the first step's size
    Math:     y[t, :n_t] = x[n_0 + … + n_(t-1) :][: n_t],  y[t, n_t:] = padding_value
    Gradient: dL/dx = g, packed
    """
    shape = (total_length or len(batch_sizes), batch or batch_sizes[0], *data.shape[1:])
    padded = xp.full(shape, padding_value, data.dtype)
    for t, rows in enumerate(steps(batch_sizes, reverse=False)):
        padded[t, : batch_sizes[t]] = data[rows]
    return padded


pack_steps.grad(input=lambda g, shape, batch_sizes: pad_steps.both(g, batch_sizes, 0.0, shape[0], shape[1]))
pad_steps.grad(data=lambda g, batch_sizes: pack_steps.both(g, batch_sizes))


@op(name="pad_sequence", cast=None, method=False, out=False)
def pad_sequence(xp, sequences: Arrays, batch_first=False, padding_value=0.0, padding_side="right"):
    """Stack sequences of different lengths, filled up to the longest.

    Shape:    B sequences (L_b, *) -> out (T, B, *), or (B, T, *) with `batch_first`; T the greatest L_b
    Math:     y[t, b] = x_b[t] for t < L_b, otherwise padding_value; on the left: y[T - L_b + t, b] = x_b[t]
    Gradient: dL/dx_b = g[:L_b, b]

    Raises:
        RuntimeError: if there are none, or their further dimensions differ.
    """
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    features = sequences[0].shape[1:]
    length = max(len(s) for s in sequences)
    padded = xp.full((len(sequences), length, *features), padding_value, sequences[0].dtype)
    for b, sequence in enumerate(sequences):
        _need_features(b, sequence.shape, features)
        padded[b, place(len(sequence), length, padding_side)] = sequence
    return padded if batch_first else padded.swapaxes(0, 1).copy()


def _to_each(g, shape, batch_first, padding_side):
    by_sequence = g if batch_first else g.swapaxes(0, 1)
    length = by_sequence.shape[1]
    return [None if s is None else by_sequence[b][place(s[0], length, padding_side)] for b, s in enumerate(shape)]


pad_sequence.grad(sequences=_to_each)


def place(n, length, padding_side):
    """Return where a sequence of n elements lies among `length`."""
    return slice(0, n) if padding_side == "right" else slice(length - n, length)


def _need_features(b, shape, features):
    if shape[1:] == features:
        return
    place = shape[:1] + features
    sentence = f"output with shape {list(place)} doesn't match the broadcast shape {list(shape)}"
    for axis, (n, m) in enumerate(zip(place, shape, strict=False)):
        if n != m:
            sentence = f"The size of tensor a ({n}) must match the size of tensor b ({m}) at non-singleton dimension"
            sentence = f"{sentence} {axis}"
            break
    remedy = f"Only the first dimension may differ; sequence {b} has {shape[1:]} after it, the first {features}."
    raise RuntimeError(with_remedy(sentence, remedy))
