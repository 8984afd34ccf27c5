"""Two results: what tells them apart first, and what is said about it."""

import numpy as np
import pytest

import edutorch as torch
from edutorch.classroom.compare import difference, same
from edutorch.classroom.diagnose import general

T = torch.tensor
tracked = T([1.0, 2.0], requires_grad=True)

SAME = [
    (None, None),
    (3, 3),
    (3, np.int64(3)),
    (1.0, 1),
    (1.0, 1.0 + 1e-7),
    (float("nan"), float("nan")),
    (True, np.True_),
    ("a", "a"),
    ((1, 2), (1, 2)),
    ((2, 3), torch.zeros(2, 3).shape),
    ({"a": 1}, {"a": 1}),
    ({1, 2}, {2, 1}),
    (T([1.0, float("nan")]), T([1.0, float("nan")])),
    (T([True]), T([True])),
    (T([1.0]), T([1.0], requires_grad=True)),
    (tracked * 2, tracked + tracked),
    (torch.float32, torch.float32),
    (np.zeros(2), np.zeros(2)),
    ([T([1.0]), (2, None)], [T([1.0]), (2, None)]),
]


@pytest.mark.parametrize(("expected", "got"), SAME)
def test_same(expected, got):
    assert difference(expected, got) is None


class Hostile:
    def __eq__(self, other):
        raise ValueError("no")

    __hash__ = None


# (expected, got, kind of the difference, words that must be said of it)
DIFFERENT = [
    (1, None, "nothing", "Is a `return` missing"),
    (None, 1, "kind", "should be nothing"),
    (3, 3.0, "kind", "`//` keeps integers"),
    (3, True, "kind", "a `bool`"),
    (True, 1, "kind", "a `bool` is expected"),
    (1.0, T(1.0), "kind", "`.item()`"),
    (1.0, "1", "kind", "a `str`"),
    (1.0, 1.1, "values", "is 1.1, and should be 1"),
    (2.0, -2.0, "values", "sign"),
    ((1, 2), [1, 2], "kind", "`tuple(...)`"),
    ((1, 2), (1, 2, 3), "length", "2 values, and you gave 3"),
    ((1, 2), (1, 3), "values", "At `[1]`"),
    ((1, 2), 1, "kind", "a `tuple` of 2 values is expected"),
    ((1, 2, 3), (1, 3, 2), "values", "not in the order"),
    ((T([1.0]), T([[2.0]])), (T([[2.0]]), T([1.0])), "shape", "not in the order"),
    ((1, 2, 3), (1, 2, 4), "values", "What is right: `[0]`, `[1]`."),
    (
        {"loss": 1.0, "weights": 2},
        {"loss": 0.5, "weights": 2},
        "values",
        "In *loss*: the value is 0.5, and should be 1.",
    ),
    ({"loss": [1.0]}, {"loss": [2.0]}, "values", "In *loss*, at `[0]`: "),
    ({"a": 1}, {"b": 1}, "keys", "missing: ['a']"),
    ({1}, {2}, "values", "it is {2}, and should be {1}"),
    (T([1.0]), [1.0], "kind", "`.tolist()`"),
    (T([[1.0]]), [T([1.0])], "kind", "`torch.stack`"),
    (T([1.0]), (T([1.0]), 2), "kind", "one Tensor is expected"),
    (T([1.0]), np.ones(1), "kind", "a NumPy array"),
    (T([1.0]), (x for x in "ab"), "kind", "generator"),
    (T([1.0]), torch.Tensor, "kind", "the class `Tensor` itself"),
    (torch.zeros(2, 3), torch.zeros(2, 3, 1), "shape", "length 1 too many"),
    (torch.zeros(2, 1), torch.zeros(2), "shape", "lost a dimension of length 1"),
    (torch.arange(6.0).view(2, 3), torch.arange(6.0).view(2, 3).t(), "shape", "transposed"),
    (torch.zeros(1, 1, 2), torch.zeros(1, 2, 1, 1), "shape", "a dimension too many"),
    (torch.zeros(2, 3), torch.ones(3, 2), "shape", "their order is not"),
    (torch.zeros(2), torch.zeros(2, 2), "shape", "a dimension too many"),
    (torch.zeros(2, 2), torch.zeros(2), "shape", "dimension is missing"),
    (torch.zeros(2), torch.zeros(3), "shape", "is (3,), and should be (2,)"),
    (T([1.0]), T([1.0], dtype=torch.float64), "dtype", "values are right, but the dtype is float64"),
    (T([1.0]), T([2]), "dtype", "The dtype is int64"),
    (T([1.0, 2.0]), T([-1.0, -2.0]), "values", "sign"),
    (T([1.0, 2.0]), T([2.0, 4.0]), "values", "2 times the expected"),
    (T([1.0, 2.0, 5.0]), T([0.5, 1.5, 4.5]), "values", "plus -0.5"),
    (T([1.0, 2.0]), T([1.0, float("nan")]), "values", "1 of 2 values are NaN"),
    (T([1.0, 2.0]), T([1.0, float("inf")]), "values", "infinite"),
    (T([1.0, 2.0, 4.0]), T([4.0, 1.0, 2.0]), "values", "another order"),
    (T([[1.0, 2.0], [3.0, 5.0]]), T([[1.0, 3.0], [2.0, 5.0]]), "values", "transposed"),
    (T([1.0, 2.0, 4.0]), T([1.0, 2.0, 5.0]), "values", "1 of 3 values are not"),
    (T([True, False]), T([False, False]), "values", "not"),
    (tracked * 2, (tracked * 2).detach(), "graph", "cut off from the graph"),
    (np.zeros(2), np.zeros(3), "shape", "(3,)"),
    (np.zeros(2), [0.0, 0.0], "kind", "a `list`"),
    ("a", "b", "values", "it is 'b', and should be 'a'"),
    ("a" * 60, "b", "values", "not the expected value"),
    (torch.float32, torch.float64, "values", "it is torch.float64"),
    (3, Hostile(), "kind", "a `Hostile`"),
    (T(float("nan")), T(1.0), "values", "is 1, and should be nan"),
]


@pytest.mark.parametrize(("expected", "got", "kind", "words"), DIFFERENT)
def test_different(expected, got, kind, words):
    found = difference(expected, got)
    assert found.kind == kind
    assert words in general(found, expected, got)
    assert not same(expected, got)


def test_tolerances():
    assert difference(T([1.0]), T([1.01])) is not None
    assert difference(T([1.0]), T([1.01]), rtol=0.1) is None
    assert difference(1.0, 1.01, rtol=0.1) is None
