"""The transforms do what torchvision's do: values, random draws, printed form, errors, warnings."""

from __future__ import annotations

import re

import numpy as np
import pytest

import edutorch
from edutorch.vision import transforms
from edutorch.vision.transforms import functional
from tests.vision import cases
from tests.vision.answers import Answers

FUNCTIONS = cases.function_cases()


@pytest.fixture(scope="module")
def functional_answers():
    return Answers("functional")


@pytest.fixture(scope="module")
def transform_answers():
    return Answers("transforms")


@pytest.fixture(scope="module")
def given():
    return cases.Given(edutorch)


def check(got, expected, rounded=False):
    """Compare an outcome with torchvision's: bytes and whole numbers exactly, floats to their last digits.

    Args:
        rounded: bytes are rounded floats: a few may fall to the other side.
    """
    (result, warned), (wanted, wanted_warnings) = got, expected
    assert result[:1] == wanted[:1], (result, wanted)
    if result[0] == "error":
        assert result[1] == wanted[1]
        assert first_sentence(result[2]) == first_sentence(wanted[2])
        return
    assert warned == wanted_warnings
    assert len(result) == len(wanted)
    for ours, theirs in zip(result[1:], wanted[1:], strict=True):
        if not isinstance(theirs, np.ndarray):
            assert str(ours).replace("edutorch.", "torch.") == theirs
            continue
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        if ours.dtype.kind == "f":
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)
        elif rounded:
            off = ours.astype(np.int64) != theirs
            assert off.sum() <= 2
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1)
        else:
            np.testing.assert_array_equal(ours, theirs)


def first_sentence(text):
    """Return a text up to its first full stop, types as both frameworks write them."""
    return re.split(r"\.[ A-Z]", text.split("\n")[0].replace("edutorch.", "torch."))[0].rstrip(".")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name, functional_answers, given):
    got = cases.outcome(FUNCTIONS[name], edutorch, functional, given)
    check(got, functional_answers[name], rounded="resize" in name and "bytes" in name)


@pytest.mark.parametrize("source", [source for source, _ in cases.TRANSFORMS])
def test_printed_form(source, transform_answers):
    check(cases.outcome(cases.run_repr, edutorch, transforms, source), transform_answers[source])


@pytest.mark.parametrize(("source", "kind"), [(s, kind) for s, kinds in cases.TRANSFORMS for kind in kinds])
def test_draws(source, kind, transform_answers, given):
    got = cases.outcome(cases.run_transform, edutorch, transforms, given, source, kind)
    check(got, transform_answers[f"{source} {kind}"], rounded="Resize" in source and kind == "b")
