"""Recurrent layers, and their cells for those who write the loop over time themselves."""

from __future__ import annotations

import math
import numbers
import warnings

from ...ops import recurrent_cells as cells
from ...ops import recurrent_layers as layers
from ...ops.create import empty, zeros
from .. import init
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from .module import Module

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` have in common: the weights, and the many forms that an input may have.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU". The rest: as for these.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: of the first layer; of the others with their numbers, of the
            backward direction with `_reverse`. All are uniform in ±1/sqrt(hidden_size) at the start.
        all_weights: the same as a list for each layer and direction.
    """

    def __init__(
        self,
        mode,
        input_size,
        hidden_size,
        num_layers=1,
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        proj_size=0,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.bidirectional, self.proj_size = bias, batch_first, bidirectional, proj_size
        self.dropout = float(dropout)
        self._check_arguments(dropout)
        self._all_weights = []
        directions = 2 if bidirectional else 1
        shown = proj_size or hidden_size
        rows = GATES[mode] * hidden_size
        for layer in range(num_layers):
            heard = input_size if layer == 0 else shown * directions
            shapes = {"weight_ih": (rows, heard), "weight_hh": (rows, shown)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for suffix in ("", "_reverse")[:directions]:
                names = {f"{kind}_l{layer}{suffix}": shape for kind, shape in shapes.items()}
                for name, shape in names.items():
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(list(names))
        self.reset_parameters()

    def _check_arguments(self, dropout):
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= self.dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if self.dropout and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name, kind in {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int}.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
            if kind is int and value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    def reset_parameters(self):
        """Draw new initial values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        """Do nothing: PyTorch moves the weights together in a GPU's memory here."""

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self):
        """The weights, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def __getstate__(self):
        return vars(self) | {"_flat_weights_names": self._flat_weights_names, "_flat_weights": self._flat_weights}

    def __setstate__(self, state):
        super().__setstate__({k: v for k, v in state.items() if k not in ("_flat_weights_names", "_flat_weights")})

    # ---- the forms of an input

    def _run(self, function, input, hx):
        """Call the operator: on packed rows, or on batches with or without their batch dimension."""
        states = None if hx is None else list(hx) if self.mode == "LSTM" else [hx]
        if isinstance(input, PackedSequence):
            return self._run_packed(function, input, states)
        if input.dim() not in (2, 3):
            name, what = type(self).__name__, " tensor" if self.mode.startswith("RNN") else ""
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}D{what} instead")
        batched, batch_dim = input.dim() == 3, 0 if self.batch_first else 1
        if states is not None:
            self._need_dimensions(states, 3 if batched else 2)
        if not batched:
            input = input.unsqueeze(batch_dim)
            states = None if states is None else [state.unsqueeze(1) for state in states]
        states = self._checked(input, states, input.size(batch_dim), dimensions=3)
        output, *ends = function(input, self._as_hx(states), *self._options(), self.batch_first)
        if not batched:
            output, ends = output.squeeze(batch_dim), [end.squeeze(1) for end in ends]
        return output, self._as_hx(ends)

    def _run_packed(self, function, input, states):
        data, batch_sizes, order, back = input
        if states is not None and order is not None:
            states = [state.index_select(1, order) for state in states]
        states = self._checked(data, states, batch_sizes[0].item(), dimensions=2)
        output, *ends = function(data, batch_sizes, self._as_hx(states), *self._options())
        if back is not None:
            ends = [end.index_select(1, back) for end in ends]
        return PackedSequence(output, batch_sizes, order, back), self._as_hx(ends)

    def _options(self):
        return self._flat_weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional

    def _as_hx(self, states):
        """Return states as users see them: an LSTM's as a pair."""
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _need_dimensions(self, states, n):
        if all(state.dim() == n for state in states):
            return
        form = "batched 3-D" if n == 3 else "unbatched 2-D"
        got = ", ".join(f"{state.dim()}-D" for state in states)
        if self.mode == "LSTM":
            raise RuntimeError(f"For {form} input, hx and cx should also be {n}-D but got ({got}) tensors")
        raise RuntimeError(f"For {form} input, hx should also be {n}-D but got {got} tensor")

    def _checked(self, input, states, batch, dimensions):
        """Return the states, zeros if there are none, after a check of all sizes.

        Raises:
            ValueError: for an input of another dtype. RuntimeError: for sizes that are not the layer's.
        """
        ours = self._flat_weights[0].dtype
        if input.dtype != ours:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({ours}). Convert input: "
                f"input.to({ours}), or convert model: model.to({input.dtype})"
            )
        if input.dim() != dimensions:
            raise RuntimeError(f"input must have {dimensions} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )
        number = self.num_layers * (2 if self.bidirectional else 1)
        sizes = [self.proj_size or self.hidden_size] + [self.hidden_size] * (self.mode == "LSTM")
        shapes = [(number, batch, size) for size in sizes]
        if states is None:
            return [zeros(shape, dtype=input.dtype, device=input.device) for shape in shapes]
        for k, (state, shape) in enumerate(zip(states, shapes, strict=True)):
            if tuple(state.shape) != shape:
                name = f"hidden[{k}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(f"Expected {name} size {shape}, got {list(state.shape)}")
        return states

    def extra_repr(self):
        """Say the sizes, and the options that are set."""
        options = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        options["bidirectional"] = False
        said = [f"{name}={getattr(self, name)}" for name, usual in options.items() if getattr(self, name) != usual]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *said])


class RNN(RNNBase):
    """A simple recurrent network (Elman 1990) of several layers: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh).

    Args:
        input_size: features of each element of a sequence. hidden_size: features of the state h.
        num_layers: how many networks stand one above the other, each reading what the one below shows.
        nonlinearity: "tanh" or "relu".
        bias: whether to add b_ih and b_hh.
        batch_first: whether sequences come as (B, T, features) instead of (T, B, features).
        dropout: the probability of dropping what a layer shows to the next, in training.
        bidirectional: a second network reads each sequence backwards; what the two show is put side by side.

    Shape:
        input (T, B, input_size), h_0 (L D, B, hidden_size), zeros if not given -> output (T, B, D hidden_size),
        h_n like h_0; L layers, D directions. Without B for a single sequence; or a `PackedSequence`

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.RNN(10, 20, num_layers=2)
        >>> output, h_n = layer(torch.randn(5, 3, 10))
        >>> output.shape, h_n.shape
        (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        """Run over the sequences; returns what the last layer showed at each step, and all states at the end."""
        return self._run(layers.rnn_tanh if self.nonlinearity == "tanh" else layers.rnn_relu, input, hx)


class LSTM(RNNBase):
    """A long short-term memory (Hochreiter & Schmidhuber 1997) of several layers.

        i, f, o = sigmoid(W x_t + b_ih + U h_(t-1) + b_hh),  g = tanh(...)
        c_t = f c_(t-1) + i g,  h_t = o tanh(c_t)

    Args:
        input_size: features of each element of a sequence. hidden_size: features of the memory c and the state h.
        num_layers: how many networks stand one above the other, each reading what the one below shows.
        bias: whether to add b_ih and b_hh.
        batch_first: whether sequences come as (B, T, features) instead of (T, B, features).
        dropout: the probability of dropping what a layer shows to the next, in training.
        bidirectional: a second network reads each sequence backwards; what the two show is put side by side.
        proj_size: if not 0, h is projected to this many features by a further matrix (arXiv:1402.1128).

    Shape:
        input (T, B, input_size), (h_0, c_0), each (L D, B, hidden_size), zeros if not given
        -> output (T, B, D hidden_size), (h_n, c_n) like (h_0, c_0); L layers, D directions. With proj_size h and the
        output have that many features. Without B for a single sequence; or a `PackedSequence`

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.LSTM(10, 20, num_layers=2, bidirectional=True)
        >>> output, (h_n, c_n) = layer(torch.randn(5, 3, 10))
        >>> output.shape, h_n.shape, c_n.shape
        (torch.Size([5, 3, 40]), torch.Size([4, 3, 20]), torch.Size([4, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input, hx=None):
        """Run over the sequences; returns what the last layer showed at each step, and all states at the end."""
        return self._run(layers.lstm, input, hx)


class GRU(RNNBase):
    """A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) of several layers.

        r, z = sigmoid(W x_t + b_ih + U h_(t-1) + b_hh)
        n = tanh(W x_t + b_ih + r (U h_(t-1) + b_hh)),  h_t = (1 - z) n + z h_(t-1)

    Args:
        input_size: features of each element of a sequence. hidden_size: features of the state h.
        num_layers: how many networks stand one above the other, each reading what the one below shows.
        bias: whether to add b_ih and b_hh.
        batch_first: whether sequences come as (B, T, features) instead of (T, B, features).
        dropout: the probability of dropping what a layer shows to the next, in training.
        bidirectional: a second network reads each sequence backwards; what the two show is put side by side.

    Shape:
        input (T, B, input_size), h_0 (L D, B, hidden_size), zeros if not given -> output (T, B, D hidden_size),
        h_n like h_0; L layers, D directions. Without B for a single sequence; or a `PackedSequence`

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.GRU(10, 20, batch_first=True)
        >>> output, h_n = layer(torch.randn(3, 5, 10))
        >>> output.shape, h_n.shape
        (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input, hx=None):
        """Run over the sequences; returns what the last layer showed at each step, and all states at the end."""
        return self._run(layers.gru, input, hx)


class RNNCellBase(Module):
    """What the cells have in common: two weights and two biases.

    Args:
        num_chunks: how many times `hidden_size` rows the weights have. The rest: as for the cells.
    """

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            value = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw new initial values, uniform in ±1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _step(self, function, input, hx, *names):
        """Call the operator; where there is no batch, on a batch of one.

        Args:
            hx: the states, as many as `names`, which an error calls them by; or None for zeros.
        """
        self._need_vectors("input", input)
        for name, state in zip(names, () if hx is None else hx, strict=False):
            self._need_vectors(name, state)
        batched = input.dim() == 2
        if not batched:
            input, hx = input.unsqueeze(0), None if hx is None else [state.unsqueeze(0) for state in hx]
        if hx is None:
            hx = [zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)] * len(names)
        states = function(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return states if batched else tuple(state.squeeze(0) for state in states)

    def _need_vectors(self, name, tensor):
        if tensor.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected {name} to be 1D or 2D, got {tensor.dim()}D instead")

    def extra_repr(self):
        """Say the sizes, and the options that are set."""
        said = [] if self.bias is True else [f"bias={self.bias}"]
        said += [f"nonlinearity={self.nonlinearity}"] if getattr(self, "nonlinearity", "tanh") != "tanh" else []
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *said])


class RNNCell(RNNCellBase):
    """One step of a simple recurrent network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Args:
        input_size, hidden_size: features of x and of h.
        bias: whether to add b_ih and b_hh.
        nonlinearity: "tanh" or "relu".

    Shape:
        input (B, input_size), h (B, hidden_size), zeros if not given -> h' (B, hidden_size); or all without B

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: W and b above.

    Example:
        >>> import edutorch as torch
        >>> cell, h = torch.nn.RNNCell(10, 20), torch.zeros(3, 20)
        >>> for x in torch.randn(6, 3, 10):
        ...     h = cell(x, h)
        >>> h.shape
        torch.Size([3, 20])
    """

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        """Return the new state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        function = cells.rnn_tanh_cell if self.nonlinearity == "tanh" else cells.rnn_relu_cell
        return self._step(_alone(function), input, None if hx is None else [hx], "hidden")[0]


class LSTMCell(RNNCellBase):
    """One step of an LSTM: c' = f c + i g, h' = o tanh(c'), with the gates as for `LSTM`.

    Args:
        input_size, hidden_size: features of x, and of h and c.
        bias: whether to add b_ih and b_hh.

    Shape:
        input (B, input_size), (h, c), each (B, hidden_size), zeros if not given -> (h', c'); or all without B

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: 4 hidden_size rows each, for i, f, g and o.

    Example:
        >>> import edutorch as torch
        >>> cell = torch.nn.LSTMCell(10, 20)
        >>> h, c = cell(torch.randn(3, 10))
        >>> h.shape, c.shape
        (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        """Return the new state and memory."""
        return self._step(cells.lstm_cell, input, hx, "hx[0]", "hx[1]")


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit: h' = (1 - z) n + z h, with the gates as for `GRU`.

    Args:
        input_size, hidden_size: features of x and of h.
        bias: whether to add b_ih and b_hh.

    Shape:
        input (B, input_size), h (B, hidden_size), zeros if not given -> h' (B, hidden_size); or all without B

    Attributes:
        weight_ih, weight_hh, bias_ih, bias_hh: 3 hidden_size rows each, for r, z and n.

    Example:
        >>> import edutorch as torch
        >>> cell = torch.nn.GRUCell(10, 20)
        >>> cell(torch.randn(3, 10)).shape
        torch.Size([3, 20])
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        """Return the new state."""
        return self._step(_alone(cells.gru_cell), input, None if hx is None else [hx], "hidden")[0]


def _alone(function):
    """Return a cell's function with its one state in a list, before and after."""
    return lambda input, hx, *weights: (function(input, hx[0], *weights),)
