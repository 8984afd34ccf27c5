"""Every operator against PyTorch, on the samples of `tests/samples/`: values, dtypes, gradients, forms, errors."""

from __future__ import annotations

import warnings

import ml_dtypes  # noqa: F401  (gives NumPy its bfloat16)
import numpy as np
import pytest

import edutorch
from tests.samples import DTYPES, all_errors, all_samples

torch = pytest.importorskip("torch")
SAMPLES, ERRORS = all_samples(), all_errors()
RTOL = {"float64": 1e-9, "float32": 2e-5, "float16": 4e-3, "bfloat16": 3e-2}


def every(calls):
    return pytest.mark.parametrize("call", calls, ids=[f"{i}-{c.name}" for i, c in enumerate(calls)])


# ---------------------------------------------------------------- running a call on either framework


def is_operand(value):
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def convert(framework, value, dtype, track, leaves, strided=False):
    """Turn the arrays of an argument into the framework's tensors, collecting the operands in `leaves`."""
    if isinstance(value, np.ndarray):
        t = framework.tensor(value.tolist(), dtype=getattr(framework, value.dtype.name))
        t = t.reshape(value.shape).clone()  # a view would be refused in place with other words
        if is_operand(value):
            if dtype in ("int64", "int32", "uint8"):
                t = (t * 4).round() if dtype != "uint8" else (t * 4).round().abs()
            t = t.to(getattr(framework, dtype))
            if strided and t.ndim > 1:
                t = t.transpose(0, -1).contiguous().transpose(0, -1)
            if track and t.is_floating_point():
                t.requires_grad_()
            leaves.append(t)
        return t
    if isinstance(value, list):
        return [convert(framework, v, dtype, track, leaves, strided) for v in value]
    if isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value):
        return tuple(convert(framework, v, dtype, track, leaves, strided) for v in value)
    if isinstance(value, (torch.dtype, edutorch.dtype)):
        return getattr(framework, str(value).removeprefix("torch."))
    return value


def resolve(framework, name):
    target = framework
    for part in name.split("."):
        target = getattr(target, part)
    return target if callable(target) else lambda tensor: getattr(tensor, part)  # a property, such as Tensor.T


def run(framework, call, dtype="float64", track=False, strided=False, form=None, change=None, raw=False, **extra):
    """Make the call; returns its result and its operands."""
    leaves = []
    args = [convert(framework, a, dtype, track, leaves, strided) for a in call.args]
    constant = call.opts.get("constant", ())
    kwargs = {
        k: convert(framework, v, dtype, track and k not in constant, leaves, strided) for k, v in call.kwargs.items()
    }
    if change:
        args = change(args)
    function = form or resolve(framework, call.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(*args, **kwargs, **extra)
    through = call.opts.get("through")
    return through(result) if through and not raw else result, leaves


def attempt(framework, call, **options):
    try:
        return run(framework, call, **options)[0], None
    except Exception as error:  # compared with the other framework's
        return None, error


def numbers(t):
    """Return a tensor's values as a NumPy array that NumPy can compare."""
    t = t.detach()
    if t.is_floating_point():
        t = t.to(torch.float64 if isinstance(t, torch.Tensor) else edutorch.float64)
    return np.asarray(t.numpy(force=True))  # PyTorch's symbolic zeros only come with force


def same(expected, got, rtol, where=""):
    """Assert that two results agree: structure, dtype, shape, values."""
    if isinstance(expected, torch.Tensor):
        assert isinstance(got, edutorch.Tensor), f"{where}: expected a tensor, got {type(got).__name__}"
        assert repr(got.dtype) == repr(expected.dtype), where
        assert tuple(got.shape) == tuple(expected.shape), where
        a, b = numbers(expected), numbers(got)
        if a.dtype.kind == "f":
            if expected.dtype is torch.float32:  # also where the call itself asks for it
                rtol = max(rtol, 1e-6)
            scale = np.abs(a[np.isfinite(a)]).max(initial=0.0)
            np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol * max(scale, 1e-3), err_msg=where)
        else:
            np.testing.assert_array_equal(b, a, err_msg=where)
    elif isinstance(expected, (list, tuple)) and not isinstance(expected, torch.Size):
        assert len(got) == len(expected), where
        if hasattr(expected, "values") and not callable(expected.values):
            assert type(got).__name__ == type(expected).__name__, where
        for i, (e, g) in enumerate(zip(expected, got, strict=True)):
            same(e, g, rtol, f"{where}[{i}]")
    elif isinstance(expected, torch.dtype):
        assert repr(got) == repr(expected), where
    else:
        assert got == expected or (got != got and expected != expected), where
        assert type(got).__name__ == type(expected).__name__, where


def floats(result):
    """Return the floating tensors among a result."""
    results = result if isinstance(result, (list, tuple)) else [result]
    flat = []
    for r in results:
        flat += floats(r) if isinstance(r, (list, tuple)) else [r]
    return [r for r in flat if hasattr(r, "is_floating_point") and r.is_floating_point()]


def projection(framework, results):
    """Return one number that weighs every output element differently, as a scalar tensor."""
    total = 0.0
    for k, r in enumerate(results):
        if r.requires_grad:
            weights = np.cos(np.arange(r.numel()) * (k + 1.0) + 0.3).reshape(tuple(r.shape))
            w = framework.tensor(weights.tolist(), dtype=r.dtype).reshape(tuple(r.shape))
            total = total + (r * w).sum()
    return total


def gradients(framework, call, order, **options):
    """Return the operands' gradients of a projection of the result, of the given order."""
    result, leaves = run(framework, call, track=True, **options)
    leaves = [t for t in leaves if t.requires_grad]
    outputs = [r for r in floats(result) if r.requires_grad]
    if not outputs or not leaves:
        return None, None
    total, found = projection(framework, outputs), None
    for _ in range(order):
        if found is not None:
            outputs = [f for f in found if f is not None and f.requires_grad]
            if not outputs:
                return "nothing depends on the operands", None
            total = projection(framework, outputs)
        found = framework.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
    return found, outputs


def compare_gradients(call, order, rtol, **options):
    expected, _ = gradients(torch, call, order, **options)
    got, _ = gradients(edutorch, call, order, **options)
    if expected is None or isinstance(expected, str) or isinstance(got, str):
        if isinstance(expected, tuple) and isinstance(got, str):  # zeros against "independent": both say no slope
            assert all(e is None or not e.any() for e in expected)
        elif isinstance(got, tuple) and isinstance(expected, str):
            assert all(g is None or not g.any() for g in got)
        else:
            assert got == expected
        return
    for i, (e, g) in enumerate(zip(expected, got, strict=True)):
        e, g = (e if e is not None else None), (g if g is not None else None)
        if e is None or g is None:
            known = e if e is not None else g
            assert known is None or not known.any(), f"gradient {i}: {e} against {g}"
        else:
            same(e, g, rtol, f"gradient {i}")


# ---------------------------------------------------------------- the checks


@every(SAMPLES)
def test_value(call):
    rtol = call.opts.get("rtol", RTOL["float64"])
    same(run(torch, call)[0], run(edutorch, call)[0], rtol, repr(call))


@every([c for c in SAMPLES if c.wants("dtypes")])
def test_dtypes(call):
    """In each dtype the result's dtype and values agree, or both refuse."""
    if not any(is_operand(a) or isinstance(a, list) for a in [*call.args, *call.kwargs.values()]):
        return
    for dtype in call.opts.get("dtypes", DTYPES):
        expected, refused = attempt(torch, call, dtype=dtype)
        got, error = attempt(edutorch, call, dtype=dtype)
        if refused is not None:
            assert error is not None, f"{dtype}: PyTorch refuses ({refused}), edutorch returns {got}"
            continue
        if error is not None:
            raise AssertionError(f"{call!r} in {dtype}") from error
        rtol = max(call.opts.get("rtol", 0) if dtype == "float64" else 0, RTOL.get(dtype, 2e-5))
        halves = any(f.dtype in (torch.float16, torch.bfloat16) for f in floats(expected))
        rtol = max(rtol, RTOL["bfloat16"]) if halves and dtype == "bfloat16" else rtol
        same(expected, got, rtol, f"{call!r} in {dtype}")


@every([c for c in SAMPLES if c.wants("grad")])
def test_gradient(call):
    compare_gradients(call, 1, call.opts.get("rtol", 1e-8))


@every([c for c in SAMPLES if c.wants("grad") and c.wants("gradgrad")])
def test_second_gradient(call):
    compare_gradients(call, 2, 100 * call.opts.get("rtol", 1e-8))


@every([c for c in SAMPLES if c.wants("grad")])
def test_float32_gradient_stays_float32(call):
    found, _ = gradients(edutorch, call, 1, dtype="float32")
    if isinstance(found, tuple):
        assert {g.dtype for g in found if g is not None} <= {edutorch.float32}


@every([c for c in SAMPLES if c.wants("strided")])
def test_strided_input(call):
    """Operands that are not contiguous give the same result."""
    same(run(torch, call, strided=True)[0], run(edutorch, call, strided=True)[0], 1e-9, repr(call))


@every([c for c in SAMPLES if c.wants("node") and c.wants("grad")])
def test_node_name(call):
    """The graph shows PyTorch's names."""
    expected = [r.grad_fn.name() for r in floats(run(torch, call, track=True, raw=True)[0]) if r.grad_fn is not None]
    got = [r.grad_fn.name() for r in floats(run(edutorch, call, track=True, raw=True)[0]) if r.grad_fn is not None]
    assert got == expected


def method_name(call):
    return call.name.rpartition(".")[2]


@every([c for c in SAMPLES if c.wants("method") and isinstance(c.args[0] if c.args else None, np.ndarray)])
def test_method(call):
    """What is a method of PyTorch's tensors is one of ours, with the same result."""
    name = method_name(call)
    if call.name.startswith(("linalg.", "nn.", "Tensor.")) or not hasattr(torch.Tensor, name):
        return
    expected, refused = attempt(torch, call, form=getattr(torch.Tensor, name))
    if refused is None:
        same(expected, run(edutorch, call, form=getattr(edutorch.Tensor, name))[0], 1e-9, repr(call))


def inplace(call, framework):
    def form(first, *args, **kwargs):
        written = first.clone()  # a leaf cannot be written
        returned = getattr(written, method_name(call) + "_")(*args, **kwargs)
        assert returned is written
        return written

    return form


@every([c for c in SAMPLES if c.wants("inplace") and isinstance(c.args[0] if c.args else None, np.ndarray)])
def test_in_place(call):
    """The in-place form exists where PyTorch's does, and agrees in value, gradient and refusal."""
    name = method_name(call) + "_"
    if not hasattr(torch.Tensor, name):
        return
    assert hasattr(edutorch.Tensor, name), f"Tensor.{name} is missing"
    expected, refused = attempt(torch, call, form=inplace(call, torch))
    got, error = attempt(edutorch, call, form=inplace(call, edutorch))
    if refused is not None:
        assert error is not None, f"PyTorch refuses: {refused}"
        return
    if error is not None:
        raise error
    same(expected, got, 1e-9, repr(call))
    if call.wants("grad"):
        try:
            e = gradients_of_form(torch, call)
        except NotImplementedError:  # asinh_, acosh_ and atanh_
            return
        g = gradients_of_form(edutorch, call)
        for i, (a, b) in enumerate(zip(e, g, strict=True)):
            assert (a is None or not a.any()) if b is None else (same(a, b, 1e-8, f"gradient {i}") is None)


def gradients_of_form(framework, call):
    result, leaves = run(framework, call, track=True, form=inplace(call, framework))
    leaves = [t for t in leaves if t.requires_grad]
    if not leaves or not result.requires_grad:
        return []
    return framework.autograd.grad(projection(framework, [result]), leaves, allow_unused=True)


@every([c for c in SAMPLES if c.wants("out")])
def test_out(call):
    """`out=` is accepted where PyTorch accepts it, and filled."""
    value, _ = run(torch, call)
    if not isinstance(value, torch.Tensor) or call.name.startswith("Tensor."):
        return
    made = torch.empty(tuple(value.shape), dtype=value.dtype)
    _, refused = attempt(torch, call, out=made)
    if refused is not None:
        return
    ours = edutorch.empty(tuple(value.shape), dtype=getattr(edutorch, str(value.dtype).removeprefix("torch.")))
    returned, _ = run(edutorch, call, out=ours)
    assert returned is ours
    same(made, ours, 1e-9, repr(call))


def first_sentence(error):
    return str(error).split("\n")[0].split(". ")[0].rstrip(".")


@every(ERRORS)
def test_error(call):
    """Bad input raises PyTorch's exception type, with PyTorch's first sentence."""
    _, expected = attempt(torch, call, track=call.opts.get("track", False))
    assert expected is not None, f"PyTorch accepts {call!r}"
    _, got = attempt(edutorch, call, track=call.opts.get("track", False))
    assert got is not None, f"edutorch accepts {call!r}; PyTorch raises {expected!r}"
    assert type(got).__name__ == type(expected).__name__, f"{got!r} against {expected!r}"
    assert first_sentence(got) == first_sentence(expected)
