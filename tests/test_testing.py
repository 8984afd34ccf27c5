"""`testing.assert_close` agrees with PyTorch's, in verdict and in words."""

from __future__ import annotations

import pytest

import edutorch

torch = pytest.importorskip("torch")
NAN = float("nan")

CASES = {
    "equal": lambda t: (t.ones(2), t.ones(2)),
    "values": lambda t: (t.tensor([1.0, 2.0, 4.0]), t.tensor([1.0, 2.5, 3.0])),
    "grid": lambda t: (t.zeros(2, 3), t.eye(2, 3) * 1e-3),
    "shape": lambda t: (t.ones(1, 2), t.ones(2)),
    "dtype": lambda t: (t.ones(2), t.ones(2, dtype=t.int64)),
    "integers": lambda t: (t.tensor([1, 2]), t.tensor([1, 4])),
    "booleans": lambda t: (t.tensor([True, False]), t.tensor([True, True])),
    "half": lambda t: (t.tensor([1.0, 2.0]).half(), t.tensor([1.0, 2.5]).half()),
    "scalar tensors": lambda t: (t.tensor(1.0), t.tensor(2.0)),
    "numbers": lambda t: (1.0, 2.0),
    "whole numbers": lambda t: (1, 2),
    "number and tensor": lambda t: (1.0, t.tensor(1.0)),
    "words": lambda t: ("a", "b"),
    "list": lambda t: ([t.ones(1), t.tensor([1.0, 2.0])], [t.ones(1), t.tensor([1.0, 3.0])]),
    "lengths": lambda t: ([t.ones(1)], []),
    "dict": lambda t: ({"a": t.ones(1)}, {"a": t.ones(2)}),
    "keys": lambda t: ({"a": t.ones(1)}, {"b": t.ones(1)}),
    "nan": lambda t: (t.tensor([1.0, NAN]), t.tensor([1.0, NAN])),
    "nan allowed": lambda t: (t.tensor([1.0, NAN]), t.tensor([1.0, NAN]), {"equal_nan": True}),
    "loose": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 2.1]), {"rtol": 0.1, "atol": 0.1}),
    "too far": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 3.0]), {"rtol": 0.125, "atol": 0.125}),
    "one tolerance": lambda t: (t.ones(1), t.ones(1), {"rtol": 0.1}),
    "own words": lambda t: (t.ones(1), t.zeros(1), {"msg": "these differ"}),
    "more words": lambda t: (t.ones(1), t.zeros(1), {"msg": lambda text: text.upper()}),
}


def verdict(framework, case):
    actual, expected, *options = case(framework)
    try:
        framework.testing.assert_close(actual, expected, **(options[0] if options else {}))
    except Exception as error:  # its words are compared
        return type(error).__name__, str(error).replace("edutorch.tensor.", "torch.")
    return "close"


@pytest.mark.parametrize("name", CASES)
def test_says_what_pytorch_says(name):
    assert verdict(edutorch, CASES[name]) == verdict(torch, CASES[name])
