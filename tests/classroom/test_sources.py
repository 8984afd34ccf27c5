"""Where cases and expected gradients come from, and what a task tells of itself."""

import pytest

import edutorch as torch
from edutorch.classroom import Draw, Task, numerical_gradient
from edutorch.classroom.task import chapters, find, names


def test_a_draw_follows_its_seed_and_leaves_the_learners_stream_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)

    def things(seed):
        draw = Draw(seed)
        return [
            draw.randint(0, 1000),
            draw.uniform(0, 1),
            draw.shape(4, 9),
            draw.sizes(3),
            draw.choice(range(1000)),
            draw.shuffled(range(9)),
            *[t.tolist() for t in (draw.randn(2), draw.rand(2), draw.randint(0, 99, 2), draw.permutation(9))],
            draw.mask(9).tolist(),
        ]

    assert things(1) == things(1) != things(2)
    assert torch.equal(torch.rand(1), expected)


def test_what_is_drawn():
    draw = Draw(0)
    assert {draw.randint(1, 3) for _ in range(100)} == {1, 2, 3}
    assert set(draw.randint(1, 3, 100).tolist()) == {1, 2, 3}
    assert all(len(set(draw.sizes(3))) == 3 for _ in range(20))
    assert draw.randn(2, requires_grad=True).requires_grad
    assert draw.rand(2, dtype=torch.float64).dtype is torch.float64
    assert draw.mask(3).dtype is torch.bool


def test_finite_differences():
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    w = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    grad = torch.randn(3, 2, dtype=torch.float64)
    got = numerical_gradient(lambda x, w, n: (x @ w).tanh() * n, x, w, 3, grad=grad)
    expected = torch.autograd.grad((x @ w).tanh() * 3, (x, w), grad)
    for one, other in zip(got, expected, strict=False):
        assert torch.allclose(one, other, atol=1e-7)
    assert got[2] is None
    assert not got[0].requires_grad
    column = x.t()  # not contiguous
    assert torch.allclose(numerical_gradient(lambda x: x**3, column), 3 * column.detach() ** 2, atol=1e-6)


def used_torch():
    """Need an import."""
    return torch.pi


def finale(strides_of):
    """Look at them.

    Twice.
    """
    for shape in ((2, 3), (4,)):
        print(strides_of(shape))
    # the end
    strides_of(())


def test_a_task_tells_of_itself():
    task = find("strides_of")
    assert find(task) is find(task.reference) is task
    assert (task.name, task.chapter) == ("strides_of", "ch01_tensors")
    assert task.title == "Strides of a fresh tensor"
    assert task.statement.startswith("A fresh tensor is **contiguous**")
    assert task.imports == []
    assert task.source.startswith("def strides_of(shape):")
    assert repr(task) == "<task strides_of of ch01_tensors>"
    assert names()["strides_of"] == "ch01_tensors" == chapters()[0]


def test_a_finale_is_a_cell():
    task = Task(test_a_finale_is_a_cell, cases=list, minutes=1, points=1, hints=(), finale=finale)
    assert task.finale_source == (
        "for shape in ((2, 3), (4,)):\n    print(strides_of(shape))\n# the end\nstrides_of(())"
    )
    assert Task(used_torch, cases=list, minutes=1, points=1, hints=()).imports == ["import edutorch as torch"]
    assert Task(finale, cases=list, minutes=1, points=1, hints=()).finale_source == ""


def test_an_unknown_name():
    with pytest.raises(LookupError, match=r"no task called 'zzz'. progress\(\) lists all tasks"):
        find("zzz")
