"""The stand-in for the package `nvidia-cudnn-frontend`: graphs are described to it, checked, and computed by NumPy.

Functions, arguments and words are those of `cudnn_names.txt`. A graph goes through the package's steps in their order;
sizes and layouts that cuDNN would refuse are refused. Numbers are read from raw memory by the strides that the graph
was told, so wrong ones give wrong results, and TF32 cuts float32 unless its note is deselected.
"""

from __future__ import annotations

import contextlib
import sys
from importlib.machinery import ModuleSpec
from itertools import product
from types import ModuleType, SimpleNamespace

import numpy as np
from ml_dtypes import bfloat16

from edutorch.kernels.cuda import cudnn as ours

from . import capture, cudnn_names, memory
from .arrays import CURRENT
from .counts import count
from .cublas import tf32

_NUMPY = {"FLOAT": np.float32, "HALF": np.float16, "BFLOAT16": bfloat16}
_STEPS = ("validate", "build_operation_graph", "create_execution_plans", "check_support", "build_plans")


class cudnnGraphNotSupportedError(RuntimeError):
    """What the package raises for graphs that cuDNN has no algorithm for."""


def _words(name):
    return SimpleNamespace(**{word: word for word in cudnn_names.WORDS[name]})


data_type, heur_mode = _words("data_type"), _words("heur_mode")
numerical_note, build_plan_policy = _words("numerical_note"), _words("build_plan_policy")
_streams: dict[int, int] = {}


def create_handle():
    handle = 1000 + CURRENT[0]
    _streams[handle] = 0
    return handle


def set_stream(handle, stream):
    _streams[handle] = stream


def backend_version():
    return 92800


class tensor:
    """A tensor of a graph; one that is no input or output gets its sizes from its operation."""

    def __init__(self, dim=None, stride=None, data_type=None, uid=None):
        self.dim, self.stride, self.type, self.uid = dim, stride, data_type, uid
        self.output = False

    def __getattr__(self, name):
        cudnn_names.check(f"tensor.{name}", (), {}, exists=True)
        field = {"set_output": "output", "set_data_type": "type"}.get(name, name.removeprefix("set_"))

        def put(value):
            setattr(self, field, value)
            return self

        return put

    def check(self):
        if self.dim is None or len(self.dim) != len(self.stride) or min(self.dim) < 1 or self.type not in _NUMPY:
            raise RuntimeError(f"CUDNN_STATUS_BAD_PARAM: a tensor of sizes {self.dim} and strides {self.stride}")

    def read(self, address):
        if address % 16:
            raise RuntimeError("CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER")
        return memory.read(address, tuple(self.dim), tuple(self.stride), _NUMPY[self.type])

    def packed(self):
        """Return the order of the dimensions in memory, if there are no gaps: channels second or last."""
        n = len(self.dim)
        for order in (tuple(range(n)), (0, *range(2, n), 1)):
            expected = 1
            fits = True
            for d in reversed(order):
                fits = fits and self.stride[d] == expected
                expected *= self.dim[d]
            if fits:
                yield "last" if order[-1] == 1 else "second"


class pygraph:
    """A graph of one operation."""

    def __init__(self, **named):
        cudnn_names.check("pygraph.__init__", (), named)
        self.io, self.compute, self.handle = named["io_data_type"], named["compute_data_type"], named["handle"]
        self.inputs, self.outputs, self.done, self.notes = [], [], [], []

    def tensor(self, **named):
        cudnn_names.check("pygraph.tensor", (), named)
        made = tensor(**named)
        made.check()
        self.inputs.append(made)
        return made

    def __getattr__(self, name):
        cudnn_names.check(f"pygraph.{name}", (), {}, exists=True)
        operation = _OPERATIONS[name]

        def describe(**named):
            cudnn_names.check(f"pygraph.{name}", (), named)
            self.operation = operation(**named)
            self.outputs = self.operation.outputs
            return self.outputs if len(self.outputs) > 1 else self.outputs[0]

        return describe

    # ---- the steps, in their order

    def _step(self, name, *args):
        cudnn_names.check(f"pygraph.{name}", args, {})
        if tuple(self.done) != _STEPS[: _STEPS.index(name)]:
            raise RuntimeError(f"{name} after {self.done}")
        self.done.append(name)

    def validate(self):
        self._step("validate")
        for t in self.outputs:
            if not t.output or t.uid is None:
                raise RuntimeError("CUDNN_STATUS_BAD_PARAM: a tensor without a number that is no output")
            t.check()
        if self.compute != "FLOAT":
            raise RuntimeError("CUDNN_STATUS_BAD_PARAM: sums must be float")
        self.operation.validate()

    def build_operation_graph(self):
        self._step("build_operation_graph")

    def create_execution_plans(self, modes):
        self._step("create_execution_plans", modes)
        if not set(modes) <= set(cudnn_names.WORDS["heur_mode"]):
            raise TypeError(modes)

    def deselect_numeric_notes(self, notes):
        if self.done[-1] != "create_execution_plans":
            raise RuntimeError("there are no plans to choose from")
        self.notes = notes

    def check_support(self):
        self._step("check_support")
        self.operation.support(self.io)

    def build_plans(self, policy):
        self._step("build_plans", policy)

    def get_workspace_size(self):
        return 64

    def execute(self, tensor_to_device_buffer, workspace, **named):
        cudnn_names.check("pygraph.execute", (tensor_to_device_buffer, workspace), named)
        if tuple(self.done) != _STEPS or named["handle"] != self.handle or self.handle != 1000 + CURRENT[0]:
            raise RuntimeError("CUDNN_STATUS_BAD_PARAM: this graph is not ready to run here")
        if _streams[self.handle] != capture.STREAMS[-1].ptr:
            raise RuntimeError("cuDNN was not told of the current stream")
        memory.read(workspace, (self.get_workspace_size(),), (1,), np.uint8)
        places = {t: t.read(tensor_to_device_buffer[t.uid]) for t in (*self.inputs, *self.outputs)}
        count("library" if capture.now() is None else "launch")  # unlike CuPy's cuBLAS, it may be captured
        cut = tf32 if self.io == "FLOAT" and "TENSOR_CORE" not in self.notes else np.asarray

        def compute():
            numbers = [cut(places[t].astype(np.float32)).astype(np.float64) for t in self.inputs]
            results = self.operation.compute(*numbers)
            for t, result in zip(self.outputs, results, strict=True):
                places[t][...] = result

        capture.do(compute)


# ---------------------------------------------------------------- the operations


class _Convolution:
    """All three are sums over the same triples of an input, a weight and an output."""

    def __init__(self, padding, stride, dilation, **tensors):
        self.padding, self.stride, self.dilation, self.tensors = padding, stride, dilation, tensors
        (self.output,) = self.outputs = [tensor()]

    def validate(self):
        x, w, y = (t.dim for t in self.roles())
        sizes = zip(x[2:], w[2:], self.padding, self.stride, self.dilation, strict=True)
        places = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, p, s, d in sizes]
        if x[0] != y[0] or w[0] != y[1] or x[1] % w[1] or w[0] % (x[1] // w[1]) or list(y[2:]) != places:
            raise RuntimeError(f"CUDNN_STATUS_BAD_PARAM: a convolution of {x} with {w} to {y}")
        if len(x) not in (4, 5):
            raise RuntimeError("CUDNN_STATUS_BAD_PARAM: a convolution of pictures or volumes")

    def support(self, io):
        kinds = {t.type for t in self.roles()}
        if kinds != {io} or not set.intersection(*[set(t.packed()) for t in self.roles()]):
            raise cudnnGraphNotSupportedError("No valid engine configs")

    def parts(self, x, places, kernel):
        """Yield, for each offset in the kernel, the input's elements that the windows see there."""
        sizes = zip(kernel, places, self.stride, self.dilation, strict=True)
        ranges = [[slice(k * d, k * d + s * (n - 1) + 1, s) for k in range(size)] for size, n, s, d in sizes]
        for offset in product(*[range(k) for k in kernel]):
            yield (..., *offset), (..., *[r[o] for r, o in zip(ranges, offset, strict=True)])

    def padded(self, x):
        return np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in self.padding]])

    def grouped(self, array, groups, axis):
        shape = array.shape
        return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


class _Forward(_Convolution):
    def roles(self):
        return self.tensors["image"], self.tensors["weight"], self.output

    def compute(self, x, w):
        groups = x.shape[1] // w.shape[1]
        x, w, y = self.padded(x), self.grouped(w, groups, 0), np.zeros(self.output.dim)
        for offset, seen in self.parts(x, y.shape[2:], w.shape[3:]):
            found = np.einsum("ngc...,goc->ngo...", self.grouped(x[seen], groups, 1), w[offset])
            y += found.reshape(y.shape)
        return [y]


class _ToInput(_Convolution):
    def roles(self):
        return self.output, self.tensors["filter"], self.tensors["loss"]

    def compute(self, y, w):
        groups = self.output.dim[1] // w.shape[1]
        w, x = self.grouped(w, groups, 0), self.padded(np.zeros(self.output.dim))
        for offset, seen in self.parts(x, y.shape[2:], w.shape[3:]):
            found = np.einsum("ngo...,goc->ngc...", self.grouped(y, groups, 1), w[offset])
            x[seen] += found.reshape(x[seen].shape)
        return [x[(..., *[slice(p, p + n) for p, n in zip(self.padding, self.output.dim[2:], strict=True)])]]


class _ToWeight(_Convolution):
    def roles(self):
        return self.tensors["image"], self.output, self.tensors["loss"]

    def compute(self, x, y):
        groups = x.shape[1] // self.output.dim[1]
        x, w = self.padded(x), self.grouped(np.zeros(self.output.dim), groups, 0)
        for offset, seen in self.parts(x, y.shape[2:], w.shape[3:]):
            w[offset] = np.einsum(
                "ngcp,ngop->goc",
                self.grouped(x[seen].reshape(*x.shape[:2], -1), groups, 1),
                self.grouped(y.reshape(*y.shape[:2], -1), groups, 1),
            )
        return [w.reshape(self.output.dim)]


_REPEATS = "use_deterministic_algorithm"


class _Attention:
    """Attention as FlashAttention computes it, with one number kept for each query."""

    def __init__(self, attn_scale, q, k, v, diagonal_band_right_bound=None, **named):
        self.scale, self.causal = attn_scale, diagonal_band_right_bound is not None
        tensors = {name: named.pop(name) for name in ("o", "dO", "stats") if name in named}
        if diagonal_band_right_bound not in (None, 0) or not set(named) <= {"generate_stats", _REPEATS}:
            raise RuntimeError(f"CUDNN_STATUS_BAD_PARAM: {named}")
        self.tensors = {"q": q, "k": k, "v": v, **tensors}
        self.outputs = [tensor() for _ in range(3 if "dO" in tensors else 2)]

    def validate(self):
        q, k, v = (self.tensors[name].dim for name in "qkv")
        for t, wanted in zip(self.outputs, self.shapes(q, k, v), strict=True):
            if list(t.dim) != wanted:
                raise RuntimeError(f"CUDNN_STATUS_BAD_PARAM: attention of {q}, {k} and {v} to {t.dim}")
        if not (q[:2] == k[:2] == v[:2] and q[3] == k[3] and k[2] == v[2]):
            raise RuntimeError(f"CUDNN_STATUS_BAD_PARAM: attention of {q}, {k} and {v}")

    def shapes(self, q, k, v):
        backward = [list(q), list(k), list(v)]
        return backward if "dO" in self.tensors else [[*q[:3], v[3]], [*q[:3], 1]]

    def support(self, io):
        for name, t in [*self.tensors.items(), *zip("oxyz", self.outputs, strict=False)]:
            if t.dim[3] == 1:  # what is kept of each query
                if t.type != "FLOAT":
                    raise cudnnGraphNotSupportedError("the statistics must be float")
            elif (
                t.type not in ("HALF", "BFLOAT16") or t.type != io or t.stride[3] != 1 or t.dim[3] % 8 or t.dim[3] > 128
            ):
                raise cudnnGraphNotSupportedError(f"{name}: {t.type} {t.dim} {t.stride}")

    def weights(self, q, k, log=None):
        scores = self.scale * q @ k.mT
        if self.causal:
            scores[..., ~np.tri(*scores.shape[-2:], dtype=bool)] = -np.inf
        if log is None:
            peak = scores.max(-1, keepdims=True)
            log = peak + np.log(np.exp(scores - peak).sum(-1, keepdims=True))
        return np.exp(scores - log), log

    def compute(self, q, k, v, o=None, slope=None, log=None):
        weights, log = self.weights(q, k, log)
        if slope is None:
            return [weights @ v, log]
        to_scores = weights * (slope @ v.mT - (slope * o).sum(-1, keepdims=True))
        return [self.scale * to_scores @ k, self.scale * to_scores.mT @ q, weights.mT @ slope]


_OPERATIONS = {
    "conv_fprop": _Forward,
    "conv_dgrad": _ToInput,
    "conv_wgrad": _ToWeight,
    "sdpa": _Attention,
    "sdpa_backward": _Attention,
}


@contextlib.contextmanager
def installed():
    """Let the stand-in be the package inside the block."""
    module = ModuleType("cudnn")
    module.__spec__ = ModuleSpec("cudnn", None)
    vars(module).update({name: value for name, value in globals().items() if not name.startswith("_")})
    before = sys.modules.get("cudnn")
    sys.modules["cudnn"] = module
    ours.forget()
    try:
        yield module
    finally:
        ours.forget()
        del sys.modules["cudnn"]
        if before is not None:
            sys.modules["cudnn"] = before
