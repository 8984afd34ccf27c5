"""Batches of texts of unequal length: padding them to one length, and choosing them so that little padding is needed.

loader = DataLoader(data, batch_sampler=BucketBatchSampler(lengths, 32), collate_fn=PadCollator())
for ids, lengths, labels in loader:
    ...
"""

from __future__ import annotations

import operator

import edutorch as torch
from edutorch.nn.utils.rnn import pad_sequence
from edutorch.utils.data import Sampler, default_collate

__all__ = ["BucketBatchSampler", "PadCollator"]


def token_ids(sequence):
    """Return the numbers of a text's tokens as a tensor with one dimension, int64.

    Raises:
        TypeError: for a text that is still a string, or numbers that are no integers.
        ValueError: if there are more dimensions than one, or none.
    """
    if isinstance(sequence, str):
        raise TypeError("a text should be given as the numbers of its tokens: tokenizer.encode(text)")
    ids = torch.as_tensor(sequence)
    if ids.ndim != 1:
        raise ValueError(
            f"the numbers of a text's tokens should stand in one row, and have the shape {tuple(ids.shape)}"
        )
    if ids.is_floating_point() and len(ids):  # an empty list has no numbers of any kind
        raise TypeError(
            f"the numbers of tokens should be integers, and are {ids.dtype}. Other sequences of unequal length are "
            "padded by nn.utils.rnn.pad_sequence"
        )
    return ids.long()


class PadCollator:
    """Makes one batch of sequences of unequal length, for a `DataLoader`'s `collate_fn`.

    Args:
        padding_value: what the shorter sequences are filled up with.
        batch_first: whether the first dimension counts the sequences or the time steps.
        side: where the filling goes, "right" (behind) or "left" (before).
        with_lengths: whether the batch tells the lengths before padding, as `pack_padded_sequence` wants them.

    A sample is a sequence of numbers (a list, or a tensor with one dimension), or a pair (sequence, label).

    Shape:
        L is the length of the longest sequence.
        - padded: (N, L), or (L, N) unless `batch_first`; int64
        - lengths: (N,); int64
        - labels: as `default_collate` makes them, (N,) for numbers

    Returns:
        (padded, lengths, labels): without lengths if they are not wanted, without labels if the samples have none;
        `padded` by itself if it is alone.

    Raises:
        ValueError: if some samples have labels and others do not, or a sequence has more than one dimension.
        TypeError: if a sequence holds something else than integers, or `padding_value` is none.

    Example:
        >>> from edutorch.text import PadCollator
        >>> PadCollator(padding_value=0)([([5, 6, 7], 1), ([8], 0)])
        (tensor([[5, 6, 7],
                [8, 0, 0]]), tensor([3, 1]), tensor([1, 0]))
    """

    def __init__(self, padding_value=0, batch_first=True, side="right", with_lengths=True):
        if side not in ("right", "left"):
            raise ValueError(f"side should be 'right' or 'left', and is {side!r}")
        self.padding_value = operator.index(padding_value)
        self.batch_first = batch_first
        self.side = side
        self.with_lengths = with_lengths

    def __call__(self, samples):
        labelled = {isinstance(sample, tuple) for sample in samples}
        if len(labelled) > 1:
            raise ValueError("some samples are pairs (sequence, label) and others are not")
        with_labels = labelled == {True}
        if with_labels and any(len(sample) != 2 for sample in samples):
            raise ValueError("a sample that is a tuple should be a pair (sequence, label); make a sequence a list")
        sequences = [token_ids(sample[0] if with_labels else sample) for sample in samples]
        batch = [pad_sequence(sequences, self.batch_first, self.padding_value, self.side)]
        if self.with_lengths:
            batch.append(torch.tensor([len(sequence) for sequence in sequences]))
        if with_labels:
            batch.append(default_collate([label for _, label in samples]))
        return tuple(batch) if len(batch) > 1 else batch[0]


class BucketBatchSampler(Sampler[list[int]]):
    """Batches of samples of like length, for a `DataLoader`'s `batch_sampler`: they need little padding.

    The samples are sorted by length and cut into batches. When shuffling, samples of equal length are in random order
    before they are cut, and the batches come in random order.

    Args:
        lengths: the length of every sample.
        batch_size: how many make a batch.
        shuffle: whether every epoch has another order; otherwise the batches go from short to long.
        drop_last: leave out the samples beyond the last full batch: random ones when shuffling, so that the longest
            are not missing in every epoch.
        generator: where the random order comes from; by default the default generator.

    Raises:
        ValueError: if `batch_size` is no positive integer.

    Example:
        >>> from edutorch.text import BucketBatchSampler
        >>> list(BucketBatchSampler([9, 1, 8, 2, 7], batch_size=2, shuffle=False))
        [[1, 3], [4, 2], [0]]
    """

    def __init__(self, lengths, batch_size, *, shuffle=True, drop_last=False, generator=None):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.lengths = [int(length) for length in lengths]
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def _order(self, count):
        return torch.randperm(count, generator=self.generator).tolist() if self.shuffle else range(count)

    def __iter__(self):
        count = len(self.lengths)
        order = list(self._order(count))
        if self.drop_last:
            del order[count - count % self.batch_size :]
        order.sort(key=self.lengths.__getitem__)
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        for i in self._order(len(batches)):
            yield batches[i]

    def __len__(self):
        full, rest = divmod(len(self.lengths), self.batch_size)
        return full if self.drop_last or not rest else full + 1
