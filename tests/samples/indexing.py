"""Reading with square brackets, in all forms."""

import numpy as np

from tests.samples import Error, Sample, bools, ints, randn

ALL = slice(None)


def read(*index, shape=(4, 3, 2)):
    return Sample("Tensor.__getitem__", randn(*shape), index[0] if len(index) == 1 else index)


SAMPLES = [
    read(0),
    read(-1),
    read(slice(1, 3)),
    read(slice(None)),
    read(slice(0, 9)),
    read(slice(-2, None)),
    read(slice(3, 1)),
    read(slice(None, None, 2)),
    read(slice(3, None, 5)),
    read(None),
    read(Ellipsis),
    read(()),
    read(0, 1),
    read(0, 1, 1),
    read(0, slice(1, 3)),
    read(slice(1, 3), 0),
    read(ALL, 0),
    read(0, ALL),
    read(ALL, ALL),
    read(ALL, ALL, slice(0, 1)),
    read(Ellipsis, 0),
    read(0, Ellipsis, 1),
    read(Ellipsis, slice(0, 1), None),
    read(None, 0, None, Ellipsis),
    read(Ellipsis, Ellipsis),
    read(True),
    read(False),
    read(0, True),
    read([0, 2]),
    read([-1, 0, -1]),
    read([[0, 1], [2, 1]]),
    read([0, 2], [1, 1]),
    read(range(2)),
    read(np.array([0, 2, 0])),
    read(ints(2, 3, high=4)),
    read(ints(3, high=4, dtype="int32")),
    read(ints(high=4)),
    read(ints(0, high=4)),
    read(ALL, ints(4, high=3)),
    read(ALL, ALL, ints(4, high=2)),
    read(Ellipsis, ints(2, 2, high=2)),
    read(ints(4, high=4), ints(4, high=3)),
    read(ints(4, high=4), ints(4, high=3), ints(4, high=2)),
    read(ints(2, 1, high=4), ints(3, high=3)),
    read(ints(4, high=4), ALL, ints(4, high=2)),
    read(ALL, ints(4, high=3), ints(4, high=2)),
    read(ints(4, high=4), None, ints(4, high=3)),
    read(ints(4, high=4), 0),
    read(0, ints(4, high=3)),
    read(0, ALL, ints(4, high=2)),
    read(ints(4, high=4), slice(0, 2)),
    read(slice(1, 3), ints(4, high=3), None),
    read(bools(4, 3, 2)),
    read(bools(4, 3)),
    read(bools(4)),
    read(ALL, bools(3)),
    read(ALL, bools(3, 2)),
    read(bools(4), 0),
    read(np.array([True, False, True, True]), ints(3, high=3)),
    read([True, False, True, False]),
    read(np.array(True)),
    read(None, shape=()),
    read(Ellipsis, shape=()),
    read((), shape=()),
    read(True, shape=()),
    read(slice(None), shape=(0, 2)),
    read(ints(7, high=5), shape=(5,)),
    read(ints(7, high=5), shape=(5, 9)),
    read(0, shape=(3,)),
    read(bools(5), shape=(5,)),
]


def refused(*index, shape=(4, 3, 2)):
    return Error("Tensor.__getitem__", randn(*shape), index[0] if len(index) == 1 else index)


def written(value, *index, shape=(4, 3, 2)):
    return Error("Tensor.__setitem__", randn(*shape), index[0] if len(index) == 1 else index, value)


ERRORS = [
    refused(4),
    refused(-5),
    refused(0, 3),
    refused(0, 0, 0, 0),
    refused(9, 0, 0, 0),
    refused(0, shape=()),
    refused(ALL, shape=()),
    refused(0, 0, shape=()),
    refused(Ellipsis, 0, shape=()),
    refused(ints(high=1), shape=()),
    refused(slice(None, None, -1)),
    refused(slice(None, None, 0)),
    refused(slice(1, 2.5)),
    refused(0.5),
    refused("a"),
    refused({}),
    refused(randn(2)),
    refused(ints(2, high=2, dtype="int16")),
    refused(ints(2, low=4, high=9)),
    refused(ints(2, low=-9, high=-4)),
    refused(ALL, ints(2, low=4, high=9)),
    refused(ints(2, high=2), ints(3, high=2)),
    refused(ints(1, high=1), shape=(0,)),
    refused(bools(3)),
    refused(ALL, bools(2)),
    refused(bools(4, 4)),
    refused(bools(4, 3, 2), 0),
    refused(bools(4, 3, 2, 1)),
    written(1, 4),
    written(1, 0, 0, 0, 0),
    written([1, 2], 0),
    written(np.array([1.0, 2.0, 3.0]), 0),
    written(randn(2, 3, 2), 0),
    written(randn(3, 3, 2), ints(2, high=4)),
    written(ints(3, 2), ints(2, high=4)),
    written("a", 0),
    written(1, slice(None, None, -1)),
    Error("Tensor.__setitem__", randn(3), 0, 1.0, opts={"track": True}),
    Error("Tensor.__setitem__", randn(3), [0], 1.0, opts={"track": True}),
    Error("Tensor.__iter__", randn()),
]
