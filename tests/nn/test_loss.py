"""Losses beyond the tables: what they warn of, what they show of themselves, and how the fused one is built."""

from __future__ import annotations

import pytest

import edutorch
from edutorch.ops.cross_entropy import in_two_steps
from tests.twins import same_on_both

pytest.importorskip("torch")

OLD_FLAGS = [
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "kl_div",
    "poisson_nll_loss",
    "hinge_embedding_loss",
    "soft_margin_loss",
    "binary_cross_entropy_with_logits",
    "multilabel_soft_margin_loss",
]


@pytest.mark.parametrize("flags", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}])
@pytest.mark.parametrize("name", OLD_FLAGS)
def test_the_old_flags_work_and_warn(name, flags):
    def program(torch):
        x, y = torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0, 0.0]])
        return getattr(torch.nn.functional, name)(x, y, **flags)

    same_on_both(program, compare_warnings=True)


@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "KLDivLoss", "HingeEmbeddingLoss", "BCELoss"])
def test_modules_warn_of_the_old_flags_once(name):
    def program(torch):
        return getattr(torch.nn, name)(size_average=False, reduce=True).reduction

    same_on_both(program, compare_warnings=True)


def test_a_name_for_a_reduction_that_is_gone():
    def program(torch):
        return torch.nn.functional.cross_entropy(
            torch.tensor([[0.0, 1.0]]), torch.tensor([1]), reduction="elementwise_mean"
        )

    same_on_both(program, compare_warnings=True)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_different_shapes_warn(name):
    def program(torch):
        return getattr(torch.nn.functional, name)(torch.ones(3, 1), torch.zeros(3))

    same_on_both(program, compare_warnings=True)


def test_the_mean_of_a_divergence_warns():
    def program(torch):
        x = torch.tensor([[0.5, 0.5]])
        return torch.nn.functional.kl_div(x.log(), x), torch.nn.KLDivLoss()(x.log(), x)

    same_on_both(program, compare_warnings=True)


def test_nll_loss_2d_is_an_old_name():
    def program(torch):
        loss = torch.nn.NLLLoss2d(ignore_index=1)
        return repr(loss), loss(torch.ones(1, 2, 2, 2), torch.zeros(1, 2, 2, dtype=torch.int64))

    same_on_both(program, compare_warnings=True)


@pytest.mark.parametrize("name", ["mse_loss", "cross_entropy", "nll_loss", "binary_cross_entropy", "huber_loss"])
def test_a_loss_shows_its_operator(name):
    assert "Gradient:" in getattr(edutorch.nn.functional, name).op.source()


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_fused_cross_entropy_equals_its_two_steps(reduction, smoothing):
    edutorch.manual_seed(0)
    x = edutorch.randn(4, 5, 3, dtype=edutorch.float64, requires_grad=True)
    target, weight = edutorch.randint(5, (4, 3)), edutorch.rand(5, dtype=edutorch.float64)
    options = (target, weight, 2, reduction, smoothing)
    fused = edutorch.nn.functional.cross_entropy(
        x, target, weight, ignore_index=2, reduction=reduction, label_smoothing=smoothing
    )
    plain = in_two_steps(x, *options)
    edutorch.testing.assert_close(fused, plain)
    g = edutorch.rand_like(fused)
    edutorch.testing.assert_close(edutorch.autograd.grad(fused, x, g), edutorch.autograd.grad(plain, x, g))


def test_class_weights_are_saved():
    def program(torch):
        loss = torch.nn.BCEWithLogitsLoss(torch.tensor([1.0, 2.0]), pos_weight=torch.tensor([3.0, 4.0]))
        other = torch.nn.BCEWithLogitsLoss(torch.zeros(2), pos_weight=torch.zeros(2))
        other.load_state_dict(loss.state_dict())
        return other.weight, other.pos_weight, list(torch.nn.CrossEntropyLoss().state_dict())

    same_on_both(program)


def test_a_target_of_the_wrong_kind_is_told_the_remedy():
    scores = edutorch.zeros(3, 4)
    with pytest.raises(RuntimeError, match=r"argmax"):
        edutorch.nn.functional.cross_entropy(scores, edutorch.zeros(3, 4, dtype=edutorch.int64))
    with pytest.raises(RuntimeError, match=r"y\.long\(\)"):
        edutorch.nn.functional.cross_entropy(scores, edutorch.zeros(3))
    with pytest.raises(IndexError, match=r"numbered 0 to 3"):
        edutorch.nn.functional.cross_entropy(scores, edutorch.tensor([0, 4, 1]))


def test_the_gradient_survives_a_second_backward_pass():
    """The forward's buffer is not written by the backward pass."""
    x = edutorch.randn(3, 4, requires_grad=True)
    loss = edutorch.nn.functional.cross_entropy(x, edutorch.tensor([0, 1, 2]))
    (first,) = edutorch.autograd.grad(loss, x, retain_graph=True)
    kept = first.clone()
    (second,) = edutorch.autograd.grad(loss, x)
    assert first.tolist() == kept.tolist() == second.tolist()
