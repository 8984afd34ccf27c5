"""Iterators: one pass over the data of a loader, batch by batch, in this process.

`parallel.py` has the one whose batches are made by other processes.
"""

from __future__ import annotations

import warnings

from ....backends import cuda_backend
from ..sampler import draw_seed
from .fetch import make_fetcher


class _BaseDataLoaderIter:
    """What every pass over the data needs: the sampler's iterator, a seed for workers, a count of batches.

    PyTorch draws the seed in any case, after it has asked for the sampler's iterator: so do we, for the sake of all
    random numbers that follow.
    """

    def __init__(self, loader):
        if loader.pin_memory and cuda_backend() is None:
            _warn_of_pinning(loader)
        self._loader = loader
        self._start(loader)
        self._base_seed = draw_seed(loader.generator)

    def _start(self, loader):
        self._indices = iter(loader._index_sampler)
        self._num_yielded = 0
        self._promised = loader._IterableDataset_len_called

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._loader._index_sampler)

    def __next__(self):
        batch = self._next_data()
        self._num_yielded += 1
        if self._promised is not None and self._num_yielded > self._promised:
            self._warn_of_length()
        return batch

    def _next_data(self):
        raise NotImplementedError

    def _warn_of_length(self):
        text = (
            f"Length of IterableDataset {self._loader.dataset} was reported to be {self._promised}(when accessing "
            f"len(dataloader)), but {self._num_yielded} samples have been fetched. "
        )
        if self._loader.num_workers:
            text += (
                "For multiprocessing data-loading, this could be caused by not properly configuring the "
                "IterableDataset replica at each worker: get_worker_info() tells it which part is its own."
            )
        warnings.warn(text, stacklevel=3)

    def __getstate__(self):
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


def _warn_of_pinning(loader):
    """Say that pinned memory, which speeds up copies to a GPU, is not used: there is no GPU."""
    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            f"ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=5,
        )
    warnings.warn(
        "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
        stacklevel=5,
    )


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass over the data in this process: each batch is made when it is asked for."""

    def __init__(self, loader):
        super().__init__(loader)
        if loader.timeout:
            raise AssertionError(
                "_SingleProcessDataLoaderIter requires timeout == 0\nWithout workers there is nobody to wait for."
            )
        self._fetch = make_fetcher(loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)

    def _next_data(self):
        return self._fetch(next(self._indices))
