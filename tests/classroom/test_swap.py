"""`swap`: every way to a function leads to the learner's, and afterwards everything is as it was."""

import inspect
import sys
import threading
import traceback
import types

import numpy as np
import pytest

import edutorch as torch
import edutorch.nn.functional as F
from edutorch import nn
from edutorch.classroom import swap
from edutorch.nn.functional import softmax as softmax_imported_before

machinery = sys.modules["edutorch.classroom.swap"]


class Counted:
    """A softmax that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, dim):
        self.calls += 1
        e = (x - x.max(dim, keepdim=True).values).exp()
        return e / e.sum(dim, keepdim=True)


WAYS = {
    "torch": lambda x: torch.softmax(x, 1),
    "dim by name": lambda x: torch.softmax(x, dim=1),
    "F": lambda x: F.softmax(x, dim=1),
    "a name from before": lambda x: softmax_imported_before(x, dim=1),
    "method": lambda x: x.softmax(1),
    "layer": lambda x: nn.Softmax(1)(x),
    "softmin": lambda x: F.softmin(-x, 1),
}


def state(function):
    return function.__code__, function.__defaults__, function.__kwdefaults__


def everything():
    """All functions of the library's public folders, with what makes them compute."""
    homes = (torch, F, nn, torch.optim, torch.Tensor)
    found = {id(v): v for home in homes for v in vars(home).values() if isinstance(v, types.FunctionType)}
    return {f: state(f) for f in found.values()}


@pytest.fixture(autouse=True)
def nothing_stays_behind():
    torch.softmax(torch.zeros(2), 0)  # operators write their code when they are first called
    before = everything()
    classes = dict(vars(torch.optim)), dict(vars(nn))
    yield
    assert not machinery._targets
    written = {f: s for f, s in before.items() if s[0].co_name != "_stub"}
    assert {f: state(f) for f in written} == written
    assert classes == (dict(vars(torch.optim)), dict(vars(nn)))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_leads_to_it(way):
    x, mine = torch.randn(3, 4, requires_grad=True), Counted()
    expected = WAYS[way](x)
    with swap("softmax", mine):
        got = WAYS[way](x)
    assert mine.calls == 1
    assert torch.allclose(got, expected)
    assert got.grad_fn.name() == "DivBackward0"  # autograd recorded what the learner wrote
    weights = torch.randn(3, 4)
    grads = [torch.autograd.grad(y, x, weights)[0] for y in (got, expected)]
    assert torch.allclose(*grads, atol=1e-6)
    assert WAYS[way](x).grad_fn.name() == "SoftmaxBackward0"


def test_names_that_mean_the_same():
    x = torch.randn(3, 4)
    for name in (
        "softmax",
        "torch.softmax",
        "F.softmax",
        "nn.functional.softmax",
        "Tensor.softmax",
        "edutorch.softmax",
    ):
        mine = Counted()
        with swap(name, mine):
            for way in WAYS.values():
                way(x)
        assert mine.calls == len(WAYS), name


def test_half_precision_and_integers_get_there_too():
    mine = Counted()
    with swap("softmax", mine):
        assert torch.softmax(torch.randn(2, 3).half(), 1).dtype is torch.float16
        torch.softmax(torch.randn(2, 3).bfloat16(), 1)
    assert mine.calls == 2


def test_python_operators():
    x = torch.tensor([1.0, 2.0])

    def times(input, other):
        return 10 * input * other  # in here, `*` is the library's

    with swap("mul", times):
        assert (x * x).tolist() == [10, 40]
        assert (x * 2).tolist() == [20, 40]
        assert (2 * x).tolist() == [20, 40]
        assert (x * np.array([1.0, 2.0], np.float32)).tolist() == [10, 40]
        assert torch.mul(x, x).tolist() == [10, 40]
        y = x.clone()
        y *= x
        assert y.tolist() == [10, 40]
        with pytest.raises(TypeError):
            x * "two"
    with swap("matmul", lambda a, b: torch.einsum("ij,jk->ik", a, b) + 1):
        assert (torch.eye(2) @ torch.eye(2)).tolist() == [[2, 1], [1, 2]]


def test_a_layer_that_passes_pairs():
    """nn.Conv2d hands stride=(2, 2) on: a learner's function that takes numbers gets numbers, and no dilation."""
    convolution, image = nn.Conv2d(2, 3, 3, stride=2, padding=1), torch.randn(2, 2, 7, 7)
    expected, seen = convolution(image), []

    def mine(x, weight, bias, stride=1, padding=0):
        seen.append((stride, padding))
        columns = F.unfold(x, weight.shape[2:], stride=stride, padding=padding)
        size = (x.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
        return (weight.flatten(1) @ columns + bias[:, None]).view(len(x), len(weight), size, size)

    with swap("conv2d", mine):
        assert torch.allclose(convolution(image), expected, atol=1e-5)
        with pytest.raises(TypeError, match=r"calls conv2d with dilation=\(2, 2\), and your function takes no such"):
            nn.Conv2d(2, 3, 3, dilation=2)(image)
    assert seen == [(2, 1)]


def test_arguments_find_their_places():
    x, seen = torch.randn(1, 1, 4, 4), []
    weight = torch.randn(1, 1, 2, 2)

    def other_order(weight, input, padding=(0, 0), **rest):
        seen.append((tuple(weight.shape), tuple(input.shape), padding, rest))
        return input

    def anything(*everything):
        seen.append(everything[2:])
        return x

    with swap("conv2d", other_order):
        F.conv2d(x, weight, padding=(1, 1), stride=2)
    with swap("conv2d", anything):
        F.conv2d(x, weight, padding=1)
        F.conv2d(x, weight)
    assert seen == [((1, 1, 2, 2), (1, 1, 4, 4), (1, 1), {"stride": 2}), (None, 1, 1), ()]


def test_names_of_numpy():
    with swap("sum", lambda input, dim=None, keepdim=False: (dim, keepdim)):
        assert torch.ones(2, 3).sum(axis=1, keepdims=True) == (1, True)


def test_out_is_written():
    target = torch.empty(2)
    with swap("sqrt", lambda x: x + 1):
        result = torch.sqrt(torch.tensor([1.0, 4.0]), out=target)
    assert result is target
    assert target.tolist() == [2, 5]


def test_functions_with_a_twin_in_torch():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    with swap("max_pool2d", lambda input, kernel_size, stride=None: input + kernel_size):
        for way in (torch.max_pool2d, F.max_pool2d, lambda x, k: nn.MaxPool2d(k)(x)):
            assert torch.equal(way(x, 2), x + 2)
    with swap("layer_norm", lambda x, shape, weight=None, bias=None: x * 0):
        assert not nn.LayerNorm(4)(x).any()
        assert not torch.layer_norm(x, (4,)).any()
    with swap("embedding", lambda input, weight: weight[input] + 1):
        assert torch.equal(nn.Embedding.from_pretrained(torch.zeros(3, 2))(torch.tensor([1])), torch.ones(1, 2))


def test_methods():
    with swap("Tensor.tolist", lambda self: "a list"):
        assert torch.zeros(2).tolist() == "a list"
    with swap("nn.Linear.forward", lambda self, x: x):
        assert nn.Linear(2, 3)(torch.ones(2)).tolist() == [1, 1]


def test_what_a_function_may_not_return():
    for value, kind in ((None, "None"), (np.zeros(2), "a NumPy array")):
        with (
            swap("softmax", lambda input, dim, value=value: value),
            pytest.raises(TypeError, match=f"returned {kind}"),
        ):
            F.softmax(torch.zeros(2), 0)


# ---- gradients


def my_gradient(grad, x, dim, out):
    return out * (grad - (grad * out).sum(dim, keepdim=True))


def test_a_gradient():
    x, g = torch.randn(3, 4, requires_grad=True), torch.randn(3, 4)
    expected = torch.autograd.grad(F.softmax(x, 1), x, g)[0]
    with swap("softmax.backward", my_gradient):
        y = F.softmax(x, 1)
        assert y.grad_fn.name() == "SoftmaxBackward"
        assert torch.allclose(torch.autograd.grad(y, x, g)[0], expected, atol=1e-6)
        double = x.detach().double().requires_grad_()
        assert torch.autograd.gradcheck(lambda x: x.softmax(1), double)
        assert torch.autograd.gradgradcheck(lambda x: x.softmax(1), double)
        assert not F.softmax(x.detach(), 1).requires_grad
    with swap("softmax.backward", lambda grad, input, dim: 0 * grad):
        F.softmax(x, 1).sum().backward()
    assert not x.grad.any()


def test_the_gradient_of_a_layer():
    layer, x = nn.Linear(3, 2), torch.randn(4, 3)

    def linear_gradient(grad, input, weight, bias=None):
        return grad @ weight, grad.T @ input, None if bias is None else grad.sum(0)

    def gradients():
        layer.zero_grad()
        layer(x).square().sum().backward()
        return [p.grad.clone() for p in layer.parameters()]

    expected = gradients()
    with swap("linear.backward", linear_gradient):
        assert all(torch.allclose(a, b) for a, b in zip(gradients(), expected, strict=True))
    with (
        swap("linear.backward", lambda grad, input, weight, bias: (grad @ weight, grad.T @ input)),
        pytest.raises(TypeError, match="one for each of input, weight, bias, and not None for weight, bias"),
    ):
        gradients()
    with (
        swap("linear.backward", lambda grad, input, weight, bias: (grad @ weight, input, grad.sum(0))),
        pytest.raises(RuntimeError, match=r"got \[4, 3\] but expected shape compatible with \[2, 3\]"),
    ):
        gradients()
    without_bias, w = nn.Linear(3, 2, bias=False), torch.ones(3)
    for given in (lambda grad, input, weight: (None, grad[:, None] * input), linear_of_one):
        with swap("linear.backward", given):
            without_bias(w).sum().backward()


def linear_of_one(grad, input, weight, bias=None):
    return None, grad[:, None] * input, bias


def test_the_gradient_of_a_function_that_is_no_operator():
    x = torch.randn(3, 4, requires_grad=True)
    with swap("nn.functional.softsign.backward", lambda grad, input: grad / (1 + input.abs()) ** 2):
        assert torch.autograd.gradcheck(F.softsign, x.detach().double().requires_grad_())


def test_the_gradient_of_several_results():
    x = torch.randn(3, 4, requires_grad=True)

    def mine(grad, input, dim, out):
        _, indices = out
        return torch.zeros_like(input).scatter(dim, indices[:, None], grad[0][:, None])

    with swap("max.backward", mine):
        values, indices = x.max(1)
    expected = torch.autograd.grad(x.max(1).values.sum(), x)[0]
    assert torch.equal(torch.autograd.grad(values.sum(), x)[0], expected)
    assert not indices.requires_grad


# ---- classes


class Still(torch.optim.SGD):
    """An optimizer that does nothing."""

    def step(self, closure=None):
        return None


def test_a_class():
    library = torch.optim.SGD
    with swap("optim.SGD", Still) as entered:
        assert entered is torch.optim.SGD is torch.optim.sgd.SGD is Still
        with swap("SGD", library):
            assert torch.optim.SGD is library
        assert torch.optim.SGD is Still
    assert torch.optim.SGD is library

    class Cell(nn.LSTMCell):
        pass

    with swap("nn.LSTMCell", Cell):
        assert isinstance(nn.LSTMCell(2, 3), Cell)
    assert nn.LSTMCell is not Cell
    with (
        pytest.raises(TypeError, match=r"optim.SGD is a class: a class of yours can stand in for it, not function"),
        swap("optim.SGD", lambda parameters: None),
    ):
        pass


# ---- nesting, exceptions, threads


def test_swaps_nest():
    x, one, two = torch.randn(3), Counted(), Counted()
    with swap("softmax", one):
        torch.softmax(x, 0)
        with swap("softmax", two):
            torch.softmax(x, 0)
        with swap("softmax.backward", my_gradient):
            y = F.softmax(x.clone().requires_grad_(), 0)
    assert (one.calls, two.calls) == (2, 1)
    assert y.grad_fn.name() == "SoftmaxBackward"


def test_in_my_function_the_name_means_the_library():
    x = torch.randn(3)
    with (
        swap("softmax", lambda input, dim: 2 * torch.softmax(input, dim)),
        swap("softmax", lambda input, dim: 2 * F.softmax(input, dim)),
    ):
        assert torch.allclose(x.softmax(0).sum(), torch.tensor(4.0))


def test_an_exception_ends_it():
    def broken(input, dim):
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError), swap("softmax", Counted()), swap("softmax", broken):
            torch.softmax(torch.zeros(2), 0)
        assert torch.softmax(torch.zeros(2), 0).tolist() == [0.5, 0.5]


def test_swaps_that_end_in_another_order():
    x, one, two = torch.zeros(2), Counted(), Counted()
    first, second = swap("softmax", one), swap("softmax", two)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    torch.softmax(x, 0)
    assert (one.calls, two.calls) == (0, 1)
    second.__exit__(None, None, None)


def test_threads():
    """In another thread the learner's function is the same, and its calls of the library are its own."""
    mine, results = Counted(), []

    def work():
        for _ in range(50):
            results.append(torch.softmax(torch.zeros(4), 0).tolist())

    with swap("softmax", mine):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert mine.calls == 200
    assert results == [[0.25] * 4] * 200


def test_signatures_stay():
    before = inspect.signature(torch.softmax)
    with swap("softmax", Counted()):
        assert inspect.signature(torch.softmax) == before


def test_the_frames_of_a_failed_call_can_be_looked_at():
    """IPython's traceback looks at the local variables of every frame."""

    def fails(*arguments):
        raise NotImplementedError

    assert torch.cdist.__code__.co_freevars
    with pytest.raises(NotImplementedError) as failed, swap("cdist", fails):
        torch.cdist(torch.zeros(1, 2), torch.zeros(1, 2))
    frames = [frame for frame, _ in traceback.walk_tb(failed.tb)]
    stub = next(frame for frame in frames if frame.f_code.co_filename == "<edutorch swap>")
    assert set(stub.f_locals) >= {"args", "kwargs", "answer", *stub.f_code.co_freevars}


# ---- wrong names


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("sofmax", "Did you mean 'softmax'"),
        ("conv2", "'conv2d'"),
        ("optim.adam", "'optim.Adam'"),
        ("nn.lstmcell", "'nn.LSTMCell'"),
        ("cros_entropy", "'cross_entropy'"),
        ("conv2d.backwards", "'conv2d.backward', its gradient?"),
        ("sofmax.backward", "'softmax.backward'"),
        ("qqqqqq", "to swap.$"),
    ],
)
def test_a_wrong_name(name, near):
    with pytest.raises(LookupError, match=near), swap(name, Counted()):
        pass


def test_what_cannot_be_swapped():
    with pytest.raises(TypeError, match="in quotes"), swap(torch.softmax, Counted()):
        pass
    with pytest.raises(TypeError, match="not int"), swap("softmax", 3):
        pass
    with pytest.raises(LookupError), swap("pi", Counted()):
        pass
    with swap("cat.backward", my_gradient), pytest.raises(TypeError, match="takes a list of tensors"):
        torch.cat([torch.zeros(2, requires_grad=True)])
