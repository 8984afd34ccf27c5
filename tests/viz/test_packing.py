"""Packing: the batch sizes and the order of the library, and a readable picture."""

import pytest

from edutorch.viz.packing import batch_sizes, show_packing

from .readable import assert_readable, assert_texts_apart


def drawn(figure, texts):
    """The texts of the cells, column by column."""
    cells = [label for label in figure.labels if label.string in texts]
    return [label.string for label in sorted(cells, key=lambda c: (round((c.box.left + c.box.right) / 2), c.box.top))]


@pytest.mark.parametrize("lengths", [[4, 2, 3], [1], [3, 3], [2, 7, 1, 7, 5]])
def test_batch_sizes_and_order_are_the_librarys(torch, lengths):
    rows = [torch.tensor([100 * (i + 1) + t for t in range(n)]) for i, n in enumerate(lengths)]
    packed = torch.nn.utils.rnn.pack_sequence(rows, enforce_sorted=False)
    in_order = [str(v) for v in packed.data.tolist()]
    figure = show_packing(torch.tensor(lengths), [[str(v) for v in row.tolist()] for row in rows])
    assert drawn(figure, in_order) == in_order
    assert batch_sizes(lengths) == packed.batch_sizes.tolist()
    assert f"batch sizes, step by step: {' '.join(map(str, packed.batch_sizes.tolist()))}" in str(figure)


def test_what_is_padding_is_counted_and_dashed():
    figure = show_packing([2, 5, 1])
    assert str(figure).startswith(
        "Sequences of 5, 2 and 1 steps\nthe rectangle has 15 cells: 8 are read, 7 are padding"
    )
    assert figure.svg.count('stroke-dasharray="3 3"') == 7
    assert sum(label.string == "pad" for label in figure.labels) == 7


@pytest.mark.parametrize("lengths", [[1], [4, 2, 3], [12, 1]])
def test_readable_and_deterministic(lengths):
    assert_readable(show_packing(lengths))
    assert show_packing(lengths).svg == show_packing(lengths).svg
    assert_texts_apart(show_packing(lengths, [["Wörterbuch"] * n for n in lengths]))


@pytest.mark.parametrize("lengths", [[], [3, 0]])
def test_empty_sequences_are_refused(lengths):
    with pytest.raises(ValueError, match="every sequence needs at least one step"):
        show_packing(lengths)


def test_words_must_fit():
    with pytest.raises(ValueError, match=r"lengths are \[2, 1\], but there are \[1, 1\] words"):
        show_packing([2, 1], [["a"], ["b"]])
