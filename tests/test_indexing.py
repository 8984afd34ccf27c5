"""Square brackets, read and written: every form on PyTorch and on edutorch."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edutorch
from tests.twins import same_on_both

torch = pytest.importorskip("torch")

EXAMPLES = int(os.environ.get("EDUTORCH_FUZZ", "300"))

# ---------------------------------------------------------------- written out: x is (4, 3, 2), z is 0-d

READS = """
x[0]; x[-4]; x[1:3]; x[:]; x[...]; x[()]; x[None]; x[:, None]; x[..., None]; x[::2]; x[-10:2]; x[5:]; x[2:1]
x[0, 1]; x[0, 1:3]; x[1:3, 0]; x[..., 0]; x[0, ..., 1]; x[None, 0, None]; x[0, ..., 0, ...]; x[..., ...]
x[ti(1)]; x[ti(1):]; x[:ti(2)]; x[np.int64(1)]; x[np.array(1)]; x[ti(1, dtype=torch.int32)]; x[ti(3), ti(1)]
x[[0, 2]]; x[(0, 2),]; x[(0, 1), (1, 2)]; x[[0, 1], [1, 2]]; x[[[0, 1], [1, 2]]]; x[[[0, 1], [1, 2]],]; x[range(2)]
x[[0, slice(None)]]; x[[0, None]]; x[[ti(0), ti(1)]]; x[[ti([0, 1]), ti([1, 1])]]; x[[]]; x[torch.Size([0, 1])]
x[ti([0, -1, 0])]; x[ti([[0, 1]])]; x[ti([0, 1], dtype=torch.int32)]; x[np.array([0, 1])]; x[0:2, [0, 1]]
x[ti([0]), :, ti([0, 1])]; x[:, ti([0]), ti([0, 1])]; x[:, ti([0, 1])]; x[:, None, ti([0, 1])]
x[ti([0, 1]), None, ti([0, 1])]; x[0, :, ti([0, 1, 0])]; x[ti([0, 1, 0]), :, 0]; x[:, 0, ti([0, 1, 0])]
x[ti([[0, 1]]), ti([[0], [1]])]; x[..., ti([1, 0])]; x[..., [0, 1]]; x[x.argmax(0)[0]]
x[x > 5]; x[x[:, :, 0] > 5]; x[:, ti([True, False, True])]; x[[True, False, True, False]]
x[:, torch.zeros(3, 2).bool()]
x[ti([0, 1, 0, 1], dtype=torch.uint8)]; x[True]; x[False]; x[0, True]; x[..., True]; x[ti(True)]
x[torch.empty(0, dtype=torch.long)]; x[np.array([True, False, True, False])]; x[x[:, 0, 0] > 5, 0]; x[x > 99]
z[None]; z[...]; z[()]; z[True]; z[False]; x.T[0]; x.T[:, 1:]; x.mT[..., 0]; x[:, 1][2]; x[:0]; x[:0, 1]
"""

REFUSED = """
x[4]; x[-5]; x[0, 5]; x[..., 9]; x[None, 9]; x[0, 0, 0, 0]; x[9, 0, 0, 0]; x[0][0][0][0]
z[0]; z[0, 0]; z[:]; z[ti(0)]; z[None, 0]; z[..., 0]
x[::-1]; x[::0]; x[1:2.5]; x["a":]; x[ti(1.):]; x[ti([0, 1]):]; x[0.5]; x["a"]; x[{}]; x[np.bool_(True)]; x[["a"]]
x[ti(0.5)]; x[ti([0.5])]; x[ti([0, 1], dtype=torch.int16)]; x[ti([0, 1], dtype=torch.int8)]; x[torch.empty(0)]
x[[True, False]]; x[ti([True, False])]; x[:, ti([True, False])]; x[ti([[True, False]])]; x[torch.zeros(4, 4).bool()]
x[torch.zeros(4, 3, 2, 1).bool()]; x[x > 0, 0]; x[0, 1, 0, ti([0])]; x[ti([0]), ti([0]), ti([0]), ti([0])]
x[ti([0, 1]), ti([0, 1, 2])]; x[ti([5])]; x[ti([-5])]; x[:, ti([5])]; x[0, ti([5])]; torch.zeros(0)[ti([0])]
x[10**20]
"""

WRITES = """
x[0] = 1; x[0] = ti([1., 2.]); x[0] = torch.ones(1, 1, 3, 2); x[0] = torch.ones(3, 2).double(); x[0] = ti(2)
x[0] = ti([[True]]); x[0, 0, 0] = torch.ones(1); x[0, 0, 0] = torch.ones(1, 1); x[0:0] = torch.ones(0, 3, 2)
x[0] = True; x[ti([0, 1])] = 1; x[ti([0, 1])] = torch.ones(3, 2); x[ti([0, 1])] = torch.ones(1, 1, 2, 3, 2)
x[[0, 1]] = 5; x[[0, 1], [1, 2]] = ti([1., 2.]); x[0, [1, 2]] = ti([[1., 2.]]); x[:, ti([1, 0])] = ti([[1.], [2.]])
x[x > 3] = 0; x[x > 3] = torch.ones(20); x[x > 3] = ti([1.]); x[x > 99] = 1; x[:, ti([True, False, True])] = 7
x[...] = 5; x[:] = 5; x[()] = 5; x[None] = 5; x[True] = 5; x[False] = 5; x[ti(True)] = 5; x[::2] = 9; x[:, 1] = 0
x[0:2, 0] = x[2:4, 0]; x[0][1] = 7; x.T[0] = 3; x[0] += 1; x[ti([0, 0])] += 1; x[x > 3] *= 2; x[:, 0] = x[:, 1]
z[...] = 1; z[()] = 1; z[True] = 1; z[None] = 1; n[0] = 2.7; n[ti([0])] = 2.7; n[0] = ti(2.7); n[n > 0] = -1
b[0] = 3; b[0] = ti(0.5); x[ti([], dtype=torch.long)] = torch.ones(0, 3, 2); torch.zeros(3).expand(4, 3)[0] = 1
"""

WRITES_REFUSED = """
x[0] = ti([1., 2., 3.]); x[0] = torch.ones(2, 3, 2); x[0] = x; x[0] = torch.ones(0); x[0, 0, 0] = torch.ones(2)
x[0:0] = torch.ones(5); x[0] = [1, 2]; x[0] = np.ones(2); x[0] = np.float32(3); x[0] = "a"; x[0] = None
x[5] = 1; x[0, 0, 0, 0] = 1; x[ti([5])] = 1; x[ti([True, False])] = 0; x[::-1] = 5; x[0.5] = 5
x[ti([0, 1])] = torch.ones(3, 2).double(); x[ti([0, 1])] = torch.ones(3, 2).long(); x[ti([0, 1])] = ti(1)
x[ti([0, 1])] = torch.ones(3, 3, 2); x[x > 3] = torch.ones(19); x[x > 3] = torch.ones(20).long()
n[ti([0])] = ti(2.7); n[0] = float("inf"); u[0] = 300; x[0] = 1e300; z[0] = 1; z[:] = 1; z[ti(0)] = 1
leaf[0] = 1; leaf[ti([0])] = 1; leaf[...] = 1; leaf[leaf > 9] = 1
torch.zeros(3).expand(4, 3)[:] = 1; x.view(-1)[1:] = x.view(-1)[:-1]; x[ti([0])] = x[1]
"""


def listed(text):
    return [s.strip() for s in text.replace("\n", ";").split(";") if s.strip()]


def names(framework):
    t = framework
    return {
        "torch": t, "np": np, "ti": t.tensor, "x": t.arange(24.0).reshape(4, 3, 2).clone(), "z": t.tensor(3.0),
        "n": t.zeros(3, dtype=t.long), "u": t.zeros(3, dtype=t.uint8), "b": t.zeros(3, dtype=t.bool),
        "leaf": t.ones(3, requires_grad=True),
    }  # fmt: skip


@pytest.mark.parametrize("expression", listed(READS) + listed(REFUSED))
def test_read(expression):
    def program(framework):
        part = eval(expression, names(framework))
        return part, part.is_contiguous()

    same_on_both(program)


@pytest.mark.parametrize("expression", [e for e in listed(READS) if "argmax" not in e])
def test_gradient_of_read(expression):
    def program(framework):
        given = names(framework)
        x, z = given["x"].requires_grad_(), given["z"].requires_grad_()
        part = eval(expression, given)
        weights = framework.arange(float(part.numel())).reshape(part.shape) + 1
        (part * part * weights).sum().backward()
        return part.grad_fn, x.grad, z.grad

    same_on_both(program)


@pytest.mark.parametrize("statement", listed(WRITES) + listed(WRITES_REFUSED))
def test_write(statement):
    def program(framework):
        given = names(framework)
        exec(statement, given)
        return [given[k] for k in "xznub"]

    same_on_both(program)


@pytest.mark.parametrize("statement", [s for s in listed(WRITES) if s.startswith("x")])
def test_gradient_of_write(statement):
    """What was overwritten gets no gradient; the value gets that of the place it went to."""

    def program(framework):
        given = names(framework)
        leaf = given["x"].requires_grad_()
        given["x"] = leaf * 1.5
        value = statement.partition(" = ")[2]
        if value.startswith(("torch.", "ti(")) and ".double" not in value:
            made = eval(value, given)
            given["v"] = made.requires_grad_() if made.is_floating_point() else made
            statement_ = statement.partition(" = ")[0] + " = v"
        else:
            statement_ = statement
        exec(statement_, given)
        x = given["x"]
        (x * x).sum().backward()
        return x, leaf.grad, given["v"].grad if "v" in given else None

    same_on_both(program)


# ---------------------------------------------------------------- at random


def entry(draw, size):
    """Draw an index entry for a dimension of a size; as code, so that both frameworks can make their own."""
    kinds = ["slice", "all", "none"]
    if size:
        kinds += ["slice", "int", "list", "tensor", "tensor2", "mask"]
    kind = draw(st.sampled_from(kinds))
    position = st.integers(-size, size - 1)
    bound = st.one_of(st.none(), st.integers(-size - 1, size + 1))
    if kind == "slice":
        return repr(slice(draw(bound), draw(bound), draw(st.sampled_from([None, 1, 2]))))
    if kind == "int":
        return str(draw(position))
    if kind in ("list", "tensor"):
        values = [draw(position) for _ in range(3)]
        return repr(values) if kind == "list" else f"t.tensor({values})"
    if kind == "tensor2":
        return f"t.tensor({[[draw(position)], [draw(position)]]})"
    if kind == "mask":
        return f"t.tensor({[draw(st.booleans()) for _ in range(size)]})"
    return {"all": "slice(None)", "none": "None"}[kind]


@st.composite
def indices(draw):
    """Draw a shape and an index for it, as code."""
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=1, max_size=4)))
    entries, axis = [], 0
    while axis < len(shape) and draw(st.integers(0, 5)):
        entries.append(entry(draw, shape[axis]))
        axis += entries[-1] != "None"
    if len(entries) < 6 and draw(st.booleans()):
        entries.append("Ellipsis")
        entries += [entry(draw, shape[-1])] if axis < len(shape) else []
    return shape, f"({', '.join(entries)}{',' if entries else ''})"


def filled(t, shape):
    return t.arange(float(math.prod(shape)), dtype=t.float64).reshape(shape) + 1


def random_settings(function):
    options = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
    return settings(max_examples=EXAMPLES, **options)(function)


@random_settings
@given(indices())
def test_random_reads(drawn):
    shape, index = drawn

    def program(t):
        x = filled(t, shape).requires_grad_()
        part = x[eval(index, {"t": t})]
        (part * part * filled(t, tuple(part.shape))).sum().backward()
        return part, x.grad

    same_on_both(program)


@random_settings
@given(indices(), st.sampled_from(["number", "scalar", "full", "broadcast"]))
def test_random_writes(drawn, kind):
    """Positions are not repeated when different values go there: which one stays is open."""
    shape, index = drawn
    made = filled(torch, shape)
    try:
        place = eval(index, {"t": torch})
        part = made[place]
        numbers = torch.arange(made.numel()).reshape(shape)[place]
        if kind in ("full", "broadcast") and numbers.unique().numel() < numbers.numel():
            kind = "scalar"
        size = {"scalar": (), "full": tuple(part.shape), "broadcast": tuple(part.shape[-1:])}.get(kind)
    except IndexError:
        size = ()

    def program(t):
        leaf = filled(t, shape).requires_grad_()
        x = leaf * 2
        value = 7.5 if kind == "number" else filled(t, size).requires_grad_()
        x[eval(index, {"t": t})] = value
        (x * x).sum().backward()
        return x, leaf.grad, None if kind == "number" else value.grad

    same_on_both(program)


# ---------------------------------------------------------------- what an index does not do


def test_an_index_that_is_written_later_does_not_change_the_gradient():
    x, i = edutorch.ones(3, requires_grad=True), edutorch.tensor([0, 1])
    y = x[i]
    i.fill_(2)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


def test_reading_numbers_and_slices_copies_nothing():
    x = edutorch.zeros(4, 3)
    for part in (x[0], x[1:3], x[:, 0], x[None], x[...], x[2, 1], x[::2, 1:]):
        part.fill_(1)
        assert x.sum().item() == part.numel()
        x.zero_()
    assert x[0].data_ptr() == x.data_ptr()


def test_reading_lists_and_masks_copies():
    x = edutorch.zeros(4, 3)
    for part in (x[[0]], x[x == 0], x[edutorch.tensor([1])], x[:, [0, 1]]):
        part.fill_(1)
    assert not x.any()


def test_repeated_rows_add_up_in_float32():
    """The sorted sum of repeated rows is exact where each row is: 300 times the same row of ones."""
    x = edutorch.zeros(5, 7, requires_grad=True)
    x[edutorch.tensor([2] * 300 + [4])].sum().backward()
    assert x.grad[:, 0].tolist() == [0.0, 0.0, 300.0, 0.0, 1.0]


def test_repeated_positions_in_halves_are_summed_in_float32():
    x = edutorch.zeros(3, dtype=edutorch.bfloat16, requires_grad=True)
    x[edutorch.tensor([1] * 400)].sum().backward()  # bfloat16 alone would stop at 256
    assert x.grad[1].item() == 400.0
