"""Samplers: in which order samples are visited. Each is an iterable of indices, or of lists of them (batches).

The random ones draw what PyTorch's draw, in the same portions, so that a program that draws other numbers in between
finds the same ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from ... import dtypes
from ...ops.create import empty
from ...ops.from_data import as_tensor
from ...ops.sampling import multinomial, randint, randperm
from ...random import Generator

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

Index = TypeVar("Index", covariant=True)


def draw_seed(generator=None) -> int:
    """Draw a seed of 63 bits from a generator, or the default one."""
    return empty((), dtype=dtypes.int64).random_(generator=generator).item()


def _refuse_all_but_whole_positive(name, value):
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class Sampler(Generic[Index]):
    """The order in which samples are visited: write `__iter__`, and `__len__` where the number is known.

    Example:
        >>> from edutorch.utils.data import Sampler
        >>> class ShortestFirst(Sampler):
        ...     def __init__(self, words):
        ...         self.words = words
        ...     def __len__(self):
        ...         return len(self.words)
        ...     def __iter__(self):
        ...         return iter(sorted(range(len(self)), key=lambda i: len(self.words[i])))
        >>> list(ShortestFirst(["three", "a", "to"]))
        [1, 2, 0]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """One sample after the other, from the first to the last.

    Args:
        data_source: something with a length.
    """

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Samples in random order.

    Args:
        data_source: something with a length.
        replacement: put each sample back before the next is drawn, so that it may come again.
        num_samples: how many to draw; by default as many as there are.
        generator: where the order comes from. By default a new one for each round, whose seed is drawn from the
            default generator.

    Raises:
        TypeError: if `replacement` is no bool. ValueError: if there would be nothing to draw.

    Example:
        >>> from edutorch.utils.data import RandomSampler
        >>> list(RandomSampler(range(5), generator=torch.Generator().manual_seed(0)))
        [4, 0, 1, 3, 2]
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self):
        """How many samples are drawn: as asked for, or as many as the data has by now."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        n, count = len(self.data_source), self.num_samples
        own = self.generator is None
        generator = Generator().manual_seed(draw_seed()) if own else self.generator
        if self.replacement:
            portions = [32] * (count // 32) + [count % 32]
            for portion in portions:
                yield from randint(n, (portion,), generator=generator).tolist()
            return
        rounds, rest = divmod(count, n)
        for _ in range(rounds):
            yield from randperm(n, generator=generator).tolist()
        if rest or not own:  # PyTorch draws for the rest even if there is none, and a user's generator shows it
            yield from randperm(n, generator=generator).tolist()[:rest]

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order.

    Args:
        indices: the indices to visit. generator: where the order comes from.
    """

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given probabilities: rare classes can be made to come as often as common ones.

    Args:
        weights: one for each sample; they need not sum up to one.
        num_samples: how many to draw.
        replacement: whether a sample may come again.
        generator: where the choice comes from.

    Raises:
        ValueError: if the weights are not one list, or the other arguments not what they are to be.

    Example:
        >>> from edutorch.utils.data import WeightedRandomSampler
        >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        _refuse_all_but_whole_positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = as_tensor(weights, dtype=dtypes.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        yield from multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of equal length: the indices of batches.

    Args:
        sampler: any iterable of indices.
        batch_size: how many make a batch.
        drop_last: leave out a last batch that would be shorter.

    Raises:
        ValueError: if `batch_size` is no positive integer, or `drop_last` no bool.

    Example:
        >>> from edutorch.utils.data import BatchSampler
        >>> list(BatchSampler(range(8), batch_size=3, drop_last=False))
        [[0, 1, 2], [3, 4, 5], [6, 7]]
    """

    def __init__(self, sampler, batch_size, drop_last):
        _refuse_all_but_whole_positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self):
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full if self.drop_last or not rest else full + 1
