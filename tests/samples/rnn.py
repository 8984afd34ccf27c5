"""Samples for `edutorch/ops/recurrent_cells.py` and `recurrent_layers.py`, and so for `rnn.py`, `lstm.py`, `gru.py`."""

import numpy as np

from tests.samples import Error, Sample, randn

NAMES = {"node": False, "reason": "PyTorch's graph shows each step's operators, ours one node for the sequence"}
FLOATS = NAMES | {"dtypes": ("float64", "float32", "float16", "bfloat16")}
SEQUENCE = NAMES | {"dtypes": ("float64", "float32")}  # halves are rounded at each step by PyTorch, and drift apart
GATES = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}


def weights(name, inputs=3, size=4, bias=True, projected=0, layers=1, directions=1):
    """Return what `params` of a recurrent layer holds, small enough that gates stay open."""
    shapes = []
    for k in range(layers * directions):
        heard = inputs if k < directions else (projected or size) * directions
        shapes += [(GATES[name] * size, heard), (GATES[name] * size, projected or size)]
        shapes += [(GATES[name] * size,)] * 2 * bias + [(projected, size)] * bool(projected)
    return [randn(*shape, salt=k) / 2 for k, shape in enumerate(shapes)]


def states(name, number=1, batch=2, size=4, projected=0):
    """Return the initial states: an LSTM's are a pair."""
    h = randn(number, batch, projected or size)
    return (h, randn(number, batch, size, salt=1)) if name == "lstm" else h


def cell_states(name, batch=2, size=4):
    """Return the state of a cell: an LSTM's is a pair."""
    return (randn(batch, size), randn(batch, size, salt=1)) if name == "lstm" else randn(batch, size)


X, PACKED, SIZES = randn(5, 2, 3), randn(7, 3), np.array([3, 2, 1, 1])
TWO = {name: weights(name, layers=2, directions=2) for name in GATES}

SAMPLES = [
    *[Sample(f"{n}_cell", randn(2, 3), cell_states(n), *weights(n), opts=FLOATS) for n in GATES],
    *[Sample(f"{n}_cell", randn(1, 3), cell_states(n, 1), *weights(n, bias=False), opts=FLOATS) for n in GATES],
    *[Sample(n, X, states(n), weights(n), True, 1, 0.0, False, False, False, opts=SEQUENCE) for n in GATES],
    *[Sample(n, X, states(n, 4, 5), TWO[n], True, 2, 0.0, True, True, True, opts=SEQUENCE) for n in GATES],
    *[Sample(n, PACKED, SIZES, states(n, 4, 3), TWO[n], True, 2, 0.0, True, True, opts=SEQUENCE) for n in GATES],
    Sample("lstm", X, states("lstm", 2, projected=2), weights("lstm", bias=False, projected=2, directions=2),
           *(False, 1, 0.0, False, True, False), opts=SEQUENCE),
]  # fmt: skip

W, U, B = randn(16, 3), randn(16, 4), randn(16)
PAIR = cell_states("lstm")
ERRORS = [
    Error("lstm_cell", randn(2, 5), PAIR, W, U, B, B),
    Error("lstm_cell", randn(3, 3), PAIR, W, U, B, B),
    Error("lstm_cell", randn(2, 3), (randn(2, 5), randn(2, 4)), W, U, B, B),
    Error("lstm_cell", randn(2, 3), (randn(2, 4), randn(2, 5)), W, U, B, B),
    Error("lstm_cell", randn(2, 3), PAIR, W, randn(12, 4), B, B),
    Error("lstm_cell", randn(2, 3), (randn(2, 4),), W, U, B, B),
    Error("lstm_cell", randn(2, 3), randn(2, 4), W, U, B, B),
    Error("lstm_cell", randn(2, 3).astype("float32"), PAIR, W, U, B, B),
    Error("lstm_cell", randn(3), PAIR, W, U, B, B),
    Error("gru_cell", randn(2, 5), randn(2, 4), W[:12], U[:12]),
    Error("rnn_tanh_cell", randn(3, 3), randn(2, 4), W[:4], U[:4]),
    Error("rnn_relu_cell", randn(2, 3), randn(2, 5), W[:4], U[:4]),
    *[Error(n, X[:0], states(n), weights(n), True, 1, 0.0, False, False, False) for n in GATES],
    *[
        Error(n, X.astype("float32"), states(n), weights(n), True, 1, 0.0, False, False, False)
        for n in ("rnn_tanh", "rnn_relu", "gru")
    ],
    Error("lstm", X, (randn(1, 2, 4),), weights("lstm"), True, 1, 0.0, False, False, False),
]
