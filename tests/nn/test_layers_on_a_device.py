"""Every layer and loss on a CUDA device, real or the stand-in: results and gradients are those of the CPU."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import edutorch
from tests.nn.layers import all_layers
from tests.nn.test_layers import flat, floats, tensors
from tests.test_ops_on_a_device import weights

LAYERS = all_layers()


def moved(value, where):
    if isinstance(value, tuple):
        return tuple(moved(v, where) for v in value)
    if not isinstance(value, edutorch.Tensor):
        return value
    return value.detach().to(where).requires_grad_(value.requires_grad)


def observe(module, case, where):
    """Call a module on a device, and return all that came of it: results, gradients, buffers."""
    inputs = [moved(value, where) for value in tensors(edutorch, case)]
    keywords = {name: moved(value, where) for name, value in case.call.items()}
    edutorch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = module(*inputs, **keywords)
    seen = floats(result)
    outputs = [r for r in seen if r.requires_grad]
    if outputs:
        sum((r * weights(r)).sum() for r in outputs).backward()
    seen += [t.grad for t in flat(inputs) if getattr(t, "requires_grad", False)]
    return seen + [p.grad for p in module.parameters()] + list(module.buffers())


@pytest.mark.parametrize("case", LAYERS, ids=[f"{i}-{c.name}" for i, c in enumerate(LAYERS)])
def test_two_calls_and_eval(case, cuda):
    here, there = case.build(edutorch), case.build(edutorch).to(cuda)
    for training in (True, True, False):
        here.train(training)
        there.train(training)
        expected, got = observe(here, case, "cpu"), observe(there, case, cuda)
        assert len(got) == len(expected)
        for mine, reference in zip(got, expected, strict=True):
            assert (mine is None) == (reference is None)
            if mine is not None:
                assert str(mine.device) == cuda
                a, b = reference.detach().numpy(), mine.detach().cpu().numpy()
                scale = np.abs(a[np.isfinite(a)]).max(initial=1e-3) if a.dtype.kind == "f" else 1
                np.testing.assert_allclose(b, a, rtol=case.rtol, atol=case.rtol * scale)
