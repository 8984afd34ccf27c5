"""The cross-entropy by its kernels, against its page in float64."""

import itertools
import math

import pytest

import edutorch as torch
from edutorch.nn import functional as F

from .against_the_page import DTYPES, compare, compare_twice, numbers

OPTIONS = [
    {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": ignored}
    for reduction, smoothing, ignored in itertools.product(("mean", "sum", "none"), (0.0, 0.1), (-100, 1))
]


def classes_of(rows, classes, where, dtype=torch.int64):
    return (torch.arange(rows) * 7 % classes).to(where, dtype)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 3), (5, 1000), (40, 33)])
def test_every_option(shape, dtype, weighted, options, cuda):
    weight = numbers(shape[1], salt=1).abs()

    def function(x):
        w = weight.to(x.device, x.dtype) if weighted else None
        return F.cross_entropy(x, classes_of(*shape, x.device), w, **options)

    compare(function, [numbers(*shape)], cuda, dtype, None, factor=4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_two_launches_forward_and_one_backward(dtype, cuda):
    target = {"cpu": classes_of(6, 5, "cpu"), cuda: classes_of(6, 5, cuda)}
    for options in OPTIONS:
        launches = (1 if options["reduction"] == "none" else 2), 1

        def function(x, options=options):
            return F.cross_entropy(x, target[str(x.device)], **options)

        compare(function, [numbers(6, 5)], cuda, dtype, launches, factor=4)


def test_a_single_sample_and_bytes(cuda):
    for reduction in ("mean", "sum", "none"):
        compare(lambda x, r=reduction: F.cross_entropy(x, classes_of(1, 5, x.device)[0] + 2, reduction=r),
                [numbers(5)], cuda, torch.float64, None)  # fmt: skip
    compare(lambda x: F.cross_entropy(x, classes_of(6, 5, x.device, torch.uint8)), [numbers(6, 5)], cuda,
            torch.float32, None)  # fmt: skip


def test_pictures_of_scores_and_other_layouts(cuda):
    target = classes_of(12, 5, "cpu").reshape(2, 3, 2)
    compare(lambda x: F.cross_entropy(x, target.to(x.device)), [numbers(2, 5, 3, 2)], cuda, torch.float64, None)
    compare(lambda x: F.cross_entropy(x.mT[:, ::2], classes_of(5, 3, x.device)), [numbers(6, 5)], cuda,
            torch.float64, None)  # fmt: skip


def test_nothing_counts(cuda):
    target = torch.full((4,), -100)
    compare(lambda x: F.cross_entropy(x, target.to(x.device)), [numbers(4, 3)], cuda, torch.float32, None)
    compare(lambda x: F.cross_entropy(x, target.to(x.device), reduction="sum"), [numbers(4, 3)], cuda, torch.float32,
            None)  # fmt: skip


def test_large_scores_keep_their_digits(cuda):
    x = numbers(4, 6) + 1000
    compare(lambda x: F.cross_entropy(x, classes_of(4, 6, x.device)), [x], cuda, torch.float32, None)


def test_what_does_not_fit_is_refused(cuda):
    x = numbers(4, 3).to(cuda)
    with pytest.raises(ValueError, match="Expected input batch_size"):
        F.cross_entropy(x, classes_of(5, 3, cuda))
    with pytest.raises(RuntimeError, match="expected target dtype to be Long or Byte"):
        F.cross_entropy(x, classes_of(4, 3, cuda, torch.int32))
    with pytest.raises(RuntimeError, match="weight tensor should be defined"):
        F.cross_entropy(x, classes_of(4, 3, cuda), numbers(2).to(cuda))
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        F.cross_entropy(x, classes_of(4, 3, cuda), reduction="most")


def test_second_gradients(cuda):
    for options in OPTIONS:
        compare_twice(lambda x, o=options: F.cross_entropy(x, classes_of(4, 3, x.device), **o), [numbers(4, 3)], cuda)


@pytest.mark.parametrize("wrong", [5, -1])
def test_a_number_that_is_no_class_is_told_at_the_next_wait(wrong, cuda):
    target = torch.tensor([0, 1, wrong, 2]).to(cuda)
    loss = F.cross_entropy(numbers(4, 3).to(cuda), target)
    with pytest.raises(torch.AcceleratorError, match="A target is out of bounds: there are 3 classes"):
        loss.item()
    assert math.isnan(loss.item())
    assert math.isfinite(F.cross_entropy(numbers(4, 3).to(cuda), target, ignore_index=wrong).item())
