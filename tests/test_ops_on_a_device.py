"""Every operator on a CUDA device, real or the stand-in: samples give the values and gradients that the CPU gives."""

from __future__ import annotations

import numpy as np
import pytest

import edutorch
from tests.samples import all_samples
from tests.test_ops import floats, is_operand, resolve

SAMPLES = all_samples()
REFUSED = {  # what CuPy has no kernel for; nothing may be added here
    "scatter": "multiply.at",
    "scatter_reduce": "multiply.at",
}
MAKING = ("empty", "arange", "empty_strided", "eye", "full", "linspace", "logspace", "ones", "range",
          "scalar_tensor", "tensor", "tril_indices", "triu_indices", "zeros", "as_tensor", "asarray")  # fmt: skip


def placed(value, where, dtype, leaves, track=True):
    """Turn the arrays of an argument into tensors on a device, collecting the operands in `leaves`."""
    if isinstance(value, np.ndarray):
        t = edutorch.from_numpy(value.copy()).to(where)
        if is_operand(value):
            t = t.to(dtype).requires_grad_(track)
            leaves.append(t)
        return t
    if isinstance(value, list) or (isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value)):
        return type(value)([placed(v, where, dtype, leaves, track) for v in value])
    return value


def observe(call, where, dtype=edutorch.float64):
    """Return what came of a call on a device: its results, and the operands' gradients."""
    leaves, track, constant = [], call.wants("grad"), call.opts.get("constant", ())
    edutorch.manual_seed(0)
    args = [placed(a, where, dtype, leaves, track) for a in call.args]
    kwargs = {k: placed(v, where, dtype, leaves, track and k not in constant) for k, v in call.kwargs.items()}
    if where != "cpu" and call.name in MAKING:
        kwargs["device"] = where
    leaves = [t for t in leaves if t.requires_grad]
    result = resolve(edutorch, call.name)(*args, **kwargs)
    outputs = [r for r in floats(result) if r.requires_grad]
    gradients = ()
    if outputs and leaves:
        total = sum((r * weights(r)).sum() for r in outputs)
        gradients = edutorch.autograd.grad(total, leaves, allow_unused=True)
    return flat(result), gradients


def weights(r):
    return edutorch.from_numpy(np.cos(np.arange(r.numel()) + 0.3).reshape(tuple(r.shape))).to(r.device, r.dtype)


def flat(result):
    if isinstance(result, (list, tuple)) and not isinstance(result, edutorch.Size):
        return [f for r in result for f in flat(r)]
    return [result]


def same(name, expected, got, where):
    if not isinstance(expected, edutorch.Tensor):
        assert got == expected or got != got
        return
    assert got.device == edutorch.device(where), got.device
    assert got.dtype == expected.dtype
    if expected.dtype == edutorch.bfloat16:
        expected, got = expected.float(), got.float()
    a, b = expected.detach().numpy(), got.detach().cpu().numpy()
    assert a.shape == b.shape
    if "empty" in name:
        return
    if a.dtype.kind == "f":
        np.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9 * np.abs(a[np.isfinite(a)]).max(initial=1e-3))
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", SAMPLES, ids=[f"{i}-{c.name}" for i, c in enumerate(SAMPLES)])
def test_value_and_gradient(call, cuda):
    expected, slopes = observe(call, "cpu")
    if call.name in REFUSED and any(
        v in ("multiply", "prod") for v in (*call.args, *call.kwargs.values()) if type(v) is str
    ):
        with pytest.raises(NotImplementedError, match=REFUSED[call.name]):
            observe(call, cuda)
        return
    got, found = observe(call, cuda)
    assert len(got) == len(expected)
    for e, g in zip(expected, got, strict=True):
        same(call.name, e, g, cuda)
    for e, g in zip(slopes, found, strict=True):
        assert (e is None) == (g is None)
        if e is not None:
            same("gradient", e, g, cuda)
