"""Batches of unequal length: what is filled up, and which samples come together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edutorch as torch
from edutorch.nn.utils.rnn import pack_padded_sequence
from edutorch.text import BucketBatchSampler, PadCollator
from edutorch.utils.data import DataLoader
from tests.twins import said

SAMPLES = [([5, 6, 7], 1), ([8], 0), ([], 1)]


def listed(batch):
    return [part.tolist() for part in batch]


def test_padding():
    assert listed(PadCollator()(SAMPLES)) == [[[5, 6, 7], [8, 0, 0], [0, 0, 0]], [3, 1, 0], [1, 0, 1]]
    assert listed(PadCollator(9, side="left")(SAMPLES))[0] == [[5, 6, 7], [9, 9, 8], [9, 9, 9]]
    assert listed(PadCollator(batch_first=False)(SAMPLES))[0] == [[5, 8, 0], [6, 0, 0], [7, 0, 0]]
    assert listed(PadCollator(with_lengths=False)(SAMPLES)) == [[[5, 6, 7], [8, 0, 0], [0, 0, 0]], [1, 0, 1]]
    assert listed(PadCollator()([[1], [2, 3]])) == [[[1, 0], [2, 3]], [1, 2]]
    assert PadCollator(with_lengths=False)([[1], [2, 3]]).tolist() == [[1, 0], [2, 3]]
    for part in PadCollator()(SAMPLES):
        assert part.dtype is torch.int64


@pytest.mark.parametrize("make", [list, torch.tensor, np.array, lambda ids: torch.tensor(ids, dtype=torch.int32)])
def test_kinds_of_sequences(make):
    batch = PadCollator()([(make([1, 2]), 0.5), (make([3]), 1.5)])
    assert listed(batch) == [[[1, 2], [3, 0]], [2, 1], [0.5, 1.5]]


def test_labels_are_collated_as_always():
    *_, labels = PadCollator()([([1], "good"), ([2, 3], "bad")])
    assert labels == ["good", "bad"]
    *_, labels = PadCollator()([([1], torch.tensor([1.0, 2.0])), ([2, 3], torch.tensor([3.0, 4.0]))])
    assert labels.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_batch_can_be_packed():
    padded, lengths, _ = PadCollator()(SAMPLES[:2])
    assert pack_padded_sequence(padded, lengths, batch_first=True).data.tolist() == [5, 8, 6, 7]


def test_what_cannot_be_padded():
    with pytest.raises(ValueError, match="side should be 'right' or 'left', and is 'both'"):
        PadCollator(side="both")
    with pytest.raises(ValueError, match="some samples are pairs"):
        PadCollator()([([1], 0), [1, 2]])
    with pytest.raises(ValueError, match=r"should stand in one row, and have the shape \(1, 2\)"):
        PadCollator()([[[1, 2]]])
    with pytest.raises(ValueError, match=r"should stand in one row, and have the shape \(\)"):
        PadCollator()([(3, 1)])
    with pytest.raises(ValueError, match=r"a tuple should be a pair \(sequence, label\)"):
        PadCollator()([(3, 1, 2)])


@pytest.mark.parametrize("sequence", [[1.5, 2.5], torch.tensor([1.0]), np.ones(2, np.float16)])
def test_numbers_with_decimals_are_not_cut_off(sequence):
    with pytest.raises(TypeError, match=r"the numbers of tokens should be integers, and are torch\.float"):
        PadCollator()([sequence])
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        PadCollator(padding_value=0.5)


def test_texts_have_to_be_encoded_first():
    with pytest.raises(TypeError, match=r"tokenizer\.encode\(text\)"):
        PadCollator()([("a text", 1)])


# ---- buckets

LENGTHS = [9, 1, 8, 2, 7, 2, 2, 1, 9, 30]


def test_without_shuffling_from_short_to_long():
    assert list(BucketBatchSampler(LENGTHS, 4, shuffle=False)) == [[1, 7, 3, 5], [6, 4, 2, 0], [8, 9]]
    assert list(BucketBatchSampler(LENGTHS, 4, shuffle=False, drop_last=True)) == [[1, 7, 3, 5], [6, 4, 2, 0]]


@given(
    st.lists(st.integers(0, 9)), st.integers(1, 6), st.booleans(), st.booleans(), st.integers(0, 2**31),
)  # fmt: skip
def test_every_sample_once_in_batches_of_like_length(lengths, batch_size, shuffle, drop_last, seed):
    generator = torch.Generator().manual_seed(seed)
    sampler = BucketBatchSampler(
        torch.tensor(lengths, dtype=torch.int64), batch_size, shuffle=shuffle, drop_last=drop_last, generator=generator
    )
    for _ in range(2):
        batches = list(sampler)
        assert len(batches) == len(sampler)
        chosen = [index for batch in batches for index in batch]
        assert len(set(chosen)) == len(chosen)
        rest = len(lengths) % batch_size
        assert len(chosen) == len(lengths) - (rest if drop_last else 0)
        assert sum(len(batch) != batch_size for batch in batches) == (0 if drop_last or not rest else 1)
        spans = sorted((min(lengths[i] for i in batch), max(lengths[i] for i in batch)) for batch in batches)
        assert all(before[1] <= behind[0] for before, behind in pairwise(spans))


def test_epochs_differ_and_come_back_with_the_seed():
    def epochs():
        sampler = BucketBatchSampler([3] * 50, 8, generator=torch.Generator().manual_seed(1))
        return list(sampler), list(sampler)

    first, second = epochs()
    assert first != second
    assert epochs() == (first, second)
    torch.manual_seed(3)
    one = list(BucketBatchSampler([3] * 50, 8))
    torch.manual_seed(3)
    assert list(BucketBatchSampler([3] * 50, 8)) == one


def test_dropping_leaves_out_others_each_epoch():
    sampler = BucketBatchSampler(range(10), 4, drop_last=True, generator=torch.Generator().manual_seed(0))
    seen = {index for _ in range(30) for batch in sampler for index in batch}
    assert seen == set(range(10))


def test_shuffled_batches_need_little_padding():
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 100, (1000,), generator=generator).tolist()
    batches = list(BucketBatchSampler(lengths, 20, generator=generator))
    padding = sum(max(lengths[i] for i in batch) - lengths[j] for batch in batches for j in batch)
    assert padding < 0.05 * sum(lengths)
    assert [min(lengths[i] for i in batch) for batch in batches] != sorted(min(lengths[i] for i in b) for b in batches)


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_batch_sizes_that_are_none(size):
    outcome = said(lambda: BucketBatchSampler([1], size))
    assert outcome == ("ValueError", f"batch_size should be a positive integer value, but got batch_size={size}")


class Sentences:
    """A data set of lists of numbers, each with its length as the label."""

    def __len__(self):
        return len(LENGTHS)

    def __getitem__(self, index):
        return list(range(1, LENGTHS[index] + 1)), LENGTHS[index]


def seen_lengths(batches):
    seen = []
    for padded, lengths, labels in batches:
        assert lengths.tolist() == labels.tolist() == (padded != 0).sum(1).tolist()
        assert padded.shape[1] == max(labels.tolist())
        seen += labels.tolist()
    return sorted(seen)


@pytest.mark.parametrize("workers", [0, 2])
def test_in_a_loader(workers):
    sampler = BucketBatchSampler(LENGTHS, 3, generator=torch.Generator().manual_seed(0))
    loader = DataLoader(Sentences(), batch_sampler=sampler, collate_fn=PadCollator(), num_workers=workers)
    assert len(loader) == 4
    assert seen_lengths(loader) == seen_lengths(loader) == sorted(LENGTHS)


@pytest.mark.parametrize("workers", [0, 2])
def test_in_pytorchs_loader(workers):
    data = pytest.importorskip("torch").utils.data
    sampler = BucketBatchSampler(LENGTHS, 3)
    loader = data.DataLoader(Sentences(), batch_sampler=sampler, collate_fn=plain_lists, num_workers=workers)
    assert len(loader) == 4
    for _ in range(2):
        batches = list(loader)
        assert sorted(label for batch in batches for _, label in batch) == sorted(LENGTHS)
        assert [len(batch) for batch in batches].count(3) == 3


def plain_lists(samples):
    return samples
