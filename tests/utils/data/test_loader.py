"""The DataLoader in one process: batches, options, refusals, and what it draws from the random streams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.twins import Programs, same_on_both
from tests.utils.data.test_dataset import said, squares, stream

pytest.importorskip("torch")
program = PROGRAMS = Programs()


def pictures(torch, count=11):
    x = torch.arange(count * 6, dtype=torch.float32).view(count, 2, 3)
    return torch.utils.data.TensorDataset(x, torch.arange(count) % 3)


def two_epochs(torch, make):
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(5)
    loader = make(torch, generator)
    first = list(loader)
    between = torch.rand(1)
    some = next(iter(loader), None)
    return first, between, some, list(loader), torch.rand(1), torch.rand(1, generator=generator), len(loader)


LOADERS = {
    "plain": lambda torch, g: torch.utils.data.DataLoader(pictures(torch)),
    "batches": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 4),
    "drop_last": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 4, drop_last=True),
    "shuffle": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 4, shuffle=True),
    "shuffle with generator": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 4, True, generator=g),
    "generator alone": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 4, generator=g),
    "no batches": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), None, shuffle=True),
    "sampler": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), 4, sampler=torch.utils.data.RandomSampler(range(11), True, 9, g)
    ),
    "sampler that draws at once": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), 4, sampler=AtOnce(torch), generator=g
    ),
    "a list as sampler": lambda torch, g: torch.utils.data.DataLoader(pictures(torch), 2, sampler=[5, -1, 5]),
    "a tensor as sampler": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), 2, sampler=torch.tensor([5, 1, 5])
    ),
    "batch_sampler": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), batch_sampler=[[1, 2], [0], [10, 9, 8]]
    ),
    "lists as single samples": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), None, sampler=torch.utils.data.BatchSampler(range(11), 4, False)
    ),
    "collate_fn": lambda torch, g: torch.utils.data.DataLoader(
        pictures(torch), 4, collate_fn=lambda batch: [y for x, y in batch]
    ),
    "own dataset": lambda torch, g: torch.utils.data.DataLoader(squares(torch), 2, shuffle=True),
    "concatenated": lambda torch, g: torch.utils.data.DataLoader(pictures(torch) + pictures(torch, 4), 4, shuffle=True),
    "a part": lambda torch, g: torch.utils.data.DataLoader(
        torch.utils.data.random_split(pictures(torch), [0.8, 0.2])[0], 4, shuffle=True
    ),
    "a part of a part": lambda torch, g: torch.utils.data.DataLoader(
        torch.utils.data.Subset(torch.utils.data.Subset(pictures(torch), range(2, 9)), torch.tensor([3, 1, 6])), 2
    ),
    "stacked": lambda torch, g: torch.utils.data.DataLoader(
        torch.utils.data.StackDataset(x=pictures(torch), n=range(11)), 4, shuffle=True
    ),
    "a list": lambda torch, g: torch.utils.data.DataLoader([(i, str(i)) for i in range(5)], 2, shuffle=True),
    "a NumPy array": lambda torch, g: torch.utils.data.DataLoader(np.arange(6.0).reshape(3, 2), 2),
    "a tensor": lambda torch, g: torch.utils.data.DataLoader(torch.arange(6.0).view(3, 2), 2, shuffle=True),
    "a stream": lambda torch, g: torch.utils.data.DataLoader(stream(torch, *range(5)), 2),
    "a stream, drop_last": lambda torch, g: torch.utils.data.DataLoader(stream(torch, *range(5)), 2, drop_last=True),
    "a stream, no batches": lambda torch, g: torch.utils.data.DataLoader(stream(torch, *range(5)), None),
    "an empty stream": lambda torch, g: torch.utils.data.DataLoader(stream(torch, 1), 2, drop_last=True),
}


class AtOnce:
    """A sampler whose order is drawn when it is asked for an iterator, not when the first index is taken."""

    def __init__(self, torch):
        self.torch = torch

    def __len__(self):
        return 11

    def __iter__(self):
        return iter(self.torch.randperm(11).tolist())


@pytest.mark.parametrize("name", LOADERS)
def test_epochs(name):
    same_on_both(lambda torch: said(lambda: two_epochs(torch, LOADERS[name])), compare_warnings=True)


def sample_like(torch, x):
    """Datasets of one tensor for which rows cannot simply be taken, or where it is not obvious that they can."""
    data = torch.utils.data

    class Doubled(data.TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] * 2

    class Together(data.TensorDataset):
        def __getitems__(self, indices):
            return [("together", i) for i in indices]

    class Part(data.Subset):
        def __getitems__(self, indices):
            return [("part", i) for i in indices]

    plain = data.TensorDataset(x)
    return [
        plain,
        Doubled(x),
        Together(x),
        data.Subset(Doubled(x), [1, 0]),
        Part(plain, [1, 0]),
        data.Subset(Part(plain, [1, 0]), [0, 1]),
        data.TensorDataset(x.t()),
        data.TensorDataset(x[:, 0], x > 1, x.to(torch.bfloat16), x[:0].expand(0, 3) if len(x) == 0 else x),
        data.TensorDataset(x.requires_grad_()),
    ]


@pytest.mark.parametrize("indices", [[0, 1], [1, -1], [True, 0], [0, 7], [np.int64(1), 0], [], [slice(1), slice(1)]])
@pytest.mark.parametrize("which", range(9))
def test_rows_taken_at_once_are_the_rows_taken_singly(which, indices):
    def batch(torch):
        dataset = sample_like(torch, torch.arange(4.0).view(2, 2))[which]
        loader = torch.utils.data.DataLoader(dataset, batch_sampler=[indices])
        result = next(iter(loader))
        tensors = [t for t in result if hasattr(t, "is_contiguous")]
        return result, [(t.is_contiguous(), t.grad_fn is None) for t in tensors]

    same_on_both(batch)


def test_a_batch_is_a_copy():
    def batch(torch):
        dataset = pictures(torch)
        x, _ = next(iter(torch.utils.data.DataLoader(dataset, 4)))
        x.zero_()
        with torch.inference_mode():
            y, _ = next(iter(torch.utils.data.DataLoader(dataset, 4)))
        return dataset[1], y.is_inference(), x.is_inference()

    same_on_both(batch)


REFUSED = [
    dict(num_workers=-1),
    dict(timeout=-1),
    dict(prefetch_factor=2),
    dict(prefetch_factor=-1, num_workers=1),
    dict(persistent_workers=True),
    dict(sampler=[0], shuffle=True),
    dict(batch_sampler=[[0]], batch_size=2),
    dict(batch_sampler=[[0]], shuffle=True),
    dict(batch_sampler=[[0]], sampler=[0]),
    dict(batch_sampler=[[0]], drop_last=True),
    dict(batch_size=None, drop_last=True),
    dict(batch_size=0),
    dict(batch_size=-1),
    dict(batch_size=1.5),
    dict(batch_size=True),
    dict(drop_last=1),
    dict(multiprocessing_context="fork"),
    dict(multiprocessing_context="thread", num_workers=1),
    dict(multiprocessing_context=3, num_workers=1),
    dict(generator=3, shuffle=True),
]


@pytest.mark.parametrize("options", REFUSED, ids=str)
def test_refusals(options):
    same_on_both(lambda torch: said(lambda: torch.utils.data.DataLoader(squares(torch), **options).batch_size))


@pytest.mark.parametrize(
    "options", [dict(shuffle=True), dict(shuffle=False), dict(sampler=[0]), dict(batch_sampler=[])]
)
def test_a_stream_has_its_own_order(options):
    same_on_both(lambda torch: said(lambda: list(torch.utils.data.DataLoader(stream(torch, 1), **options))))


@program
def nothing_to_shuffle(torch):
    return [
        said(lambda: torch.utils.data.DataLoader([], shuffle=True)),
        list(torch.utils.data.DataLoader([])),
        len(torch.utils.data.DataLoader([])),
    ]


@program
def attributes(torch):
    loader = torch.utils.data.DataLoader(pictures(torch), 4, True)
    batched = torch.utils.data.DataLoader(pictures(torch), batch_sampler=[[0]])
    single = torch.utils.data.DataLoader(pictures(torch), None)
    names = ["batch_size", "drop_last", "num_workers", "prefetch_factor", "pin_memory", "timeout", "generator"]
    names += ["worker_init_fn", "multiprocessing_context", "persistent_workers", "pin_memory_device", "in_order"]
    fixed = ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"]
    return [
        [[getattr(one, name) for name in names] for one in (loader, batched, single)],
        [type(getattr(loader, name)).__name__ for name in ("dataset", "sampler", "batch_sampler", "collate_fn")],
        [type(one.sampler).__name__ for one in (batched, single)],
        batched.batch_sampler,
        single.batch_sampler,
        loader.collate_fn is torch.utils.data.default_collate,
        single.collate_fn is torch.utils.data.default_convert,
        [said(lambda name=name: setattr(loader, name, 3)) for name in fixed],
        said(lambda: setattr(loader, "multiprocessing_context", "fork")),
        repr(loader).replace("edutorch", "torch").split(" at ")[0],
        len(iter(loader)),
        torch.utils.data.get_worker_info(),
    ]


@program
def what_may_be_changed(torch):
    loader = torch.utils.data.DataLoader(range(4), 2)
    loader.collate_fn = sum
    loader.anything = 3
    torch.manual_seed(0)
    loader.generator = torch.Generator()
    return list(loader), loader.anything, torch.rand(1)


@program
def lengths(torch):
    DataLoader = torch.utils.data.DataLoader
    data = stream(torch, *range(5))
    return [
        [len(DataLoader(data, size, drop_last=drop)) for size in (1, 2, 5, 6) for drop in (False, True)],
        len(DataLoader(data, None)),
        said(lambda: len(DataLoader(squares(torch), 2, sampler=iter([1])))),
        [len(DataLoader(range(5), size, drop_last=drop)) for size in (1, 2, 5, 6) for drop in (False, True)],
    ]


@program
def a_stream_longer_than_it_said(torch):
    class Stream(torch.utils.data.IterableDataset):
        def __len__(self):
            return 2

        def __iter__(self):
            return iter(range(4))

        def __repr__(self):
            return "Stream()"

    loader = torch.utils.data.DataLoader(Stream(), None)
    silent = list(loader)
    return silent, len(loader), list(loader)


@program
def pinned_memory(torch):
    loader = torch.utils.data.DataLoader(range(4), 2, pin_memory=True)
    return list(loader)


@program
def a_timeout_without_workers(torch):
    return said(lambda: list(torch.utils.data.DataLoader(range(4), timeout=1)))


@program
def errors_of_the_dataset(torch):
    class Broken(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            raise OSError(f"no sample {index}")

    Loader = torch.utils.data.DataLoader
    return [
        said(lambda: list(Loader(Broken()))),
        said(lambda: list(Loader(range(4), sampler=[9]))),
        said(lambda: list(Loader([torch.ones(1), torch.ones(2)], 2))),
        said(lambda: list(Loader(range(4), collate_fn=lambda batch: 1 / 0))),
        said(lambda: list(Loader(torch.utils.data.TensorDataset(torch.ones(3)), 2, sampler=[1, 5]))),
    ]


@program
def an_iterator_goes_on_after_an_error(torch):
    class Flaky(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return index if index != 1 else 1 / 0

    batches = iter(torch.utils.data.DataLoader(Flaky()))
    return [said(lambda: next(batches)) for _ in range(5)]


@program
def two_iterators_side_by_side(torch):
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(range(6), 2, shuffle=True)
    return list(zip(loader, loader, strict=True)), torch.rand(1)


@program
def endless(torch):
    class Endless(torch.utils.data.IterableDataset):
        def __iter__(self):
            return itertools.count()

    return list(itertools.islice(torch.utils.data.DataLoader(Endless(), 3), 3))


@program
def subclasses(torch):
    class Loader(torch.utils.data.DataLoader):
        def __iter__(self):
            for batch in super().__iter__():
                yield batch * 10

    loader = Loader(range(4), 2)
    return list(loader), said(lambda: setattr(loader, "sampler", 3))


@pytest.mark.parametrize("name", PROGRAMS)
def test_loader(name):
    same_on_both(PROGRAMS[name], compare_warnings=True)


@pytest.mark.parametrize(("pinned", "warnings"), [(False, 0), (True, 1)])
def test_pinning_warns_where_the_loop_stands(pinned, warnings, recwarn):
    import edutorch

    list(edutorch.utils.data.DataLoader(range(2), pin_memory=pinned))
    assert [w.filename for w in recwarn] == [__file__] * warnings


def test_an_iterator_cannot_be_pickled():
    import pickle

    def program(torch):
        with pytest.raises(NotImplementedError):
            pickle.dumps(iter(torch.utils.data.DataLoader(range(2))))

    same_on_both(program)
