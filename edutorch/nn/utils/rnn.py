"""Sequences of different lengths: padding them to one tensor, and packing them so that no padding is computed."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable

from ... import dtypes
from ...errors import with_remedy
from ...ops import packing
from ...ops.create import empty_like
from ...ops.from_data import as_tensor
from ...ops.ranges import arange
from ...ops.sort import sort
from ...tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(namedtuple("PackedSequence_", ("data", "batch_sizes", "sorted_indices", "unsorted_indices"))):
    """A batch of sequences of different lengths, packed: one time step after the other, the longest sequence first.

    `pack_padded_sequence` and `pack_sequence` make it, recurrent layers take and return it.

    Attributes:
        data: (N, *), the rows of all steps.
        batch_sizes: how many sequences reach each step, integers on the CPU.
        sorted_indices: how the sequences were brought into order; None if they were in order.
        unsorted_indices: the inverse of it: how to get the old order back.

    Example:
        >>> import edutorch as torch
        >>> a, b = torch.tensor([1, 2, 3]), torch.tensor([4, 5])
        >>> packed = torch.nn.utils.rnn.pack_sequence([a, b])
        >>> packed.data, packed.batch_sizes
        (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    __slots__ = ()

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:  # PackedSequence((data, batch_sizes))
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.is_cuda:
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "pack_sequence and pack_padded_sequence of nn.utils.rnn make them."
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """Convert the data as `Tensor.to` does; the indices follow it to its device."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        indices = [None if i is None else i.to(data.device) for i in self[2:]]
        return type(self)(data, self.batch_sizes, *indices)

    def cuda(self, device="cuda"):
        """Move the data to a GPU."""
        return self.to(device)

    def cpu(self):
        """Move the data to the CPU."""
        return self.to("cpu")

    def double(self):
        """Convert the data to float64."""
        return self.to(dtypes.float64)

    def float(self):
        """Convert the data to float32."""
        return self.to(dtypes.float32)

    def half(self):
        """Convert the data to float16."""
        return self.to(dtypes.float16)

    def long(self):
        """Convert the data to int64."""
        return self.to(dtypes.int64)

    def int(self):
        """Convert the data to int32."""
        return self.to(dtypes.int32)

    def short(self):
        """Convert the data to int16."""
        return self.to(dtypes.int16)

    def char(self):
        """Convert the data to int8."""
        return self.to(dtypes.int8)

    def byte(self):
        """Convert the data to uint8."""
        return self.to(dtypes.uint8)

    @property
    def is_cuda(self):
        """Whether the data is on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation):
    """Return the permutation that undoes another; None for None.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    places = arange(permutation.numel(), device=permutation.device)
    return empty_like(permutation).scatter_(0, permutation, places)


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Pack a batch of padded sequences: leave the padding out.

    Args:
        input: (T, B, *), or (B, T, *) with `batch_first`.
        lengths: of each sequence, a list or a tensor on the CPU.
        enforce_sorted: the longest sequence comes first already; otherwise they are sorted here.

    Returns:
        a `PackedSequence`.

    Raises:
        RuntimeError: if the lengths are not sorted, not positive, or not one for each sequence.

    Example:
        >>> import edutorch as torch
        >>> from edutorch.nn.utils.rnn import pack_padded_sequence
        >>> padded = torch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
        >>> packed = pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False)
        >>> packed.data, packed.batch_sizes, packed.sorted_indices
        (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]), tensor([2, 0, 1]))
    """
    lengths = lengths.to(dtypes.int64) if isinstance(lengths, Tensor) else as_tensor(lengths, dtype=dtypes.int64)
    order = None
    if not enforce_sorted:
        lengths, order = sort(lengths, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    sizes = batch_sizes_of(input, lengths)
    data = packing.pack_steps(input, sizes)
    return PackedSequence(data, as_tensor(sizes, dtype=dtypes.int64), order, None)


def batch_sizes_of(input, lengths):
    """Return how many sequences reach each time step.

    Raises:
        RuntimeError: as `pack_padded_sequence` says.
    """
    if lengths.dim() != 1 or lengths.is_cuda:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D {lengths.device} Long tensor"
        )
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    counts = lengths.tolist()
    if len(counts) != input.size(1):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} (batch_size={input.size(1)})"
        )
    if min(counts) <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if counts != sorted(counts, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if counts[0] > input.size(0):
        raise RuntimeError(
            with_remedy(
                f"A sequence of length {counts[0]} does not fit into a padded length of {input.size(0)}",
                "Is the time dimension where `batch_first` says?",
            )
        )
    return tuple(sum(n > t for n in counts) for t in range(counts[0]))


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """Pad a packed batch: the inverse of `pack_padded_sequence`.

    Args:
        sequence: a `PackedSequence`.
        padding_value: what stands where a sequence has ended.
        total_length: the length of the result, if it is to be greater than that of the longest sequence.

    Returns:
        the padded sequences in their old order, (T, B, *), or (B, T, *) with `batch_first`; and their lengths.

    Raises:
        ValueError: if `total_length` is too small.

    Example:
        >>> import edutorch as torch
        >>> from edutorch.nn.utils.rnn import pack_sequence, pad_packed_sequence
        >>> packed = pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])])
        >>> pad_packed_sequence(packed, batch_first=True)
        (tensor([[1, 2, 3],
                [4, 5, 0]]), tensor([3, 2]))
    """
    sizes = tuple(sequence.batch_sizes.tolist())
    if total_length is not None and total_length < len(sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {len(sizes)}"
        )
    padded = packing.pad_steps(sequence.data, sizes, padding_value, total_length)
    lengths = as_tensor([sum(n > b for n in sizes) for b in range(sizes[0])], dtype=dtypes.int64)
    if batch_first:
        padded = padded.transpose(0, 1)
    order = sequence.unsorted_indices
    if order is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Stack sequences of different lengths, filled up to the longest.

    Args:
        sequences: tensors (L_b, *), which differ only in the first dimension.
        batch_first: whether the result is (B, T, *) instead of (T, B, *).
        padding_value: what they are filled up with. padding_side: "right" (after them) or "left".

    Example:
        >>> import edutorch as torch
        >>> from edutorch.nn.utils.rnn import pad_sequence
        >>> pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])], batch_first=True)
        tensor([[1, 2, 3],
                [4, 5, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    return packing.pad_sequence(list(sequences), batch_first, padding_value, padding_side)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """Return a list of sequences without their padding: the inverse of `pad_sequence`.

    Args:
        padded_sequences: (T, B, *), or (B, T, *) with `batch_first`. lengths: (B,), a tensor.
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    time = arange(padded_sequences.shape[1], device=lengths.device)
    return [sequence[time < length] for sequence, length in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Pack a list of sequences: `pad_sequence`, then `pack_padded_sequence`."""
    lengths = as_tensor([s.size(0) for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """Return a packed batch as a list of sequences: the inverse of `pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
