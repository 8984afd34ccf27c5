"""Recurrent layers and cells of `edutorch/nn/modules/rnn.py`."""

from tests.nn.layers import Layer, Refused
from tests.samples import randn

X = randn(5, 2, 3)  # five steps of two sequences
H, H2, H4 = randn(1, 2, 4), randn(2, 2, 4), randn(4, 2, 4)
C, C2 = randn(1, 2, 4, salt=1), randn(2, 2, 4, salt=1)

LAYERS = [
    Layer("RNN", 3, 4, inputs=[X]),
    Layer("RNN", 3, 4, 2, "relu", True, True, inputs=[X]),
    Layer("RNN", 3, 4, num_layers=2, nonlinearity="relu", bidirectional=True, inputs=[X, H4]),
    Layer("RNN", 3, 4, 1, "tanh", False, inputs=[X, H]),
    Layer("RNN", 3, 4, inputs=[randn(5, 3)]),
    Layer("LSTM", 3, 4, inputs=[X]),
    Layer("LSTM", 3, 4, 2, inputs=[X, (H2, C2)]),
    Layer("LSTM", 3, 4, 2, False, True, bidirectional=True, inputs=[X]),
    Layer("LSTM", 3, 4, batch_first=True, proj_size=2, inputs=[X]),
    Layer("LSTM", 3, 4, 2, bidirectional=True, bias=False, proj_size=2, inputs=[X]),
    Layer("LSTM", 3, 4, proj_size=2, inputs=[X, (randn(1, 2, 2), C)]),
    Layer("LSTM", 3, 4, bidirectional=True, batch_first=True, inputs=[randn(5, 3), (randn(2, 4), randn(2, 4))]),
    Layer("LSTM", 3, 4, inputs=[randn(1, 1, 3)]),
    Layer("LSTM", 3, 4, inputs=[randn(5, 0, 3)]),
    Layer("GRU", 3, 4, inputs=[X]),
    Layer("GRU", 3, 4, 2, True, True, 0, True, inputs=[randn(2, 5, 3), H4]),
    Layer("GRU", 3, 4, bias=False, inputs=[X, H]),
    Layer("GRU", 3, 4, inputs=[randn(5, 3), randn(1, 4)]),
    Layer("RNNCell", 3, 4, inputs=[randn(2, 3)]),
    Layer("RNNCell", 3, 4, False, "relu", inputs=[randn(2, 3), randn(2, 4)]),
    Layer("RNNCell", 3, 4, inputs=[randn(3), randn(4)]),
    Layer("LSTMCell", 3, 4, inputs=[randn(2, 3)]),
    Layer("LSTMCell", 3, 4, False, inputs=[randn(2, 3), (randn(2, 4), randn(2, 4, salt=1))]),
    Layer("LSTMCell", 3, 4, inputs=[randn(3), (randn(4), randn(4, salt=1))]),
    Layer("GRUCell", 3, 4, inputs=[randn(2, 3)]),
    Layer("GRUCell", 3, 4, bias=False, inputs=[randn(2, 3), randn(2, 4)]),
    Layer("GRUCell", 3, 4, inputs=[randn(3), randn(4)]),
]

RNNS = ("RNN", "LSTM", "GRU")
REFUSED = [
    *[
        Refused(name, 3, 4, inputs=[randn(*shape)])
        for name in RNNS
        for shape in ((3,), (2, 5, 2, 3), (5, 2, 4), (5, 4))
    ],
    *[Refused(name, 3, 4, inputs=[X.astype("float32").astype("int64")]) for name in RNNS],
    *[Refused(name, 3, 4, inputs=[randn(0, 2, 3)]) for name in RNNS],
    *[Refused(name, *sizes) for name in RNNS for sizes in ((0, 4), (3, 0), (3.0, 4), (3, "4"), (3,), (3, 4, 0), ())],
    *[Refused(name, 3, 4, dropout=p) for name in RNNS for p in (-0.1, 1.1, True)],
    *[Refused(name, 3, 4, **{option: 1}) for name in RNNS for option in ("bias", "batch_first", "unknown")],
    *[Refused(name, 3, 4, proj_size=2) for name in ("RNN", "GRU")],
    *[Refused("LSTM", 3, 4, proj_size=p) for p in (-1, 4)],
    Refused("RNN", 3, 4, 1, "selu"),
    *[Refused(name, 3, 4, inputs=[X, h]) for name in ("RNN", "GRU") for h in (randn(2, 4), randn(1, 3, 4), H2)],
    *[Refused(name, 3, 4, inputs=[randn(5, 3), H]) for name in ("RNN", "GRU")],
    *[Refused("LSTM", 3, 4, inputs=[X, h]) for h in ((randn(2, 4), C), (H, randn(1, 3, 4)), (H2, C), (H, C2))],
    Refused("LSTM", 3, 4, inputs=[randn(5, 3), (H, C)]),
    Refused("LSTM", 3, 4, proj_size=2, inputs=[X, (H, C)]),
    Refused("RNNBase", "SRU", 3, 4),
    Refused("RNNBase", "GRU", 3, 4, inputs=[X]),
    Refused("RNNCell", 3, 4, nonlinearity="selu", inputs=[randn(2, 3)]),
    *[Refused(name + "Cell", 3, 4, inputs=[x]) for name in RNNS for x in (X, randn(2, 4))],
    *[Refused(name + "Cell", 3, 4, inputs=[randn(2, 3), h]) for name in ("RNN", "GRU") for h in (H, randn(3, 4))],
    *[Refused(name + "Cell", 3, 4, inputs=[randn(2, 3), randn(2, 5)]) for name in ("RNN", "GRU")],
    Refused("LSTMCell", 3, 4, inputs=[randn(2, 3), (H, C)]),
    Refused("LSTMCell", 3, 4, inputs=[randn(2, 3), (randn(2, 4), randn(2, 5))]),
    Refused("LSTMCell", 3, 4, inputs=[randn(2, 3), (randn(2, 4),)]),
    Refused("LSTMCell", 3, 4, inputs=[randn(2, 3), randn(2, 4)]),
]
