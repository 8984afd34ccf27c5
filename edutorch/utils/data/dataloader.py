"""The DataLoader: batches of a dataset, in the order of a sampler, made here or by worker processes.

    loader = DataLoader(dataset, batch_size=64, shuffle=True)
    for images, labels in loader: ...

The work is done in `_utils`; this file puts the parts together.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import Any, Generic, TypeVar

from ._utils.collate import default_collate, default_convert
from ._utils.iterate import _BaseDataLoaderIter, _SingleProcessDataLoaderIter
from ._utils.worker import get_worker_info
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

Batch = TypeVar("Batch", covariant=True)

# What the samplers were made of: to change it later would change nothing.
_FIXED = frozenset(("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"))


class DataLoader(Generic[Batch]):
    """An iterable over the batches of a dataset. Each `for` loop over it is one pass over the data, an epoch.

    Args:
        dataset: a map-style or iterable dataset; anything with `__getitem__` and `__len__` will do.
        batch_size: samples in a batch; None gives single samples.
        shuffle: visit the samples in another random order in each epoch.
        sampler: an iterable of indices, in the place of `shuffle`.
        batch_sampler: an iterable of lists of indices, in the place of `batch_size`, `shuffle`, `sampler` and
            `drop_last`.
        num_workers: how many processes make batches ahead of time; 0 makes them here, when they are asked for.
        collate_fn: makes a batch of a list of samples, by default `default_collate`.
        pin_memory: accepted; memory is pinned for copies to a GPU.
        drop_last: leave out a last batch that would be shorter.
        timeout: how many seconds to wait for a batch of a worker; 0 waits as long as it takes.
        worker_init_fn: called in each worker with its number, before it starts.
        multiprocessing_context: how processes are started: "fork", "spawn", "forkserver", or a context object.
        generator: where the random order, and the seeds of the workers, come from.
        prefetch_factor: how many batches each worker makes ahead of time; by default 2.
        persistent_workers: keep the workers, and their copies of the dataset, for the next epoch.
        pin_memory_device: accepted. in_order: False returns batches of workers as they come.

    Raises:
        ValueError: if arguments exclude each other.

    Example:
        >>> from edutorch.utils.data import DataLoader, TensorDataset
        >>> data = TensorDataset(torch.arange(10).view(5, 2), torch.tensor([0, 1, 0, 1, 1]))
        >>> for x, y in DataLoader(data, batch_size=2, drop_last=True):
        ...     print(x.tolist(), y)
        [[0, 1], [2, 3]] tensor([0, 1])
        [[4, 5], [6, 7]] tensor([0, 1])
    """

    _initialized = False

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn=None,
        pin_memory=False,
        drop_last=False,
        timeout: float = 0,
        worker_init_fn=None,
        multiprocessing_context=None,
        generator=None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers=False,
        pin_memory_device="",
        in_order=True,
    ):
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if not num_workers and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
                "multiprocessing, otherwise set prefetch_factor to None."
            )
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and not num_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")

        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order

        iterable = isinstance(dataset, IterableDataset)
        if iterable:
            _refuse_order(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")

        if sampler is None:
            if iterable:
                sampler = _InfiniteConstantSampler()
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)

        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self._IterableDataset_len_called: int | None = None  # what `len` promised of an iterable dataset
        self._iterator: Any = None  # of persistent workers
        self._initialized = True
        self.check_worker_number_rationality()

    def __setattr__(self, name, value):
        if self._initialized and name in _FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
                "\nMake a new one: it costs next to nothing."
            )
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self):
        """How processes are started: a context of the module `multiprocessing`, or None for the default."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context):
        if context is not None:
            from ._utils.pool import checked_context

            context = checked_context(context, self.num_workers)
        self._multiprocessing_context = context

    @property
    def _auto_collation(self):
        return self.batch_sampler is not None

    @property
    def _index_sampler(self):
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> _BaseDataLoaderIter:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        from ._utils.parallel import _MultiProcessingDataLoaderIter

        if not self.persistent_workers:
            self.check_worker_number_rationality()
            return _MultiProcessingDataLoaderIter(self)
        if self._iterator is not None and self._iterator.usable():
            self._iterator.restart(self)
        else:
            self.check_worker_number_rationality()
            self._iterator = _MultiProcessingDataLoaderIter(self)
        return self._iterator

    def __len__(self):
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    def check_worker_number_rationality(self):
        """Warn if there are to be more workers than processors."""
        if not self.num_workers:
            return
        limited = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if limited else os.cpu_count() or 1
        if self.num_workers > processors:
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number "
                f"of worker in current system is {processors}"
                f"{'' if limited else ' (`cpuset` is not taken into account)'}, which is smaller than what this "
                "DataLoader is going to create. Please be aware that excessive worker creation might get DataLoader "
                "running slow or even freeze, lower the worker number to avoid potential slowness/freeze if necessary.",
                stacklevel=3,
            )


class _InfiniteConstantSampler(Sampler[None]):
    """The sampler of iterable datasets: it says "the next one", again and again."""

    def __iter__(self):
        while True:
            yield None


def _refuse_order(shuffle, sampler, batch_sampler):
    """Refuse what an iterable dataset cannot do: it has an order of its own."""
    options = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )
