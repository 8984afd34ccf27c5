"""Every layer and loss against PyTorch, on the cases of `tests/nn/layers/`: initial values bit by bit, printed form,
state_dict, three training calls and one in eval mode with all gradients, double precision, copies, errors."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import edutorch
from tests.nn.layers import all_layers, all_refused
from tests.streams_oracle import need_own_stream
from tests.twins import same_on_both

torch = pytest.importorskip("torch")


def every(cases):
    return pytest.mark.parametrize("case", cases, ids=[f"{i}-{c.name}" for i, c in enumerate(cases)])


LAYERS = every(all_layers())


def tensors(framework, case, dtype="float32"):
    """Return the case's inputs as tensors; operands require grad."""

    def convert(value):
        if isinstance(value, tuple):  # the states of a recurrent layer
            return tuple(convert(v) for v in value)
        if not isinstance(value, np.ndarray):
            return value
        t = framework.tensor(value.tolist(), dtype=getattr(framework, value.dtype.name)).reshape(value.shape)
        t = t.to(getattr(framework, dtype)) if value.dtype.kind == "f" else t
        return t.requires_grad_(value.dtype == np.float64)

    return [convert(value) for value in case.inputs]


def flat(values):
    """Return what is in a list or tuple, and in those inside it."""
    return [v for value in values for v in (flat(value) if isinstance(value, (list, tuple)) else [value])]


def floats(result):
    """Return the floating tensors among a result."""
    return [r for r in flat([result]) if hasattr(r, "is_floating_point") and r.is_floating_point()]


def observe(framework, module, case, dtype="float32"):
    """Call the module once, and return everything that came of it: results, gradients, buffers."""
    framework.manual_seed(1)
    inputs = tensors(framework, case, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = module(*inputs, **case.call)
    outputs = [r for r in floats(result) if r.requires_grad]
    seen = [("result", r) for r in floats(result)]
    if outputs:
        for p in module.parameters():
            p.grad = None
        weights = [torch.cos(torch.arange(r.numel()) * (k + 1.0) + 0.3).tolist() for k, r in enumerate(outputs)]
        total = 0.0
        for r, w in zip(outputs, weights, strict=True):
            total = total + (r * framework.tensor(w, dtype=r.dtype).reshape(tuple(r.shape))).sum()
        total.backward()
        seen += [("input's gradient", t.grad) for t in flat(inputs) if getattr(t, "requires_grad", False)]
        seen += [(f"gradient of {name}", p.grad) for name, p in module.named_parameters()]
    return seen + [(f"buffer {name}", b) for name, b in module.named_buffers()]


def same(ours, theirs, rtol):
    """Assert that two lists of observations agree."""
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    for (name, mine), (_, reference) in zip(ours, theirs, strict=True):
        assert (mine is None) == (reference is None), name
        if reference is not None:
            assert tuple(mine.shape) == tuple(reference.shape), name
            assert str(mine.dtype) == str(reference.dtype), name
            a, b = reference.detach().double().numpy(), mine.detach().double().numpy()
            scale = np.abs(a[np.isfinite(a)]).max(initial=0.0)
            np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol * max(scale, 1e-3), err_msg=name)


def need_the_same_numbers(module):
    """Skip the test if dropout draws numbers that edutorch does not have."""
    chances = [getattr(m, "p", 0.0) if "Dropout" in type(m).__name__ else getattr(m, "dropout", 0.0)
               for m in module.modules()]  # fmt: skip
    if any(isinstance(p, float) and p > 0 for p in chances):
        need_own_stream(torch, "bernoulli_")


@LAYERS
def test_initial_values_and_printed_form(case):
    mine, reference = case.build(edutorch), case.build(torch)
    assert repr(mine) == repr(reference)
    assert edutorch.rand(1).item() == torch.rand(1).item(), "not as many random numbers were drawn"
    own, theirs = mine.state_dict(), reference.state_dict()
    assert list(own) == list(theirs)
    assert [name for name, _ in mine.named_parameters()] == [name for name, _ in reference.named_parameters()]
    for key, value in theirs.items():
        if not type(value).__name__.startswith("Uninitialized"):
            assert str(own[key].dtype) == str(value.dtype)
            assert own[key].tolist() == value.tolist(), key


@LAYERS
def test_training_calls_and_eval(case):
    mine, reference = case.build(edutorch), case.build(torch)
    need_the_same_numbers(reference)
    for _ in range(3):
        same(observe(edutorch, mine, case), observe(torch, reference, case), case.rtol)
    mine.eval()
    reference.eval()
    same(observe(edutorch, mine, case), observe(torch, reference, case), case.rtol)
    assert list(mine.state_dict()) == list(reference.state_dict())


@LAYERS
def test_double_precision(case):
    mine, reference = case.build(edutorch).double(), case.build(torch).double()
    need_the_same_numbers(reference)
    same(observe(edutorch, mine, case, "float64"), observe(torch, reference, case, "float64"), case.rtol_double)


@LAYERS
def test_a_copy_is_its_own(case):
    original = case.build(edutorch)
    observe(edutorch, original, case)  # lazy layers know their sizes now
    twin = copy.deepcopy(original)
    twin.load_state_dict(original.state_dict())
    assert repr(twin) == repr(original)
    same(observe(edutorch, twin, case), observe(edutorch, original, case), 1e-7)
    memory = {p.data_ptr() for p in original.parameters()}
    assert not memory & {p.data_ptr() for p in twin.parameters()}


@every(all_refused())
def test_refused(case):
    def program(framework):
        module = case.build(framework)
        return module(*tensors(framework, case), **case.call)

    same_on_both(program)
