"""Printed tensors against PyTorch's, character for character."""

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edutorch import dtypes
from edutorch.printing import format_tensor, get_printoptions, set_printoptions

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = ["float32", "float64", "float16", "bfloat16"]
OTHERS = ["int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool"]


@pytest.fixture(autouse=True)
def default_options():
    yield
    set_printoptions(profile="default")


def as_tensor(torch, array):
    if array.dtype == BFLOAT16:
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def assert_prints_alike(torch, array, **options):
    """Compare plain, as a leaf and as a result, under the given options."""
    torch.set_printoptions(**options)
    set_printoptions(**options)
    try:
        tensor = as_tensor(torch, array)
        assert format_tensor(array) == repr(tensor)
        if tensor.is_floating_point():
            tensor.requires_grad_()
            assert format_tensor(array, suffixes=["requires_grad=True"]) == repr(tensor)
            assert format_tensor(array, suffixes=["grad_fn=<ViewBackward0>"]) == repr(tensor.view_as(tensor))
    finally:
        torch.set_printoptions(profile="default")
        set_printoptions(profile="default")


# ---- without the oracle ------------------------------------------------------------------------------------


def test_golden():
    def written(values, dtype=np.float32, **arguments):
        return format_tensor(np.array(values, dtype), **arguments)

    assert written([[1, 2], [3, 4]], np.int64) == "tensor([[1, 2],\n        [3, 4]])"
    assert written([1, 2.5]) == "tensor([1.0000, 2.5000])"
    assert written([1, 2, math.nan, -math.inf]) == "tensor([1., 2., nan, -inf])"
    assert written([1e-5, 1]) == "tensor([1.0000e-05, 1.0000e+00])"
    assert written(3) == "tensor(3.)"
    assert written([True, False], bool) == "tensor([ True, False])"
    assert written([], np.int64) == "tensor([], dtype=torch.int64)"
    assert written(np.zeros((0, 3))) == "tensor([], size=(0, 3))"
    assert written([1], BFLOAT16) == "tensor([1.], dtype=torch.bfloat16)"
    assert written([2], np.float64, suffixes=["grad_fn=<MulBackward0>"]) == (
        "tensor([2.], dtype=torch.float64, grad_fn=<MulBackward0>)"
    )
    assert written([2], device="cuda:0") == "tensor([2.], device='cuda:0')"
    assert written(range(1001), np.int64) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"


def test_default_dtype_decides_what_is_shown():
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert format_tensor(np.ones(1)) == "tensor([1.])"
        assert format_tensor(np.ones(1, np.float32)) == "tensor([1.], dtype=torch.float32)"
        assert format_tensor(np.ones(0)) == "tensor([])"
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_options_are_kept_and_restored():
    assert get_printoptions() == {
        "precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None
    }  # fmt: skip
    set_printoptions(precision=2, sci_mode=True)
    kept = get_printoptions()
    assert (kept["precision"], kept["sci_mode"], kept["linewidth"]) == (2, True, 80)
    set_printoptions(profile="full")
    assert get_printoptions()["threshold"] == math.inf
    assert get_printoptions()["sci_mode"] is None
    set_printoptions(**kept)
    assert get_printoptions() == kept


# ---- against PyTorch ---------------------------------------------------------------------------------------

VALUES = {
    "whole": [0.0, 1.0, -2.0, 30.0],
    "signed zeros": [0.0, -0.0],
    "negative zero among others": [-0.0, 1.5, 22.0],
    "digits": [0.5, 123.25, -7.125],
    "over 1e8": [1.0, 1.5e8],
    "just 1e8": [1e8, 1e6],
    "under 1e-4": [0.5e-4, 0.01],
    "a thousand apart": [1.0, 1000.0],
    "more than a thousand apart": [1.0, 1001.5],
    "whole, more than a thousand apart": [1.0, 5000.0],
    "nan": [math.nan, math.nan],
    "infinite among whole": [math.inf, 1.0, -math.inf],
    "infinite among digits": [math.inf, 1.5, -math.inf, math.nan],
    "infinite among powers": [math.inf, 1e-7, -math.inf, math.nan],
    "largest": [3.0e38, 1.0],
    "smallest": [1e-45, 0.0],
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", VALUES)
def test_choice_of_format(torch, name, dtype):
    with np.errstate(over="ignore"):
        array = np.array(VALUES[name]).astype(BFLOAT16 if dtype == "bfloat16" else dtype)
    assert_prints_alike(torch, array)
    for sci_mode in (True, False):
        assert_prints_alike(torch, array, sci_mode=sci_mode, precision=2)
    for value in array:
        assert_prints_alike(torch, np.array(value, array.dtype))


@pytest.mark.parametrize("dtype", FLOATS + OTHERS)
def test_shapes(torch, dtype):
    numpy_dtype = BFLOAT16 if dtype == "bfloat16" else np.dtype(dtype)
    for shape in [(), (0,), (1,), (0, 3), (2, 0), (30,), (2, 3), (3, 40), (2, 3, 4), (2, 1, 2, 2),
                  (1, 2, 1, 2, 3), (1000,), (1001,), (7, 200), (2000, 1), (2, 7, 100), (8, 300)]:  # fmt: skip
        count = math.prod(shape)
        assert_prints_alike(torch, (np.arange(count) % 120).astype(numpy_dtype).reshape(shape))


@pytest.mark.parametrize("edgeitems", [0, 1, 2, 5])
@pytest.mark.parametrize("linewidth", [1, 20, 79, 200])
def test_options(torch, edgeitems, linewidth):
    for shape in [(), (4,), (11,), (60,), (3, 11), (12, 2), (2, 12, 3)]:
        array = np.linspace(-1, 200, math.prod(shape), dtype=np.float32).reshape(shape)
        assert_prints_alike(torch, array, edgeitems=edgeitems, linewidth=linewidth, threshold=10)
        assert_prints_alike(torch, array, profile="short", edgeitems=edgeitems, linewidth=linewidth)


@pytest.mark.parametrize("width", range(40, 84))
def test_suffixes_wrap_where_pytorch_wraps_them(torch, width):
    for size in (1, 4, 9):
        assert_prints_alike(torch, np.full(size, 0.5), linewidth=width)


def test_not_contiguous(torch):
    array = np.arange(24.0, dtype=np.float32).reshape(4, 6) / 7
    for view in (array.T, array[::2, ::-1], np.broadcast_to(array[0], (3, 6))):
        assert format_tensor(view) == repr(torch.from_numpy(view.copy()))


FLOAT_ELEMENTS = st.one_of(
    st.floats(width=32),
    st.floats(-100, 100, width=32),
    st.integers(-1000, 1000).map(float),
    st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf]),
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=9)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 10),
        "threshold": st.sampled_from([0, 5, 50, math.inf]),
        "edgeitems": st.integers(0, 5),
        "linewidth": st.integers(1, 150),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.booleans(),
    },
)


@given(st.data(), SHAPES.filter(lambda shape: math.prod(shape) < 1500), st.sampled_from(FLOATS + OTHERS), OPTIONS)
def test_any_array_under_any_options(data, shape, dtype, options):
    torch = pytest.importorskip("torch", reason="no oracle: torch is not installed")
    if dtype in FLOATS:
        values = data.draw(arrays.arrays(np.float64, shape, elements=FLOAT_ELEMENTS))
        with np.errstate(over="ignore"):
            array = values.astype(BFLOAT16 if dtype == "bfloat16" else dtype)
    else:
        array = data.draw(arrays.arrays(dtype, shape))
    assert_prints_alike(torch, array, **options)


@pytest.mark.parametrize("seed", range(20))
def test_random_magnitudes(torch, seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        shape = tuple(rng.integers(1, 9, rng.integers(0, 4)))
        values = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 9, shape if seed % 2 else ())
        assert_prints_alike(torch, np.asarray(values, np.float32 if seed % 3 else np.float64))
        assert_prints_alike(torch, np.asarray(np.round(values), np.float32))
