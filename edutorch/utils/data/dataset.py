"""Datasets: where samples come from.

A map-style dataset answers "give me sample 7" (`__getitem__`) and "how many are there" (`__len__`). An iterable one
only says "here is the next" (`__iter__`), as a stream or a log file does. Everything else here is built from
datasets: a part of one, several behind or beside each other, a random split.
"""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any, Generic, Iterable, TypeVar  # noqa: UP035 (collections.abc.Iterable cannot stand beside Generic)

from ... import random
from ...ops.sampling import randperm
from ...tensor import Tensor

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """Samples that can be asked for by index: write `__getitem__`, and `__len__` where the number is known.

    A dataset that reads many samples faster together may also have `__getitems__(indices)`, which returns a list of
    samples.

    Example:
        >>> from edutorch.utils.data import Dataset
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 5
        ...     def __getitem__(self, index):
        ...         return index**2
        >>> Squares()[3]
        9
    """

    def __getitem__(self, index) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], Iterable[Sample]):
    """Samples that come one after the other: write `__iter__`.

    With several workers, each of them iterates over its own copy: `get_worker_info()` tells a copy which part is
    its own, and without that every sample comes once per worker.

    Example:
        >>> from edutorch.utils.data import IterableDataset
        >>> class Countdown(IterableDataset):
        ...     def __iter__(self):
        ...         return iter([3, 2, 1])
        >>> list(Countdown())
        [3, 2, 1]
    """

    def __add__(self, other):
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors side by side: sample i is the tuple of their i-th rows.

    Args:
        tensors: tensors with the same size in the first dimension.

    Raises:
        AssertionError: if these sizes differ.

    Example:
        >>> from edutorch.utils.data import TensorDataset
        >>> TensorDataset(torch.arange(6).view(3, 2), torch.tensor([0, 1, 0]))[1]
        (tensor([2, 3]), tensor(1))
    """

    def __init__(self, *tensors: Tensor):
        sizes = [tensor.size(0) for tensor in tensors]
        if len(set(sizes)) > 1:
            raise AssertionError(f"Size mismatch between tensors\nTheir first dimensions have the sizes {sizes}.")
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self):
        return self.tensors[0].size(0)


class StackDataset(Dataset[Sample]):
    """Datasets side by side: sample i holds sample i of each, as a tuple, or as a dictionary if they have names.

    Args:
        args: datasets of equal length. kwargs: the same with names.

    Raises:
        ValueError: if there are none, with and without names, or of different lengths.

    Example:
        >>> from edutorch.utils.data import StackDataset
        >>> StackDataset(image=["a", "b"], text=["one", "two"])[1]
        {'image': 'b', 'text': 'two'}
    """

    def __init__(self, *args, **kwargs):
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, but both "
                "types are given."
            )
        self.datasets: Any = args or kwargs
        if not self.datasets:
            raise ValueError("At least one dataset should be passed")
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets\nTheir lengths are {lengths}.")
        self._length = lengths[0]

    def __getitem__(self, index):
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list):
        """Return the samples at `indices`, asking each dataset for all of its own at once where it knows how."""
        if isinstance(self.datasets, dict):
            columns = [_samples(dataset, indices) for dataset in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*(_samples(dataset, indices) for dataset in self.datasets), strict=True))

    def __len__(self):
        return self._length


def _samples(dataset, indices):
    if not callable(getattr(dataset, "__getitems__", None)):
        return [dataset[index] for index in indices]
    samples = dataset.__getitems__(indices)
    if len(samples) != len(indices):
        raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(samples)}")
    return samples


class ConcatDataset(Dataset[Sample]):
    """Datasets one behind the other; `a + b` makes one too.

    Args:
        datasets: map-style datasets, at least one.

    Raises:
        AssertionError: if there is none, or an iterable one.

    Example:
        >>> from edutorch.utils.data import ConcatDataset
        >>> both = ConcatDataset([range(3), range(10, 13)])
        >>> len(both), both[4]
        (6, 11)
    """

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset\nChainDataset does.")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence):
        """Return the running totals of the lengths: where each dataset ends."""
        return list(itertools.accumulate(len(dataset) for dataset in sequence))

    def __len__(self):
        return self.cumulative_sizes[-1]

    def __getitem__(self, index):
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - start]

    @property
    def cummulative_sizes(self):
        """The old, misspelt name of `cumulative_sizes`."""
        warnings.warn(
            "`cummulative_sizes` attribute is renamed to `cumulative_sizes`", category=FutureWarning, stacklevel=2
        )
        return self.cumulative_sizes


class ChainDataset(IterableDataset):
    """Iterable datasets one after the other; `a + b` makes one too.

    Args:
        datasets: iterable datasets.

    Raises:
        AssertionError: when it comes to one that is not iterable.
    """

    def __init__(self, datasets):
        self.datasets = datasets

    def _parts(self):
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self):
        for dataset in self._parts():
            yield from dataset

    def __len__(self):
        return sum(len(dataset) for dataset in self._parts())  # type: ignore[arg-type]


class Subset(Dataset[Sample]):
    """Chosen samples of a dataset.

    Args:
        dataset: the whole. indices: which samples of it, in which order.

    Raises:
        NotImplementedError: in a subclass that overrides `__getitem__` alone: the loader calls `__getitems__`.

    Example:
        >>> from edutorch.utils.data import Subset
        >>> list(Subset("abcdef", [4, 0, 4]))
        ['e', 'a', 'e']
    """

    def __init__(self, dataset, indices: Sequence[int]):
        self.dataset = dataset
        self.indices = indices
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ and own.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding "
                "__getitem__, you must also override __getitems__ to ensure DataLoader works correctly with your "
                "custom logic. A simple implementation:\n\ndef __getitems__(self, indices):\n"
                "    return [self[index] for index in indices]"
            )

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list):
        """Return the samples at `indices`, from the whole dataset's `__getitems__` where it has one."""
        chosen = [self.indices[i] for i in indices]
        if callable(getattr(self.dataset, "__getitems__", None)):
            return self.dataset.__getitems__(chosen)
        return [self.dataset[i] for i in chosen]

    def __len__(self):
        return len(self.indices)


def random_split(dataset, lengths, generator=random.default_generator):
    """Split a dataset at random into parts that do not overlap.

    Args:
        dataset: one with a length.
        lengths: how many samples for each part, or fractions that sum up to 1. Fractions are rounded down, and the
            samples left over go to the first parts, one each.
        generator: where the random order comes from.

    Returns:
        A list of `Subset`.

    Raises:
        ValueError: if the lengths do not sum up to the dataset's, or a fraction is not between 0 and 1.

    Example:
        >>> from edutorch.utils.data import random_split
        >>> train, test = random_split(range(10), [0.8, 0.2], torch.Generator().manual_seed(0))
        >>> len(train), list(test)
        (8, [6, 2])
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _whole(lengths, len(dataset))
        for i, length in enumerate(lengths):
            if not length:
                warnings.warn(
                    f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=2
                )
    if sum(lengths) != len(dataset):
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset!"
            f"\n{lengths} sum up to {sum(lengths)}, and the dataset has {len(dataset)} samples."
        )
    order = iter(randperm(sum(lengths), generator=generator).tolist())
    return [Subset(dataset, list(itertools.islice(order, length))) for length in lengths]


def _whole(fractions, size):
    """Return how many of `size` samples belong to each fraction, all of them together."""
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(size * fraction) for fraction in fractions]
    for i in range(size - sum(lengths)):
        lengths[i % len(lengths)] += 1
    return lengths
