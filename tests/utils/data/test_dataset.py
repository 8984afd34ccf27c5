"""Datasets, and datasets made of datasets."""

from __future__ import annotations

import functools

import pytest

from tests import twins
from tests.twins import Programs, same_on_both

pytest.importorskip("torch")
program = PROGRAMS = Programs()


said = functools.partial(twins.said, words=lambda error: str(error).split("\n")[0])


def squares(torch):
    class Squares(torch.utils.data.Dataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return index**2

    return Squares()


def stream(torch, *items):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(items)

        def __len__(self):
            return len(items)

    return Stream()


@program
def generic(torch):
    data = torch.utils.data

    class Numbers(data.Dataset[int]):
        pass

    class Endless(data.IterableDataset[int]):
        pass

    return [
        said(lambda: Numbers()[0]),
        said(lambda: len(Numbers())),
        said(Endless)[0],
        isinstance(stream(torch), data.Dataset),
        data.DataLoader[int].__name__,
        data.Sampler[int].__name__,
    ]


@program
def tensors(torch):
    data = torch.utils.data.TensorDataset(torch.arange(6).view(3, 2), torch.tensor([0.5, 1.5, 2.5]))
    return [
        len(data),
        data[1],
        data[-1],
        data[1:],
        data[[0, 2]],
        [t.shape[0] for t in data.tensors],
        list(data),
        said(lambda: data[3])[0],
        said(lambda: torch.utils.data.TensorDataset(torch.ones(2), torch.ones(3))),
        said(lambda: len(torch.utils.data.TensorDataset())),
    ]


@program
def side_by_side(torch):
    Stack = torch.utils.data.StackDataset
    tensors = torch.utils.data.TensorDataset(torch.arange(5))
    part = torch.utils.data.Subset(tensors, [4, 3, 2, 1, 0])
    pair, named = Stack(tensors, part), Stack(x=part, y=range(5))
    return [
        len(pair),
        pair[1],
        named[1],
        pair.__getitems__([0, 2]),
        named.__getitems__([0, 2]),
        named.__getitems__([]),
        [said(lambda: Stack()), said(lambda: Stack([1], x=[1])), said(lambda: Stack([1], [1, 2]))],
        said(lambda: Stack(x=[1], y=[])),
    ]


@program
def a_dataset_that_returns_too_few(torch):
    class Few(torch.utils.data.Dataset):
        def __len__(self):
            return 5

        def __getitems__(self, indices):
            return [0]

    return torch.utils.data.StackDataset(Few(), range(5)).__getitems__([1, 2])


@program
def one_behind_the_other(torch):
    Concat = torch.utils.data.ConcatDataset
    both = squares(torch) + range(10, 13)
    nested = both + both
    return [
        type(both).__name__,
        len(both),
        [both[i] for i in range(8)],
        [both[i] for i in (-1, -4, -8)],
        said(lambda: both[8]),
        said(lambda: both[-9]),
        both.cumulative_sizes,
        Concat.cumsum(["ab", "c"]),
        [nested[i] for i in (0, 7, 8, 15)],
        said(lambda: Concat([])),
        said(lambda: Concat([stream(torch)])),
        len(Concat(iter(["ab", "c"]))),
    ]


@program
def the_old_spelling(torch):
    return torch.utils.data.ConcatDataset(["ab", "c"]).cummulative_sizes


@program
def one_stream_after_the_other(torch):
    both = stream(torch, 1, 2) + stream(torch, 3)
    Chain = torch.utils.data.ChainDataset
    return [
        type(both).__name__,
        list(both),
        len(both),
        said(lambda: list(Chain([[1]]))),
        said(lambda: len(Chain([[1]]))),
    ]


@program
def parts(torch):
    Subset = torch.utils.data.Subset
    part = Subset(squares(torch), [4, 0, 4])
    tensors = torch.utils.data.TensorDataset(torch.arange(5))

    class Half(Subset):
        def __getitem__(self, index):
            return 0.5

    class Whole(Half):
        def __getitems__(self, indices):
            return [self[i] for i in indices]

    return [
        len(part),
        [part[i] for i in range(3)],
        part.__getitems__([0, 1]),
        Subset(part, [2, 1]).__getitems__([1, 0]),
        Subset(tensors, [3, 1])[[0, 1]],
        Subset(tensors, torch.tensor([3, 1]))[0],
        said(lambda: Half(squares(torch), [0])),
        Whole(squares(torch), [0])[0],
        said(lambda: part[3]),
    ]


def split(torch, size, lengths, **kwargs):
    torch.manual_seed(0)
    parts = torch.utils.data.random_split(range(size), lengths, **kwargs)
    return [list(part.indices) for part in parts], torch.rand(1)


@pytest.mark.parametrize(
    ("size", "lengths"),
    [
        (10, [3, 7]),
        (10, [0.8, 0.2]),
        (10, [0.35, 0.35, 0.3]),
        (7, [1 / 3, 1 / 3, 1 / 3]),
        (30, [0.3, 0.3, 0.4]),
        (1, [1]),
        (2, [0.9, 0.1]),
        (3, [0.5, 0.5, 0]),
        (10, [3, 8]),
        (10, [0.5, 0.4]),
        (10, [1.5, -0.5]),
        (10, [-0.5, 1.5]),
        (0, []),
        (1, [1.0, 0.0]),
    ],
)
def test_random_split(size, lengths):
    same_on_both(lambda torch: split(torch, size, lengths), compare_warnings=True)


@program
def splitting_with_a_generator(torch):
    generator = torch.Generator().manual_seed(42)
    return [split(torch, 20, lengths, generator=generator) for lengths in ([5, 15], [0.5, 0.5])], split(
        torch, 5, [2, 3], generator=None
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_dataset(name):
    same_on_both(PROGRAMS[name], compare_warnings=True)
