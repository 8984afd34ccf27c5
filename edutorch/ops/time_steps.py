"""Sequences step by step: what the simple recurrent network, the LSTM and the GRU have in common.

A batch of sequences lies in memory one time step after the other. Sequences of 4, 2 and 1 elements, the longest first:

    a1 b1 c1 | a2 b2 | a3 | a4        batch_sizes = 3, 2, 1, 1

So the rows of a step are neighbours, nothing is padded, and a batch of equal lengths is the case n, n, n, ... The state
has a row for each sequence; a step of n rows changes the first n. The others keep what they have: forwards they have
ended, and hold their last state; backwards they have not begun, and hold their first.
"""

from __future__ import annotations

from itertools import accumulate

from ..autograd import grad
from ..errors import with_remedy
from ..tensor import Tensor
from .join import cat


def steps(batch_sizes, reverse):
    """Return the rows of each time step, in the order in which they are read: a list of slices."""
    in_time = [slice(end - n, end) for end, n in zip(accumulate(batch_sizes), batch_sizes, strict=True)]
    return in_time[::-1] if reverse else in_time


def step_by_step(cell, input, states, weights, batch_sizes, reverse=False):
    """Run a cell over sequences in plain operators: what each whole-sequence operator must equal.

    Args:
        cell: a function of one step's input, the states and the weights; returns the new states, what it shows first.
        input: (N, features), N the sum of `batch_sizes`. states: each (batch, features).

    Returns:
        what it showed at each step, (N, features), and the states at the end.
    """
    shown = {}
    for rows in steps(batch_sizes, reverse):
        n = rows.stop - rows.start
        new = cell(input[rows], *[state[:n] for state in states], *weights)
        states = [cat([moved, state[n:]]) for moved, state in zip(new, states, strict=True)]
        shown[rows.start] = new[0]
    return cat([shown[start] for start in sorted(shown)]), *states


def through_steps(cell, g, input, states, weights, batch_sizes, reverse, needs):
    """Return the gradients by way of the plain steps: these can be differentiated again."""
    operands = [t if t is None else t.view(t.shape) for t in (input, *states, *weights)]
    input, states, weights = operands[0], operands[1 : 1 + len(states)], operands[1 + len(states) :]
    results = step_by_step(cell, input, states, weights, batch_sizes, reverse)
    wanted = [t for t, need in zip(operands, needs, strict=True) if need]
    found = iter(grad(results, wanted, g, create_graph=True))
    return tuple(next(found) if need else None for need in needs)


def sums_of_input(xp, input, w_ih, *biases):
    """Return what the inputs of all steps add to the cell's sums, as they do not wait for any state: one product."""
    sums = input @ w_ih.T
    given = [bias for bias in biases if bias is not None]
    if given:
        sums += sum(given)
    return sums


def parts(gates, number):
    """Return the gates of some rows: their columns in so many equal parts."""
    size = gates.shape[1] // number
    return [gates[:, k * size : (k + 1) * size] for k in range(number)]


def sigmoid(xp, sums):
    """Return how far gates are open, between 0 and 1."""
    return 1 / (1 + xp.exp(-sums))


def before(xp, shown, first, batch_sizes, reverse):
    """Return the state that each row's step began with, given the states that the steps ended with."""
    begun, state = xp.empty_like(shown), first.copy()
    for rows in steps(batch_sizes, reverse):
        n = rows.stop - rows.start
        begun[rows] = state[:n]
        state[:n] = shown[rows]
    return begun


def of_sums(xp, of_input, of_state, input, begun, w_ih, needs):
    """Return the gradients of the input, w_ih, w_hh, b_ih and b_hh from those of the sums, for all steps at once.

    Args:
        of_input: the gradient of w_ih x + b_ih in each row. of_state: that of w_hh h + b_hh, often the same array.
        begun: h in each row. needs: which of the five are wanted.
    """
    ones = xp.ones(len(input), input.dtype)
    to_input, to_w_ih, to_w_hh, to_b_ih, to_b_hh = needs
    of_b_ih = ones @ of_input if to_b_ih else None
    of_b_hh = (of_b_ih if to_b_ih and of_state is of_input else ones @ of_state) if to_b_hh else None
    return (
        of_input @ w_ih if to_input else None,
        of_input.T @ input if to_w_ih else None,
        of_state.T @ begun if to_w_hh else None,
        of_b_ih,
        of_b_hh,
    )


def refuse_mixed_dtypes(input, *others):
    """Raise PyTorch's error unless the operands have one floating dtype (a sequence operator's `refuse`).

    Raises:
        RuntimeError: as the name says.
    """
    dtypes = [t.dtype for t in (input, *others) if isinstance(t, Tensor)]
    for dtype in dtypes[1:]:
        if dtype != dtypes[0]:
            raise RuntimeError(
                with_remedy(
                    f"mat1 and mat2 must have the same dtype, but got {dtypes[0].legacy} and {dtype.legacy}",
                    "Input, states and weights need one dtype: x.to(layer.weight_ih_l0.dtype), or layer.to(x.dtype).",
                )
            )
    if not dtypes[0].is_floating_point:
        raise RuntimeError(f"result type Float can't be cast to the desired output type {dtypes[0].legacy}")
