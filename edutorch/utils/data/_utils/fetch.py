"""Fetchers: from the indices of a batch to the batch, for map-style and for iterable datasets."""

from __future__ import annotations

import numpy as np

from ....backends import like
from ....ops.from_data import finish
from ....ops.layout import take_slices
from ..dataset import IterableDataset, Subset, TensorDataset
from .collate import default_collate


def make_fetcher(dataset, auto_collation, collate_fn, drop_last):
    """Return the function that turns what a sampler yields into a batch.

    Args:
        auto_collation: the sampler yields lists of indices; otherwise single ones, and no batch is made.
        collate_fn: makes a batch of a list of samples, or finishes a single sample.
        drop_last: an iterable dataset's last batch is left out if it is shorter.
    """
    if isinstance(dataset, IterableDataset):
        return _from_stream(iter(dataset), auto_collation, collate_fn, drop_last)
    if not auto_collation:
        return lambda index: collate_fn(dataset[index])
    if collate_fn is default_collate and (rows := rows_of(dataset)):
        return _from_rows(rows, dataset)
    return lambda indices: collate_fn(samples(dataset, indices))


def samples(dataset, indices):
    """Return a list of samples, all at once where the dataset knows how."""
    together = getattr(dataset, "__getitems__", None)
    return together(indices) if together else [dataset[index] for index in indices]


def _from_stream(stream, auto_collation, collate_fn, drop_last):
    ended = False

    def fetch(indices):  # which ones does not matter, only how many
        nonlocal ended
        if ended:
            raise StopIteration
        if not auto_collation:
            return collate_fn(next(stream))
        batch = []
        for _ in indices:
            try:
                batch.append(next(stream))
            except StopIteration:
                ended = True
                break
        if not batch or (drop_last and len(batch) < len(indices)):
            raise StopIteration
        return collate_fn(batch)

    return fetch


# ---------------------------------------------------------------- a TensorDataset, many rows in one step


def rows_of(dataset):
    """Return the function that gives the batch at a list of indices in one step, or None if there is no such way.

    There is one for a TensorDataset, and for subsets of it, as long as no subclass has its own idea of a sample.
    """
    kind = type(dataset)
    if isinstance(dataset, TensorDataset):
        plain = kind.__getitem__ is TensorDataset.__getitem__ and not hasattr(dataset, "__getitems__")
        return (lambda indices: _rows(dataset.tensors, indices)) if plain else None
    if isinstance(dataset, Subset) and kind.__getitem__ is Subset.__getitem__:
        inner = rows_of(dataset.dataset) if kind.__getitems__ is Subset.__getitems__ else None
        return inner and (lambda indices: inner([dataset.indices[i] for i in indices]))
    return None


def _rows(tensors, indices):
    """Return the rows of each tensor, or None where collating single ones gives something else, or an error."""
    if {*map(type, indices)} != {int} or any(tensor.tracked for tensor in tensors):
        return None
    positions = np.array(indices)
    try:
        return [finish(take_slices(t.array, like(positions, t.array)), None, False) for t in tensors]
    except IndexError:
        return None


def _from_rows(rows, dataset):
    def fetch(indices):
        batch = rows(indices)
        return default_collate(samples(dataset, indices)) if batch is None else batch

    return fetch
