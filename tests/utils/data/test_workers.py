"""Batches made by worker processes: the same batches, seeds and errors as PyTorch's."""

from __future__ import annotations

import os
import random
import time

import numpy as np
import pytest

import edutorch
from tests.twins import Programs, same_on_both
from tests.utils.data.line import Line
from tests.utils.data.test_dataset import said
from tests.utils.data.test_loader import LOADERS, AtOnce, pictures

pytest.importorskip("torch")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the datasets below live in functions: they can only be forked"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create", "ignore:.*use of fork"),
]
program = PROGRAMS = Programs()


def with_workers(torch, make, number):
    """A loader of LOADERS with workers, and its random streams afterwards."""
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(5)
    plain = make(torch, generator)
    names = ["dataset", "collate_fn", "generator"]
    names += ["batch_sampler"] if plain.batch_sampler is not None else ["batch_size", "sampler"]
    options = {name: getattr(plain, name) for name in names}
    loader = torch.utils.data.DataLoader(**options, num_workers=number, multiprocessing_context="fork")
    return list(loader), torch.rand(1), list(loader), torch.rand(1), torch.rand(1, generator=generator)


MAP_STYLE = [name for name in LOADERS if "stream" not in name]


@pytest.mark.parametrize("name", MAP_STYLE)
def test_batches(name):
    same_on_both(lambda torch: said(lambda: with_workers(torch, LOADERS[name], 2)))


@pytest.mark.parametrize("options", [dict(num_workers=1), dict(num_workers=3), dict(num_workers=2, prefetch_factor=1)])
@pytest.mark.parametrize("persistent", [False, True])
def test_epochs(options, persistent):
    def epochs(torch):
        torch.manual_seed(1)
        loader = torch.utils.data.DataLoader(
            pictures(torch), 2, shuffle=True, persistent_workers=persistent, multiprocessing_context="fork", **options
        )
        out = [[list(loader), torch.rand(1)] for _ in range(3)]
        return out, next(iter(loader)), list(loader), torch.rand(1)  # one broken off, and another

    same_on_both(epochs)


def test_a_sampler_that_draws_at_once_is_asked_as_often_as_in_pytorch():
    def drawn(torch):
        torch.manual_seed(1)
        loader = torch.utils.data.DataLoader(
            pictures(torch), 2, sampler=AtOnce(torch), num_workers=1, persistent_workers=True
        )
        return list(loader), torch.rand(1), list(loader), torch.rand(1)

    same_on_both(drawn)


@program
def seeds(torch):
    """What each worker knows of itself, and the random numbers it draws: torch's, Python's and NumPy's."""

    class Told(torch.utils.data.Dataset):
        mark = 0

        def __len__(self):
            return 6

        def __getitem__(self, index):
            info = torch.utils.data.get_worker_info()
            assert info.dataset is self
            return (
                index,
                info.id,
                info.num_workers,
                info.seed,
                torch.initial_seed(),
                torch.rand(1).item(),
                random.random(),
                float(np.random.rand()),
                self.mark,
            )

    def prepare(worker):
        torch.utils.data.get_worker_info().dataset.mark = 100 + worker

    torch.manual_seed(0)
    told = Told()
    generator = torch.Generator().manual_seed(9)
    loaders = [
        torch.utils.data.DataLoader(told, None, num_workers=2, worker_init_fn=prepare),
        torch.utils.data.DataLoader(told, None, num_workers=2, generator=generator),
    ]
    return [[list(sample) for sample in loader] for loader in loaders for _ in range(2)], told.mark


@program
def streams_in_parts(torch):
    class Part(torch.utils.data.IterableDataset):
        def __init__(self, *lengths):
            self.lengths = lengths

        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            return iter(range(100 * info.id, 100 * info.id + self.lengths[info.id]))

    def batches(*lengths, **options):
        loader = torch.utils.data.DataLoader(Part(*lengths), num_workers=len(lengths), **options)
        return [list(loader) for _ in range(2)]

    return [
        batches(5, 5, batch_size=2),
        batches(5, 5, batch_size=2, drop_last=True),
        batches(4, 4, batch_size=2, persistent_workers=True),
        batches(3, 3, batch_size=None),
        sorted(batch.tolist() for batch in batches(7, 0, 3, batch_size=2)[0]),
        batches(0, 0),
    ]


@program
def a_stream_for_each_worker(torch):
    class Stream(torch.utils.data.IterableDataset):
        def __len__(self):
            return 2

        def __iter__(self):
            return iter(range(2))

        def __repr__(self):
            return "Stream()"

    loader = torch.utils.data.DataLoader(Stream(), num_workers=2)
    return len(loader), list(loader)


@program
def errors(torch):
    class Own(Exception):
        def __init__(self, code, reason):
            super().__init__(code, reason)

    class Speaking(Exception):
        message = "said"

        def __init__(self, message):
            super().__init__(message)

    class Broken(torch.utils.data.Dataset):
        def __init__(self, *error):
            self.error = error

        def __len__(self):
            return 4

        def __getitem__(self, index):
            if index == 2:
                kind, *arguments = self.error
                raise kind(*arguments)
            return index

    def told(dataset, **options):
        loader = iter(torch.utils.data.DataLoader(dataset, num_workers=1, **options))
        out = []
        for _ in range(5):
            try:
                out.append(next(loader))
            except BaseException as error:
                lines = str(error).replace("edutorch", "torch").splitlines()
                out.append((type(error).__name__, lines[:2], lines[-1:]))
        return out

    def failing(worker):
        raise ValueError("not today")

    return [
        told(Broken(ValueError, "no good")),
        told(Broken(KeyError, "x")),
        told(Broken(StopIteration)),
        told(range(4), collate_fn=lambda batch: 1 // (batch[0] - 1)),
        told(range(4), worker_init_fn=failing)[0],
    ], repr(KeyError)


@pytest.mark.parametrize("name", PROGRAMS)
def test_workers(name):
    same_on_both(PROGRAMS[name], compare_warnings=True)


class Own(Exception):
    def __init__(self, code, reason):
        super().__init__(code, reason)


class Speaking(Exception):
    message = "said"

    def __init__(self, message):
        super().__init__(message)


def raised_by(torch, action, **options):
    """What a loader raises in the end when a worker runs `action`."""

    class Dataset(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return action(index)

    try:
        list(torch.utils.data.DataLoader(Dataset(), **{"num_workers": 1, **options}))
    except Exception as error:  # returned, to be looked at
        return error
    return None


def throw(error):
    raise error


@pytest.mark.parametrize("error", [Own(3, "four"), Speaking("x"), UnicodeDecodeError("utf-8", b"x", 0, 1, "bad")])
def test_errors_of_all_kinds_come_home(error):
    def outcome(torch):
        got = raised_by(torch, lambda index: throw(error))
        return type(got).__name__, str(got).splitlines()[:2], got.__cause__ is None

    same_on_both(outcome)


def test_a_worker_s_traceback_comes_home():
    error = raised_by(edutorch, lambda index: throw(ValueError("no good")))
    text = str(error)
    assert text.startswith(
        "Caught ValueError in DataLoader worker process 0.\nOriginal Traceback (most recent call last)"
    )
    assert "in throw" in text
    assert text.endswith("ValueError: no good\n")
    assert str(raised_by(edutorch, lambda index: {}["x"])).count("\n") > 3  # a KeyError too is readable


def test_what_cannot_be_pickled_is_said():
    """PyTorch waits for ever: the batch gets lost in a thread of the worker."""
    error = raised_by(edutorch, lambda index: lambda: 0, collate_fn=lambda batch: batch)
    assert "Caught" in str(error)
    assert "pickle" in str(error)

    class Local(Exception):
        pass

    error = raised_by(edutorch, lambda index: throw(Local("here")))
    assert type(error) is RuntimeError
    assert str(error).startswith("Caught Local in DataLoader worker process 0.")
    assert "here" in str(error)


def test_a_timeout():
    def outcome(torch):
        error = raised_by(torch, lambda index: time.sleep(1.5) or index, timeout=0.1)
        return type(error).__name__, str(error)

    same_on_both(outcome)


def test_batches_may_come_as_they_are_ready(tmp_path):
    def order(torch):
        flag = tmp_path / torch.__name__

        class Slow(torch.utils.data.Dataset):
            def __len__(self):
                return 6

            def __getitem__(self, index):
                if index == 3:  # the other worker's second: its first has been handed over
                    flag.touch()
                while index == 0 and not flag.exists():
                    time.sleep(0.01)
                return index

        loader = torch.utils.data.DataLoader(Slow(), num_workers=2, in_order=False)
        first = [batch.item() for batch in loader]
        return first[0], sorted(first), sorted(batch.item() for batch in loader)

    same_on_both(order)


VALUES = {
    "large": lambda torch: torch.rand(90, 100),
    "small": lambda torch: torch.rand(3),
    "transposed": lambda torch: torch.rand(90, 100).t(),
    "a view of a large one": lambda torch: torch.rand(500, 500)[3:5],
    "bfloat16": lambda torch: torch.rand(90, 100).bfloat16(),
    "bool": lambda torch: torch.rand(90, 100) > 0.5,
    "0-d": lambda torch: torch.rand(()),
    "empty": lambda torch: torch.rand(0, 3),
    "parameter": lambda torch: torch.nn.Parameter(torch.rand(90, 100)),
    "array": lambda torch: np.arange(9_000),
    "text": lambda torch: "x" * 100_000,
    "several": lambda torch: {"a": [torch.rand(50, 60), 3], "b": torch.rand(9_000)},
}


@pytest.mark.parametrize("name", VALUES)
def test_values_arrive_as_they_were(name):
    def arrived(torch):
        torch.manual_seed(0)
        loader = torch.utils.data.DataLoader(
            range(2), num_workers=1, collate_fn=lambda batch: VALUES[name](torch), prefetch_factor=1
        )
        values = list(loader)
        return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]

    same_on_both(arrived)


def test_what_arrives_is_like_what_is_made_here():
    big = edutorch.utils.data.DataLoader(edutorch.utils.data.TensorDataset(edutorch.rand(64, 900)), 32, num_workers=1)
    for (x,) in big:
        made_here = edutorch.ones(1)
        assert x.array.dtype is made_here.array.dtype  # what operators look for, to go the short way
        assert x.array.flags.writeable
        x += 1


def test_the_worker_s_own_files_are_its_own():
    """What is written to a batch here does not reach the dataset, nor another batch."""

    def program(torch):
        dataset = torch.utils.data.TensorDataset(torch.zeros(8, 5000))
        loader = torch.utils.data.DataLoader(dataset, 2, num_workers=2)
        for _ in range(2):
            for (x,) in loader:
                assert not x.any()
                x += 1
        return dataset.tensors[0].sum()

    same_on_both(program)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_ways_to_start_processes(method):
    import multiprocessing

    loader = edutorch.utils.data.DataLoader(Line(), 2, num_workers=1, multiprocessing_context=method)
    assert loader.multiprocessing_context is multiprocessing.get_context(method)
    batches = list(loader)
    assert [x[:, 0].tolist() for x, _ in batches] == [[0, 1], [2, 3]]
    assert os.getpid() not in {int(pid) for _, pids in batches for pid in pids}


def test_a_context_object_may_be_given():
    import multiprocessing

    def program(torch):
        context = multiprocessing.get_context("fork")
        loader = torch.utils.data.DataLoader(range(2), num_workers=1, multiprocessing_context=context)
        return loader.multiprocessing_context is context, list(loader)

    same_on_both(program)


def test_a_dataset_that_cannot_be_pickled_cannot_be_spawned():
    def program(torch):
        class Local(torch.utils.data.Dataset):
            def __len__(self):
                return 1

        loader = torch.utils.data.DataLoader(Local(), num_workers=1, multiprocessing_context="spawn")
        return said(lambda: list(loader))[0]

    same_on_both(program, compare_warnings=True)


def test_too_many_workers_are_warned_of():
    def program(torch):
        loader = torch.utils.data.DataLoader(range(3), num_workers=1000)
        return loader.num_workers

    same_on_both(program, compare_warnings=True)
