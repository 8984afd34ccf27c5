"""Making tensors: what values become, who shares memory with whom, which warnings and errors there are."""

import warnings

import numpy as np
import pytest

import edutorch

torch = pytest.importorskip("torch", reason="no oracle: torch is not installed")
FRAMEWORKS = (torch, edutorch)
both = pytest.mark.parametrize("framework", FRAMEWORKS, ids=["torch", "edutorch"])

# Each line is evaluated on both frameworks, under the name `torch`.
VALUES = """
torch.tensor(2)
torch.tensor(2.5)
torch.tensor(True)
torch.tensor([[1, 2], [3, 4]])
torch.tensor([1, 2.5])
torch.tensor([True, 1])
torch.tensor([True, 1.5])
torch.tensor([])
torch.tensor([[], []])
torch.tensor(((1, 2), [3, 4]))
torch.tensor(range(3))
torch.tensor(torch.Size([2, 3]))
torch.tensor(bytearray(b"abc"))
torch.tensor([[[1.0]], [[2.0]]])
torch.tensor(2**40)
torch.tensor([1e400, -1e400, float("nan")])
torch.tensor([1e300], dtype=torch.float32)
torch.tensor([1.7, -1.7], dtype=torch.int64)
torch.tensor([-1], dtype=torch.uint8)
torch.tensor([0.0, 2], dtype=torch.bool)
torch.tensor([2049, 1 / 3], dtype=torch.float16)
torch.tensor([257, 1 / 3], dtype=torch.bfloat16)
torch.tensor([2**63], dtype=torch.uint64)
torch.tensor([1, 2], dtype=float)
torch.tensor([1.5, 2], dtype=int)
torch.tensor([torch.tensor(1), torch.tensor(2.5)])
torch.tensor([[torch.tensor(1), 2]])
torch.tensor([torch.tensor([1]), torch.tensor([3])])
torch.tensor([torch.tensor(1, dtype=torch.float64), 2.5])
torch.tensor([np.float32(2), np.float32(3)])
torch.tensor([np.float64(2), 3])
torch.tensor([2.5, np.int32(1)])
torch.tensor([np.bool_(True)])
torch.tensor(np.float64(2))
torch.tensor(np.int32(2))
torch.tensor(np.arange(6).reshape(2, 3).T)
torch.tensor(np.arange(3, dtype=np.uint16))
torch.tensor(np.arange(3), dtype=torch.float16)
torch.tensor([[2, 3], np.array([1.0, 2])])
torch.tensor([1.0], requires_grad=True)
torch.as_tensor([1, 2], dtype=torch.float64)
torch.as_tensor(np.arange(3))
torch.as_tensor(torch.ones(2), dtype=torch.int32)
torch.asarray([1, 2])
torch.asarray(1.5)
torch.asarray(torch.ones(2, requires_grad=True), requires_grad=False)
torch.asarray(torch.ones(2), requires_grad=True)
torch.asarray(torch.ones(2), dtype=torch.int64, copy=True)
torch.ones(2, dtype=torch.int64).new_tensor([1.5])
torch.ones(2).new_tensor([1], requires_grad=True)
torch.from_numpy(np.arange(6.0).reshape(2, 3)[:, 1:])
torch.zeros_like(torch.ones(2, 3).t())
torch.zeros_like(torch.ones(4, 6)[:, ::2])
torch.ones_like(torch.ones(1, 3).expand(2, 3))
torch.full_like(torch.ones(2, 3, 4).transpose(0, 1), 2)
torch.empty_strided((2, 3), (1, 2)).fill_(1)
torch.zeros(2, 3, out=torch.ones(1))
torch.arange(3, out=torch.ones(3))
torch.eye(2, out=torch.ones(2, 2, dtype=torch.int64))
torch.Tensor([1, 2])
torch.Tensor((2, 3))
torch.Tensor(torch.Size([0, 3]))
torch.Tensor(0, 3)
torch.Tensor()
torch.Tensor(np.arange(3))
torch.Tensor(torch.arange(3))
torch.FloatTensor([1, 2])
torch.FloatTensor(np.arange(3))
torch.LongTensor([1.5, 2])
torch.LongTensor(0)
torch.BoolTensor([0, 1])
torch.ByteTensor([0, 255])
torch.HalfTensor([0, 1])
torch.BFloat16Tensor([0, 1])
torch.IntTensor([0, 1])
torch.ShortTensor([0, 1])
torch.CharTensor([0, 1])
torch.DoubleTensor([0, 1])
torch.ones(2).type(torch.LongTensor)
torch.ones(2).new([1, 2])
torch.ones(2).long().new(0, 2)
"""

ERRORS = """
torch.tensor([[1, 2], [3, 4, 5]])
torch.tensor([[1, 2], [3]])
torch.tensor([[[1, 2]], [[3, 4], [5, 6]]])
torch.tensor([[1], []])
torch.tensor([[1, 2], 3])
torch.tensor([1, [2, 3]])
torch.tensor([1.0, [2]])
torch.tensor("a")
torch.tensor(["a"])
torch.tensor([1, "a"])
torch.tensor(None)
torch.tensor([1, None])
torch.tensor({1, 2})
torch.tensor({1: 2})
torch.tensor(object())
torch.tensor([torch.ones(2)])
torch.tensor([torch.ones(2).long()])
torch.tensor(2**70)
torch.tensor([2**63])
torch.tensor([300], dtype=torch.uint8)
torch.tensor([1e30], dtype=torch.int64)
torch.tensor([float("nan")], dtype=torch.int32)
torch.tensor([1, 2], requires_grad=True)
torch.tensor(np.array(["a"]))
torch.tensor(np.array([1, 2], dtype=object))
torch.tensor(np.arange(3)[::-1])
torch.tensor(1, surprise=2)
torch.tensor([1], [2])
torch.from_numpy([1])
torch.from_numpy(np.float32(3))
torch.from_numpy(np.arange(3)[::-1])
torch.from_numpy(np.array("a"))
torch.from_numpy(np.arange(3, dtype=">i4"))
torch.asarray([1.0], copy=False)
torch.zeros(2, 3, out=torch.ones(2, 3, dtype=torch.int64), dtype=torch.float32)
torch.Tensor(3.5)
torch.Tensor([[1, 2], [3]])
torch.Tensor("a")
torch.LongTensor(3.5)
torch.ByteTensor([0, 300])
"""


def lines(text):
    return pytest.mark.parametrize("line", text.strip().splitlines())


def evaluate(framework, line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(line, {"torch": framework, "np": np})


@lines(VALUES)
def test_values(line):
    expected, got = evaluate(torch, line), evaluate(edutorch, line)
    assert repr(got) == repr(expected)
    assert (repr(got.dtype), repr(got.shape)) == (repr(expected.dtype), repr(expected.shape))
    assert got.stride() == expected.stride()
    assert got.requires_grad == expected.requires_grad


@lines(ERRORS)
def test_errors(line):
    with pytest.raises(Exception) as expected:
        evaluate(torch, line)
    with pytest.raises(type(expected.value)) as got:
        evaluate(edutorch, line)
    first = [str(e.value).split("\n")[0].split(". ")[0].strip() for e in (got, expected)]
    assert first[0] == first[1]


@both
def test_from_numpy_shares_memory(framework):
    array = np.arange(4.0)
    t = framework.from_numpy(array)
    array[0] = 9
    t[1] = 8
    assert t[0] == 9
    assert array[1] == 8
    assert np.shares_memory(t.numpy(), array)


@both
def test_tensor_copies_and_as_tensor_shares(framework):
    array = np.arange(4.0)
    assert not np.shares_memory(framework.tensor(array).numpy(), array)
    assert np.shares_memory(framework.as_tensor(array).numpy(), array)
    assert np.shares_memory(framework.asarray(array).numpy(), array)
    assert not np.shares_memory(framework.asarray(array, copy=True).numpy(), array)
    t = framework.ones(2)
    assert framework.as_tensor(t) is t
    assert framework.asarray(t) is t


@both
def test_old_constructor_shares_a_tensors_memory(framework):
    t = framework.ones(2)
    framework.Tensor(t)[0] = 5
    assert t[0] == 5


@both
def test_copying_a_tensor_with_tensor_warns(framework):
    with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended to use"):
        copy = framework.tensor(framework.ones(2, requires_grad=True))
    assert not copy.requires_grad
    with pytest.warns(UserWarning, match=r"rather than tensor\.new_tensor"):
        framework.ones(2).new_tensor(copy)


def test_read_only_array_warns():
    edutorch.ops.from_data._warn_not_writable.cache_clear()
    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        edutorch.from_numpy(np.frombuffer(b"12345678", dtype=np.float32))


@both
def test_legacy_types_in_isinstance(framework):
    x = framework.ones(2)
    assert isinstance(x, framework.FloatTensor)
    assert not isinstance(x, framework.LongTensor)
    assert isinstance(x.long(), framework.LongTensor)
    assert not isinstance(3, framework.FloatTensor)
    assert type(framework.LongTensor([1])) is framework.Tensor
    assert repr(framework.FloatTensor) == "<class 'torch.FloatTensor'>"


@both
def test_default_dtype(framework):
    framework.set_default_dtype(framework.float64)
    try:
        made = [
            framework.tensor(1.5),
            framework.zeros(1),
            framework.arange(2.0),
            framework.rand(1),
            framework.Tensor([1]),
        ]
        assert {t.dtype for t in made} == {framework.float64}
        assert framework.FloatTensor([1]).dtype is framework.float32
    finally:
        framework.set_default_dtype(framework.float32)


@both
def test_default_tensor_type_warns(framework):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        framework.set_default_tensor_type("torch.DoubleTensor")
        assert framework.get_default_dtype() is framework.float64
        framework.set_default_tensor_type(framework.FloatTensor)
    assert framework.get_default_dtype() is framework.float32


def test_range_is_deprecated():
    with pytest.warns(UserWarning, match="torch.range is deprecated"):
        edutorch.range(0, 3)


@both
def test_tensors_made_in_inference_mode_say_so(framework):
    with framework.inference_mode():
        made = [framework.tensor([1.0]), framework.zeros(1), framework.rand(1), framework.zeros_like(framework.ones(1))]
    assert all(t.is_inference() for t in made)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("count", [1, 3, 7, 8, 15, 16, 17, 31, 33, 100, 1000])
def test_ranges_to_the_last_digit(dtype, count):
    """`linspace` and `arange` round as PyTorch does with one thread: more cut the vectors elsewhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for start, end in [(0, 1), (-3, 7), (0.1, 0.7), (-0.37, 12.4), (-10, 10)]:
            calls = [("linspace", (start, end, count)), ("logspace", (start, end / 4, count))]
            calls += [("arange", (start, end, (end - start) / count))]
            for name, arguments in calls:
                expected = getattr(torch, name)(*arguments, dtype=getattr(torch, dtype))
                got = getattr(edutorch, name)(*arguments, dtype=getattr(edutorch, dtype))
                if name == "logspace" and dtype == "float64":  # the C library's pow
                    np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-15)
                else:
                    assert got.tolist() == expected.tolist(), f"{name}{arguments}"
    finally:
        torch.set_num_threads(threads)


def test_creation_functions_show_their_arguments():
    import inspect

    parameters = inspect.signature(edutorch.eye).parameters
    assert list(parameters) == ["n", "m", "out", "dtype", "layout", "device", "pin_memory", "requires_grad"]
