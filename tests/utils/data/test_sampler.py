"""Samplers: the order of samples is PyTorch's, and so are all random numbers after it."""

from __future__ import annotations

import pytest

from tests.twins import Programs, same_on_both
from tests.utils.data.test_dataset import said

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def two_rounds(torch, make):
    """The order of two epochs, what was left of a broken one, and the number drawn next from each stream."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(7)
    out = []
    for given in (None, generator):
        sampler = make(torch.utils.data, given)
        out += [list(sampler), list(sampler), len(sampler)]
        some = iter(sampler)
        out += [next(some), torch.rand(1), next(some)]
    return out, torch.rand(1), torch.rand(1, generator=generator)


@pytest.mark.parametrize(
    "make",
    [
        lambda data, g: data.SequentialSampler(range(7)),
        lambda data, g: data.RandomSampler(range(20), generator=g),
        lambda data, g: data.RandomSampler(range(20), num_samples=50, generator=g),
        lambda data, g: data.RandomSampler(range(20), num_samples=40, generator=g),
        lambda data, g: data.RandomSampler(range(20), num_samples=5, generator=g),
        lambda data, g: data.RandomSampler(range(100), replacement=True, generator=g),
        lambda data, g: data.RandomSampler(range(9), replacement=True, num_samples=64, generator=g),
        lambda data, g: data.SubsetRandomSampler([3, 5, 7, 9, 11], generator=g),
        lambda data, g: data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 9, generator=g),
        lambda data, g: data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7], 3, replacement=False, generator=g),
        lambda data, g: data.BatchSampler(data.RandomSampler(range(10), generator=g), 3, False),
        lambda data, g: data.BatchSampler(data.RandomSampler(range(10), generator=g), 3, True),
        lambda data, g: data.BatchSampler(data.RandomSampler(range(9), generator=g), 3, True),
        lambda data, g: data.DistributedSampler(range(10), 3, 1),
    ],
)
def test_order(make):
    same_on_both(lambda torch: two_rounds(torch, make))


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("size", [1, 3, 10, 12])
def test_shares_of_processes(size, shuffle, drop_last):
    def shares(torch):
        out = []
        for rank in range(4):
            sampler = torch.utils.data.DistributedSampler(range(size), 4, rank, shuffle, 5, drop_last)
            out.append((list(sampler), len(sampler), sampler.num_samples, sampler.total_size))
            sampler.set_epoch(3)
            out.append(list(sampler))
        return out

    same_on_both(shares)


@program
def refusals(torch):
    data = torch.utils.data
    return [
        said(lambda: data.RandomSampler([])),
        said(lambda: data.RandomSampler([1], replacement=1)),
        said(lambda: data.RandomSampler([1], num_samples=0)),
        said(lambda: data.RandomSampler([1], num_samples=1.5)),
        said(lambda: data.WeightedRandomSampler([1.0], 0)),
        said(lambda: data.WeightedRandomSampler([1.0], True)),
        said(lambda: data.WeightedRandomSampler([1.0], 1, replacement=None)),
        said(lambda: data.WeightedRandomSampler([[1.0]], 1)),
        said(lambda: data.WeightedRandomSampler(1.0, 1)),
        said(lambda: data.BatchSampler([1], 0, False)),
        said(lambda: data.BatchSampler([1], True, False)),
        said(lambda: data.BatchSampler([1], 2.0, False)),
        said(lambda: data.BatchSampler([1], 2, 1)),
        said(lambda: len(data.BatchSampler(iter([1]), 2, False)))[0],
        said(lambda: data.DistributedSampler([1], 2, 2)),
        said(lambda: data.DistributedSampler([1], 2, -1)),
        said(lambda: iter(data.Sampler())),
    ]


@program
def attributes(torch):
    data = torch.utils.data
    random, weighted = data.RandomSampler("abc"), data.WeightedRandomSampler((1, 2), 3)
    batches = data.BatchSampler("abcde", 2, False)
    return [
        (random.data_source, random.replacement, random.num_samples, random.generator),
        (weighted.weights, weighted.num_samples, weighted.replacement),
        (batches.sampler, batches.batch_size, batches.drop_last, list(batches), len(batches)),
        data.SequentialSampler("ab").data_source,
    ]


@program
def data_that_grows(torch):
    source = [1, 2]
    sampler = torch.utils.data.RandomSampler(source)
    source.append(3)
    return len(sampler), sorted(sampler)


@pytest.mark.parametrize("name", PROGRAMS)
def test_sampler(name):
    same_on_both(PROGRAMS[name])


def test_distributed_sampler_without_processes():
    def program(torch):
        return torch.utils.data.DistributedSampler([1, 2])

    same_on_both(program)
