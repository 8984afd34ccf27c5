"""From samples to a batch."""

from __future__ import annotations

import collections
import types
from collections import OrderedDict, UserDict, UserList, defaultdict

import numpy as np
import pytest

from tests.twins import plain, same_on_both
from tests.utils.data.test_dataset import said

pytest.importorskip("torch")

Point = collections.namedtuple("Point", "x y")


class Fixed(collections.abc.Sequence):
    """A sequence that can neither be changed nor made of a list."""

    def __init__(self, *items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


BATCHES = {
    "ints": lambda torch: [1, 2, 3],
    "bools": lambda torch: [True, False],
    "floats": lambda torch: [0.1, 0.2],
    "int and float": lambda torch: [1, 0.5],
    "strings": lambda torch: ["a", "b"],
    "bytes": lambda torch: [b"a", b"b"],
    "tensors": lambda torch: [torch.ones(2, 3), torch.zeros(2, 3)],
    "0-d tensors": lambda torch: [torch.tensor(1), torch.tensor(2)],
    "0-d bfloat16": lambda torch: [torch.tensor(1.5, dtype=torch.bfloat16)] * 2,
    "empty tensors": lambda torch: [torch.ones(0, 3)] * 2,
    "tensors that require grad": lambda torch: [torch.ones(2, requires_grad=True)] * 2,
    "tensors of mixed dtypes": lambda torch: [torch.ones(2), torch.ones(2, dtype=torch.int64)],
    "unequal tensors": lambda torch: [torch.ones(2), torch.ones(3)],
    "parameters": lambda torch: [torch.nn.Parameter(torch.ones(2)), torch.ones(2)],
    "arrays": lambda torch: [np.arange(3), np.arange(3)],
    "arrays of float64": lambda torch: [np.ones((2, 2)), np.zeros((2, 2))],
    "0-d arrays": lambda torch: [np.array(1.5), np.array(2.5)],
    "arrays turned round": lambda torch: [np.arange(3)[::-1]] * 2,
    "unequal arrays": lambda torch: [np.arange(3), np.arange(2)],
    "arrays of strings": lambda torch: [np.array(["a"])] * 2,
    "arrays of objects": lambda torch: [np.array([None])] * 2,
    "NumPy's float32": lambda torch: [np.float32(1), np.float32(2)],
    "NumPy's float64": lambda torch: [np.float64(1), np.float64(2)],
    "NumPy's int8": lambda torch: [np.int8(1), np.int8(2)],
    "NumPy's bool": lambda torch: [np.bool_(True), np.bool_(False)],
    "NumPy's mixed": lambda torch: [np.int64(1), np.float32(2)],
    "NumPy's and Python's": lambda torch: [np.float32(1), 2.5],
    "pairs": lambda torch: [(torch.ones(2), 1), (torch.zeros(2), 2)],
    "pairs with strings": lambda torch: [("a", 1), ("b", 2)],
    "lists": lambda torch: [[1, 2.5], [3, 4.5]],
    "lists of pairs": lambda torch: [[(1, 2), "a"], [(3, 4), "b"]],
    "unequal lists": lambda torch: [[1, 2], [3]],
    "empty lists": lambda torch: [[], []],
    "dicts": lambda torch: [{"x": 1, "y": torch.ones(2)}, {"y": torch.ones(2), "x": 2}],
    "dicts that lack a key": lambda torch: [{"x": 1, "y": 2}, {"x": 1}],
    "dicts with more keys": lambda torch: [{"x": 1}, {"x": 1, "y": 2}],
    "nested dicts": lambda torch: [{"x": {"y": [1, (2, 3)]}}] * 2,
    "ordered dicts": lambda torch: [OrderedDict(x=1), OrderedDict(x=2)],
    "default dicts": lambda torch: [defaultdict(int, x=1), defaultdict(int, x=2)],
    "user dicts": lambda torch: [UserDict(x=1), UserDict(x=2)],
    "frozen dicts": lambda torch: [types.MappingProxyType({"x": 1}), types.MappingProxyType({"x": 2})],
    "user lists": lambda torch: [UserList([1, 2]), UserList([3, 4])],
    "ranges": lambda torch: [range(2), range(2, 4)],
    "own sequences": lambda torch: [Fixed(1, 2), Fixed(3, 4)],
    "deques": lambda torch: [collections.deque([1, 2]), collections.deque([3, 4])],
    "named tuples": lambda torch: [Point(1, "a"), Point(2, "b")],
    "one sample": lambda torch: [(torch.ones(2), 1)],
    "a tuple of samples": lambda torch: (1, 2),
    "no samples": lambda torch: [],
    "None": lambda torch: [None, None],
    "None inside": lambda torch: [(1, None), (2, None)],
    "complete strangers": lambda torch: [object(), object()],
    "sets": lambda torch: [{1}, {2}],
    "huge integers": lambda torch: [2**70],
}


def described(value):
    """A batch with the types of its collections, so that they too are compared."""
    if isinstance(value, collections.abc.Mapping):
        return [type(value).__name__, {key: described(entry) for key, entry in value.items()}]
    if isinstance(value, collections.abc.Sequence) and not isinstance(value, str | bytes):
        return [type(value).__name__, [described(entry) for entry in value]]
    return plain(value)


def collated(torch, make):
    result = said(lambda: described(torch.utils.data.default_collate(make(torch))))
    return (result[0], result[1].split(" object at ")[0]) if isinstance(result[1], str) else result


@pytest.mark.parametrize("name", BATCHES)
def test_collate(name):
    same_on_both(lambda torch: collated(torch, BATCHES[name]))


@pytest.mark.parametrize("name", BATCHES)
def test_convert(name):
    def converted(torch):
        out = []
        for sample in BATCHES[name](torch):
            if type(sample) is not object:
                out.append(said(lambda sample=sample: described(torch.utils.data.default_convert(sample))))
        return out

    same_on_both(converted)


def test_collating_leaves_the_samples_alone():
    def program(torch):
        samples = [UserDict(x=[1, 2], y=UserList([3])), UserDict(x=[4, 5], y=UserList([6]))]
        torch.utils.data.default_collate(samples)
        torch.utils.data.default_convert(samples)
        return [(s["x"], list(s["y"])) for s in samples]

    same_on_both(program)


def test_own_functions_for_own_types():
    def program(torch):
        collate_module = torch.utils.data._utils.collate

        class Celsius:
            def __init__(self, degrees):
                self.degrees = degrees

        class Warm(Celsius):
            pass

        def mean(batch, *, collate_fn_map=None):
            return sum(c.degrees for c in batch) / len(batch)

        batch = [(Warm(20), 1), (Celsius(30), 2)]
        functions = {Celsius: mean, (int, float): lambda batch, *, collate_fn_map=None: sum(batch)}
        out = [
            collate_module.collate(batch, collate_fn_map=functions),
            said(lambda: collate_module.collate([object], collate_fn_map=functions)),
            said(lambda: collate_module.collate([1])),
        ]
        collate_module.default_collate_fn_map[Celsius] = mean
        try:
            out.append(torch.utils.data.default_collate(batch))
        finally:
            del collate_module.default_collate_fn_map[Celsius]
        return out

    same_on_both(program)


def test_the_names_people_import():
    def program(torch):
        import importlib

        name = torch.__name__ + ".utils.data"
        default = torch.utils.data.default_collate
        return [
            importlib.import_module(f"{name}.{module}").default_collate is default
            for module in ("dataloader", "_utils.collate")
        ] + [
            importlib.import_module(f"{name}.dataset").Subset is torch.utils.data.Subset,
            importlib.import_module(f"{name}.sampler").RandomSampler is torch.utils.data.RandomSampler,
            importlib.import_module(f"{name}.distributed").DistributedSampler is torch.utils.data.DistributedSampler,
            importlib.import_module(f"{name}.dataloader").DataLoader is torch.utils.data.DataLoader,
            importlib.import_module(f"{name}._utils.worker").get_worker_info is torch.utils.data.get_worker_info,
        ]

    same_on_both(program)
