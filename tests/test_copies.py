"""Copies and pickles of tensors: values, dtype, strides, and what shared memory still does."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import edutorch
from tests.twins import Programs, said, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def pickled(value):
    return pickle.loads(pickle.dumps(value))


WAYS = (pickled, copy.deepcopy, copy.copy)


@program
def every_dtype(torch):
    names = ["float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]
    tensors = [torch.arange(6).reshape(2, 3).to(getattr(torch, name)) for name in names]
    return [[way(t) for t in tensors] for way in WAYS]


@program
def every_protocol(torch):
    base = torch.arange(12.0).reshape(3, 4)
    tensors = [base, base.T, base[1], base[:, 2], torch.tensor(3), torch.ones(0, 3)]
    return [pickle.loads(pickle.dumps(tensors, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)]


def views(torch):
    base = torch.arange(24.0).reshape(2, 3, 4)
    return [
        base,
        base.permute(2, 0, 1),
        base[1],
        base[:, 1],
        base[:, ::2, 1:3],
        base.transpose(0, 1),
        base[0].T,
        base[0, 0, 0],
        base.reshape(-1),
        torch.ones(3, 1).expand(3, 4),
        base.view(torch.int32),
        torch.ones(0, 3),
        torch.tensor(2.5),
    ]


@program
def shapes_and_strides(torch):
    return [
        [pickled(v) for v in views(torch)],
        [(way(v), way(v).stride(), way(v).storage_offset()) for v in views(torch) for way in WAYS[1:]],
        [pickled(v).stride() for v in views(torch) if v.is_contiguous() or v.T.is_contiguous()],
    ]


@program
def what_shares_memory_goes_on_sharing_it(torch):
    seen = []
    for way in WAYS[1:]:
        base = torch.arange(12.0).reshape(3, 4)
        a, b, c, again = way([base, base[1:, ::2].T, base.detach(), base])
        b.zero_()
        c[0] = 7
        seen.append((a, b, c, again is a, base))
    return seen


@program
def the_view_comes_first(torch):
    base = torch.arange(12.0).reshape(3, 4)
    row, whole = copy.deepcopy((base[1], base))
    row.fill_(5)
    return row, whole, base


@program
def one_tensor_pickled_twice_in_a_list(torch):
    a = torch.ones(2)
    b, c = pickled([a, a])
    return b is c


@program
def leaves_and_results(torch):
    x = torch.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    y = x * 2
    seen = [(way(x), way(x).grad, way(x).is_leaf) for way in WAYS]
    seen += [(pickled(y), pickled(y).is_leaf, copy.copy(y).requires_grad), said(lambda: copy.deepcopy(y))]
    twin = copy.deepcopy(x)
    twin.grad.zero_()
    return seen, x.grad, said(lambda: copy.deepcopy([x, y]))


@program
def gradients_flow_to_a_copy(torch):
    x = torch.ones(3, requires_grad=True)
    seen = []
    for way in WAYS:
        twin = way(x)
        (twin * 3).sum().backward()
        seen.append((twin.grad, x.grad))
    return seen


@program
def remarks(torch):
    x = torch.ones(3)
    x.name_of_mine, x.list = "weights", [1, 2]
    twins = [way(x) for way in WAYS]
    return [(t.name_of_mine, t.list, t.list is x.list) for t in twins]


@program
def parameters(torch):
    p = torch.nn.Parameter(torch.ones(2, 3).T, requires_grad=False)
    q = torch.nn.Parameter(torch.ones(2))
    q.tag = "mine"
    (q * 2).sum().backward()
    return (
        [(type(way(p)).__name__, way(p), way(p).stride()) for way in WAYS],
        [(type(way(q)).__name__, way(q), way(q).grad) for way in WAYS],
        pickled(q).tag,
        hasattr(copy.deepcopy(q), "tag"),
        [a is b for a, b in [pickled([q, q]), copy.deepcopy([q, q])]],
    )


@program
def sizes_dtypes_and_devices(torch):
    return [
        [way(torch.Size([2, 3])) for way in WAYS] == [(2, 3)] * 3,
        [way(torch.float32) is torch.float32 for way in WAYS],
        [way(torch.device("cpu")) == torch.device("cpu") for way in WAYS],
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same_on_both(PROGRAMS[name])


def test_hooks_stay_behind_with_a_warning():
    def program(torch):
        x = torch.ones(2, requires_grad=True)
        x.register_hook(lambda g: g * 100)
        twin = pickled(x)
        twin.sum().backward()
        return twin.grad

    same_on_both(program, compare_warnings=True)


def test_a_mapped_file_is_not_swallowed_whole(tmp_path):
    """A row of a file in memory is pickled as a row."""
    np.save(tmp_path / "big.npy", np.zeros((1000, 10), np.float32))
    row = edutorch.from_numpy(np.load(tmp_path / "big.npy", mmap_mode="r+"))[3]
    assert len(pickle.dumps(row)) < 1000
    assert pickled(row).tolist() == [0.0] * 10


def test_a_plain_tensor_costs_little_more_than_its_array():
    t = edutorch.zeros(10_000)
    assert len(pickle.dumps(t)) < len(pickle.dumps(t.numpy())) + 100
    buffers = []
    pickle.dumps(t, protocol=5, buffer_callback=buffers.append)
    assert len(buffers) == 1  # the elements need not be copied


def test_expanded_tensors_still_refuse_writes():
    with pytest.raises(RuntimeError, match="more than one element"):
        copy.deepcopy(edutorch.ones(1).expand(3)).add_(1)


def test_a_row_is_pickled_as_a_row():
    """PyTorch writes all of the memory that a view is of."""
    assert len(pickle.dumps(edutorch.zeros(1000, 10)[3])) < 1000
