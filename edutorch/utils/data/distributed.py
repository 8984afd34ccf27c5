"""`DistributedSampler`: each of several processes visits its own part of the data."""

from __future__ import annotations

import math
from typing import Any

from ...ops.sampling import randperm
from ...random import Generator
from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[Any]):
    """The share of one process among several that train together: every `num_replicas`-th sample.

    All shares are equally long. Where the number of samples cannot be divided, some are visited twice, or with
    `drop_last` some are left out.

    Args:
        dataset: something with a length.
        num_replicas: how many processes there are. rank: which of them this one is.
        shuffle: visit the samples in random order, the same in all processes. seed: what that order is made from.
        drop_last: leave samples out instead of repeating some.

    Raises:
        ValueError: if `rank` is no process, or the processes are not known.

    Example:
        >>> from edutorch.utils.data import DistributedSampler
        >>> [list(DistributedSampler(range(5), num_replicas=2, rank=rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(self, dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False):
        if num_replicas is None or rank is None:
            raise ValueError(
                "Default process group has not been initialized, please make sure to call init_process_group."
                "\nOr say which part is wanted: DistributedSampler(dataset, num_replicas=2, rank=0)."
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        full, rest = divmod(len(dataset), num_replicas)
        self.num_samples = full if drop_last or not rest else full + 1
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self):
        n = len(self.dataset)
        if self.shuffle:
            indices = randperm(n, generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        else:
            indices = list(range(n))
        indices *= math.ceil(self.total_size / max(n, 1))  # from the front again, until everybody has enough
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self):
        return self.num_samples

    def set_epoch(self, epoch):
        """Choose the order of an epoch; without this call before each one, all epochs have the same order."""
        self.epoch = epoch
