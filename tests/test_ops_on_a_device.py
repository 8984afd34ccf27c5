"""Every operator on a CUDA device, real or the stand-in: samples give the values and gradients that the CPU gives."""

from __future__ import annotations

import numpy as np
import pytest

import edutorch
from tests.fake_cuda import counted
from tests.samples import all_errors, all_samples
from tests.test_ops import first_sentence, floats, is_operand, resolve

SAMPLES, ERRORS = all_samples(), all_errors()
REFUSED = {  # what CuPy has no kernel for; nothing may be added here
    "scatter": "multiply.at",
    "scatter_reduce": "multiply.at",
}
MAKING = ("empty", "arange", "empty_strided", "eye", "full", "linspace", "logspace", "ones", "range",
          "scalar_tensor", "tensor", "tril_indices", "triu_indices", "zeros", "as_tensor", "asarray")  # fmt: skip


# What waits for the device; nothing may be added. The size of a result depends on values (masks, `nonzero`, bins), or
# numbers are asked for one by one (`equal`, lengths of sequences), or what is to be computed depends on NaN and zeros.
WAITING = """
    Tensor.__getitem__ allclose argwhere bincount combinations cov ctc_loss cumprod digamma embedding equal full
    gru histc histogram index_put kthvalue lgamma linalg.lstsq linalg.matrix_exp linspace lstm masked_scatter
    masked_select matrix_exp median nanmedian nn.functional.ctc_loss nn.functional.embedding
    nn.functional.embedding_bag nn.functional.gaussian_nll_loss nn.functional.one_hot nonzero polygamma prod
    repeat_interleave rnn_relu rnn_tanh topk unique unique_consecutive where
"""


def placed(value, where, leaves, track):
    """Turn the arrays of an argument into tensors on a device, collecting the operands in `leaves`."""
    if isinstance(value, np.ndarray):
        t = edutorch.from_numpy(value.copy()).to(where)
        if is_operand(value):
            t.requires_grad_(track)
            leaves.append(t)
        return t
    if isinstance(value, list) or (isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value)):
        return type(value)([placed(v, where, leaves, track) for v in value])
    return value


def observe(call, where, order=1):
    """Return what came of a call on a device: its results, and the operands' gradients of first or second order."""
    leaves, track, constant = [], call.wants("grad"), call.opts.get("constant", ())
    edutorch.manual_seed(0)
    args = [placed(a, where, leaves, track) for a in call.args]
    kwargs = {k: placed(v, where, leaves, track and k not in constant) for k, v in call.kwargs.items()}
    if where != "cpu" and call.name in MAKING:
        kwargs["device"] = where
    leaves = [t for t in leaves if t.requires_grad]
    result = resolve(edutorch, call.name)(*args, **kwargs)
    outputs = [r for r in floats(result) if r.requires_grad]
    gradients = ()
    while outputs and leaves and order:
        total, order = sum((r * weights(r)).sum() for r in outputs), order - 1
        gradients = edutorch.autograd.grad(total, leaves, allow_unused=True, create_graph=order > 0)
        outputs = [g for g in gradients if g is not None and g.requires_grad]
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


def refused(call):
    words = {v for v in (*call.args, *call.kwargs.values()) if type(v) is str}
    return call.name in REFUSED and words & {"multiply", "prod"}


def compare(expected, got, where):
    for e, g in zip(expected, got, strict=True):
        assert (e is None) == (g is None)
        if e is not None:
            same("gradient", e, g, where)


def every(calls):
    return pytest.mark.parametrize("call", calls, ids=[f"{i}-{c.name}" for i, c in enumerate(calls)])


@pytest.mark.filterwarnings("ignore")
@every(SAMPLES)
def test_value_and_gradient(call, cuda):
    expected, slopes = observe(call, "cpu")
    if refused(call):
        with pytest.raises(NotImplementedError, match=REFUSED[call.name]):
            observe(call, cuda)
        return
    with counted() as counts:
        got, found = observe(call, cuda)
    assert not counts["sync"] or call.name in WAITING.split()
    assert len(got) == len(expected)
    for e, g in zip(expected, got, strict=True):
        same(call.name, e, g, cuda)
    compare(slopes, found, cuda)


@pytest.mark.filterwarnings("ignore")
@every([c for c in SAMPLES if c.wants("grad") and c.wants("gradgrad") and not refused(c)])
def test_second_gradient(call, cuda):
    compare(observe(call, "cpu", order=2)[1], observe(call, cuda, order=2)[1], cuda)


# What only the values show, and nobody looks for on a device: whole numbers divided by zero, weights below zero, and
# probabilities that are none. Nothing may be added.
UNSEEN = {
    "floor_divide(i[3], i[3])": "ZeroDivisionError",
    "cov(f[2, 3], fweights=i[3])": "fweights cannot be negative",
    "nn.functional.binary_cross_entropy(f[3, 4], f[3, 4])": "should be between 0 and 1",
}
# Positions where there are no elements at all: CuPy's own complaint comes first.
NOTHING_THERE = ("nn.functional.cross_entropy(f[3, 0], i[3])",)


@pytest.mark.filterwarnings("ignore")
@every(ERRORS)
def test_error(call, cuda):
    """Bad input raises what it raises on the CPU, at once, or where only the values show it, at the next wait."""
    expected = raised(call, "cpu")
    error = raised(call, cuda)
    if error is None:
        assert UNSEEN[repr(call)] in str(expected)
    elif isinstance(error, edutorch.AcceleratorError):
        assert any(words in str(expected) for words in ("out of", "Class values", "invalid max index", "range [0, 1]"))
    elif repr(call) not in NOTHING_THERE:
        assert type(error) is type(expected)
        assert first_sentence(error) == first_sentence(expected)


def raised(call, where):
    """Return what a call raises, or on a device the next wait for it; None if nothing does."""
    error = None
    try:
        observe(call, where, order=0)
    except Exception as found:  # compared with the other device's
        error = found
    try:
        if where != "cpu":
            edutorch.cuda.synchronize(where)
    except edutorch.AcceleratorError as late:
        return error or late
    return error
