"""What of `edutorch/nn/modules/sparse.py` fits no table."""

import pytest

import edutorch
from tests.twins import same_on_both

TABLE = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_given_rows_are_frozen_unless_asked_otherwise():
    def program(torch):
        made = []
        for kind in (torch.nn.Embedding, torch.nn.EmbeddingBag):
            for freeze in (True, False):
                layer = kind.from_pretrained(torch.tensor(TABLE), freeze=freeze)
                made += [repr(layer), layer.weight.requires_grad, layer(torch.tensor([[2, 0]]))]
        return made

    same_on_both(program)


def test_given_rows_share_their_memory():
    def program(torch):
        table = torch.tensor(TABLE)
        layer = torch.nn.Embedding.from_pretrained(table)
        table[0, 0] = 9
        return layer.weight

    same_on_both(program)


def test_given_rows_must_be_a_matrix():
    same_on_both(lambda torch: torch.nn.Embedding.from_pretrained(torch.zeros(3)))
    same_on_both(lambda torch: torch.nn.EmbeddingBag.from_pretrained(torch.zeros(3)))
    same_on_both(lambda torch: torch.nn.Embedding(6, 3, _weight=torch.zeros(5, 3)))


def test_long_rows_are_shortened_in_the_table():
    def program(torch):
        table = (torch.arange(6.0)[:, None] * torch.ones(3)).requires_grad_()
        taken = torch.nn.functional.embedding(torch.tensor([[0, 1], [2, 2]]), table, max_norm=2.0, norm_type=1.0)
        taken.sum().backward()
        return table, taken, table.grad

    same_on_both(program)


def test_a_table_that_was_shortened_since_it_was_used_is_noticed():
    def program(torch):
        table = torch.full((3, 2), 5.0, requires_grad=True)
        squares = (table * table).sum()
        torch.nn.functional.embedding(torch.tensor([1]), table, max_norm=1.0)
        squares.backward()

    same_on_both(program)


def test_words_that_the_table_has_not():
    for words in ([[1, 6]], [[0, -1]]):  # in float64 PyTorch uses other words
        same_on_both(lambda torch, words=words: torch.nn.EmbeddingBag(6, 3)(torch.tensor(words)))


def test_second_gradients_of_bags():
    import edutorch as torch

    words, starts = torch.tensor([1, 2, 2, 0]), torch.tensor([0, 3])
    table = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    factors = torch.randn(4, dtype=torch.float64, requires_grad=True)
    bag = torch.nn.functional.embedding_bag
    assert torch.autograd.gradgradcheck(
        lambda table, factors: bag(words, table, starts, mode="sum", per_sample_weights=factors), (table, factors)
    )
    assert torch.autograd.gradgradcheck(lambda table: bag(words, table, starts, mode="max"), (table,))


def test_bags_that_begin_before_the_one_before_them_are_refused():
    """PyTorch refuses them with these words, or computes something, as the memory behind the table has it."""
    with pytest.raises(RuntimeError, match=r"^Expected i < index_size to be true, but got false\nOffsets must not"):
        edutorch.nn.functional.embedding_bag(edutorch.arange(5), edutorch.ones(5, 2), edutorch.tensor([0, 3, 2]))
