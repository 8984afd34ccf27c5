"""What a file may not do: run code, name what is not on the list, fill the memory, take for ever."""

import collections
import io
import os
import pickle
import re
import struct
from pickle import UnpicklingError

import numpy as np
import pytest

import edutorch
from edutorch import serialization
from edutorch.serialization import legacy
from tests.serialization.helpers import loaded, program_of, saved, zipped

BOTH_WAYS = pytest.mark.parametrize("weights_only", [True, False])


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def program(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


def in_old_format(code):
    """A file of the format before 1.6 with a pickle, however mischievous."""
    head, _ = legacy.pickles(None, 2, legacy.Memory())
    return head.removesuffix(pickle.dumps(None, 2)) + code + pickle.dumps([], 2)


WISH = text("touch harm-done")  # what each of these would like to have done
STORAGE = b"(" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + b"K\x04tQ"
MALICE = {
    "os.system": program(name("os", "system"), WISH, b"\x85R"),
    "posix.system": program(name("posix", "system"), WISH, b"\x85R"),
    "subprocess": program(name("subprocess", "getoutput"), WISH, b"\x85R"),
    "eval": program(name("builtins", "eval"), WISH, b"\x85R"),
    "eval in Python 2": program(name("__builtin__", "eval"), WISH, b"\x85R"),
    "exec": program(name("builtins", "exec"), WISH, b"\x85R"),
    "import": program(name("builtins", "__import__"), text("os"), b"\x85R"),
    "getattr": program(name("builtins", "getattr"), name("collections", "OrderedDict"), WISH, b"\x86R"),
    "open": program(name("builtins", "open"), text("harm-done"), text("w"), b"\x86R"),
    "name with dots": program(name("torch._utils", "os.system"), WISH, b"\x85R"),
    "name through a module": program(name("torch.serialization", "os.system"), WISH, b"\x85R"),
    "name inside edutorch": program(name("edutorch.serialization.files", "os.system"), WISH, b"\x85R"),
    "library loader": program(name("torch", "load"), WISH, b"\x85R"),
    "torch.hub": program(name("torch.hub", "load"), WISH, b"\x85R"),
    "numpy's runstring": program(name("numpy.testing._private.utils", "runstring"), WISH, b"}\x86R"),
    "partial": program(name("functools", "partial"), name("os", "system"), WISH, b"\x86R"),
    "reconstructor": program(name("copyreg", "_reconstructor"), b"N\x85R"),
    "stack global": b"\x80\x04" + text("os") + text("system") + b"\x93" + WISH + b"\x85R.",
    "stack global of numbers": b"\x80\x04K\x01K\x02\x93.",
    "INST": program(b"(", WISH, b"ios\nsystem\n"),
    "OBJ": program(b"(", name("os", "system"), WISH, b"o"),
    "EXT1": program(b"\x82\x01"),
    "NEWOBJ_EX": b"\x80\x04" + name("collections", "OrderedDict") + b")}\x92.",
    "text persistent id": program(b"Pos.system\n"),
    "call of a tensor": program(STORAGE, b")R"),
    "call of a text": program(WISH, b")R"),
    "call of a dtype": program(name("torch", "float32"), b")R"),
    "call of a class": program(name("torch", "Tensor"), b")R"),
    "call of a call": program(name("collections", "OrderedDict"), b")R)R"),
    "call of a layer's function": program(name("torch.nn.functional", "relu"), b"K\x01\x85R"),
    "call of a layer": program(name("torch.nn.modules.linear", "Linear"), b"K\x02K\x03\x86R"),
    "call with a list": program(name("collections", "OrderedDict"), b"]R"),
    "state of a list": program(b"]}b"),
    "state of a tensor": program(
        name("torch._utils", "_rebuild_tensor_v2"), b"(", STORAGE, b"K\x00))\x89Nt", b"R}", text("node"), b"Nsb"
    ),
    "attributes of a tensor": program(
        name("torch._tensor", "_rebuild_from_type_v2"),
        b"(",
        name("torch._utils", "_rebuild_tensor_v2"),
        name("torch", "Tensor"),
        b"(",
        STORAGE,
        b"K\x00))\x89Nt",
        b"}",
        text("array"),
        b"K\x01s",
        b"tR",
    ),
    "tensor by another function": program(
        name("torch._tensor", "_rebuild_from_type_v2"),
        b"(",
        name("collections", "OrderedDict"),
        name("torch", "Tensor"),
        b")",
        b"}",
        b"tR",
    ),
    "method of an OrderedDict": program(
        name("collections", "OrderedDict"), b")R}", text("items"), name("collections", "OrderedDict"), b"sb"
    ),
    "dunder of an OrderedDict": program(name("collections", "OrderedDict"), b")R}", text("__class__"), b"Nsb"),
    "instance of an OrderedDict": program(name("collections", "OrderedDict"), b")\x81"),
    "instance of a number": program(b"K\x01)\x81"),
    "forward of a module": program(
        name("torch.nn.modules.linear", "Identity"), b")\x81}", text("forward"), name("torch", "Tensor"), b"sb"
    ),
    "module without parts": program(name("torch.nn.modules.linear", "Identity"), b")\x81}b"),
    "codec": program(name("_codecs", "encode"), text("x"), text("zip"), b"\x86R"),
    "codec by number": program(name("_codecs", "encode"), text("x"), b"K\x01\x86R"),
    "large bytearray": program(name("builtins", "bytearray"), b"\x8a\x08" + struct.pack("<q", 1 << 40), b"\x85R"),
    "large bytes": program(name("builtins", "bytes"), b"\x8a\x08" + struct.pack("<q", 1 << 40), b"\x85R"),
    "complex of text": program(name("builtins", "complex"), text("1"), b"\x85R"),
    "defaultdict of a function": program(
        name("collections", "defaultdict"), name("torch.nn.functional", "relu"), b"\x85R"
    ),
    "NumPy's objects": program(name("numpy", "dtype"), text("O8"), b"\x85R"),
    "NumPy's subclass": program(
        name("numpy._core.multiarray", "_reconstruct"),
        name("collections", "OrderedDict"),
        b"K\x00\x85",
        text("b"),
        b"\x87R",
    ),
}


@BOTH_WAYS
@pytest.mark.parametrize("old", [False, True], ids=["zip", "old format"])
@pytest.mark.parametrize("malice", MALICE)
def test_malice_is_refused(malice, old, weights_only, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = in_old_format(MALICE[malice]) if old else zipped(MALICE[malice], [b"\0" * 16])
    with pytest.raises(UnpicklingError, match=r"^(Weights only load|Load) failed\. "):
        loaded(edutorch, data, weights_only=weights_only)
    assert os.listdir() == []


@BOTH_WAYS
def test_pickles_of_malicious_objects(weights_only, tmp_path, monkeypatch):
    class Evil:
        def __reduce__(self):
            return os.system, ("touch harm-done",)

    monkeypatch.chdir(tmp_path)
    for protocol in range(2, 6):
        for obj in (Evil(), [edutorch.ones(2), {"a": (Evil(),)}], collections.OrderedDict(a=Evil())):
            data = saved(edutorch, obj, pickle_protocol=protocol)
            with pytest.raises(
                UnpicklingError, match=r"unsupported GLOBAL posix\.system whose module posix is blocked"
            ):
                loaded(edutorch, data, weights_only=weights_only)
    assert os.listdir() == []


def nested_tuples(depth):
    return b")" + b"".join(b"q" + bytes([i % 256]) + b"h" + bytes([i % 256]) + b"\x86" for i in range(depth))


ENDLESS = nested_tuples(100)  # a tuple of 2**100 parts, were they not shared
GREED = {
    "an endless function": program(ENDLESS, b")R"),
    "an endless encoding": program(name("_codecs", "encode"), WISH, ENDLESS, b"\x86R"),
    "an endless attribute": program(name("collections", "OrderedDict"), b")R}", ENDLESS, b"NsNb"),
    "an endless name of a storage": program(b"(", text("storage"), name("torch", "FloatStorage"), ENDLESS, b"NNtQ"),
    "an endless kind of id": program(ENDLESS, b"Q"),
    "an endless size": program(name("torch", "Size"), ENDLESS, b"\x85R"),
    "an endless device": program(name("torch", "device"), ENDLESS, b"\x85R"),
    "keys of tuples of themselves": program(b"}", ENDLESS, b"Ns"),
    "elements of tuples of themselves": b"\x80\x04\x8f(" + ENDLESS + b"\x90.",
    "deep keys": program(b"}", b")" + b"\x85" * 50_000, b"Ns"),
    "frozensets of frozensets": b"\x80\x04}" + b"()" + b"\x85" * 50_000 + b"\x91.",
    "a number without end": program(b"\x8b" + struct.pack("<i", 2**31 - 1)),
    "a text without end": program(b"X" + struct.pack("<I", 2**32 - 1) + b"ab"),
    "bytes without end": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"ab.",
    "a frame without end": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N",
    "marks": program(b"(" * 100_000),
    "a large memo number": program(b"Nr\xff\xff\xff\xffj\xff\xff\xff\xfe"),
    "an unknown memo number": program(b"h\x01"),
    "an empty stack": program(b"\x85"),
    "no mark": program(b"t"),
    "a name without end": b"\x80\x02c" + b"a" * 5000,
    "a list as a key": program(b"}]Ns"),
    "an odd number of items": program(b"}(K\x01u"),
    "no end": b"\x80\x02N",
    "nothing": b"",
}


@pytest.mark.parametrize("greed", GREED)
def test_greed_is_refused(greed):
    with pytest.raises(UnpicklingError, match=r"^Weights only load failed\. "):
        loaded(edutorch, zipped(GREED[greed]))


def test_deep_nesting_that_is_right_is_read():
    got = loaded(edutorch, zipped(program(b"]" * 50_000 + b"a" * 49_999)))
    for _ in range(49_999):
        (got,) = got
    assert got == []


def tensor_program(numel=4, offset=0, size=(4,), stride=(1,), requires_grad=False, kind="FloatStorage", key="0"):
    """A pickle of one tensor, with numbers of your choice."""
    storage = (
        b"(" + text("storage") + name("torch", kind) + text(key) + text("cpu") + pickle.dumps(numel, 2)[2:-1] + b"tQ"
    )
    rest = b"".join(pickle.dumps(part, 2)[2:-1] for part in (offset, size, stride, requires_grad))
    return program(name("torch._utils", "_rebuild_tensor_v2"), b"(", storage, rest, b"Nt", b"R")


def test_the_tensor_program_is_right():
    data = zipped(tensor_program(offset=1, size=(3,)), [np.arange(4, dtype="f4").tobytes()])
    assert loaded(edutorch, data).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "numbers",
    [
        dict(size=(5,)),
        dict(offset=1),
        dict(offset=-1),
        dict(stride=(2,)),
        dict(stride=(-1,)),
        dict(size=(2, 2), stride=(4, 1)),
        dict(size=(2, 2), stride=(1,)),
        dict(size=(1 << 62,), stride=(0,)),
        dict(size=(1, 1), stride=(1 << 62, 1)),
        dict(size=(2,) * 70, stride=(0,) * 70),
        dict(size=(0, 1 << 40, 1 << 40), stride=(1, 1, 1)),
        dict(size=(1 << 40, 1 << 40), stride=(0, 0)),
        dict(size=(True,)),
        dict(size=4),
        dict(size=("4",)),
        dict(size=(4.0,)),
        dict(offset=1.0),
        dict(requires_grad=1),
        dict(requires_grad=True, kind="IntStorage"),
        dict(kind="ComplexFloatStorage"),
    ],
    ids=repr,
)
def test_tensors_beyond_their_memory_are_refused(numbers):
    with pytest.raises(UnpicklingError, match=r"^Weights only load failed\. "):
        loaded(edutorch, zipped(tensor_program(**numbers), [b"\0" * 16]))


@pytest.mark.parametrize(
    "numbers", [dict(numel=5), dict(numel=3), dict(numel=1 << 60), dict(key="1"), dict(key="../0")]
)
def test_storages_must_have_their_size(numbers):
    with pytest.raises(RuntimeError, match=r"^PytorchStreamReader failed"):
        loaded(edutorch, zipped(tensor_program(**numbers), [b"\0" * 16]))


def test_storages_of_the_old_format_must_fit_the_file():
    code = tensor_program(numel=1 << 50).replace(b"tQ", b"NtQ")
    with pytest.raises(RuntimeError, match=r"its storages are larger than the file"):
        loaded(edutorch, in_old_format(code))


def test_booleans_are_true_or_false():
    data = zipped(tensor_program(kind="BoolStorage"), [b"\0\2\xff\1"])
    got = loaded(edutorch, data)
    assert got.array.view(np.uint8).tolist() == [0, 1, 1, 1]
    assert edutorch.arange(4)[got].tolist() == [1, 2, 3]


def test_booleans_in_memory_without_dtype_are_refused():
    code = tensor_program().replace(b"_v2", b"_v3").replace(b"torch\nFloatStorage", b"torch.storage\nUntypedStorage")
    right, wrong = (code.replace(b"NtR", b"N" + name("torch", kind) + b"tR") for kind in ("uint8", "bool"))
    assert loaded(edutorch, zipped(right, [b"\0\1\2\3"])).tolist() == [0, 1, 2, 3]
    with pytest.raises(UnpicklingError, match=r"booleans in a storage without dtype"):
        loaded(edutorch, zipped(wrong, [b"\0\1\2\3"]))


# ---- the list, and what the user adds to it


class Point:
    """A class of the user's."""

    def __init__(self, x):
        self.x = x


class Chain(collections.OrderedDict):
    """A dictionary of the user's."""


class Marked(edutorch.Tensor):
    """A tensor of the user's."""


@pytest.fixture(autouse=True)
def nothing_trusted():
    serialization.clear_safe_globals()
    yield
    serialization.clear_safe_globals()


@BOTH_WAYS
def test_the_users_classes_need_their_leave(weights_only):
    data = saved(edutorch, {"p": Point(3), "c": Chain(a=1)})
    full = f"{Point.__module__}.Point"
    with pytest.raises(
        UnpicklingError, match=rf"GLOBAL {re.escape(full)} was not an allowed global by default.*add_safe_globals"
    ):
        loaded(edutorch, data, weights_only=weights_only)
    assert serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(data)) == [full, f"{Chain.__module__}.Chain"]
    with serialization.safe_globals([Point, Chain]):
        got = loaded(edutorch, data, weights_only=weights_only)
        assert (got["p"].x, got["c"]) == (3, Chain(a=1))
    assert serialization.get_safe_globals() == []
    serialization.add_safe_globals([(Point, full), Chain])
    assert loaded(edutorch, data, weights_only=weights_only)["p"].x == 3
    assert serialization.get_safe_globals() == [(Point, full), Chain]


def test_a_tensor_class_of_the_users():
    x = object.__new__(Marked)
    x.array, x.note = np.ones(2, np.float32), "mine"
    with serialization.safe_globals([Marked]):
        got = loaded(edutorch, saved(edutorch, x))
    assert (type(got), got.note, got.tolist()) == (Marked, "mine", [1.0, 1.0])


@BOTH_WAYS
def test_some_modules_are_blocked_whatever_the_user_says(weights_only):
    data = zipped(MALICE["posix.system"])
    with serialization.safe_globals([os.system]), pytest.raises(UnpicklingError, match=r"module posix is blocked"):
        loaded(edutorch, data, weights_only=weights_only)


def test_numpys_numbers_on_the_users_word():
    data = saved(edutorch, np.float64(0.5))
    with pytest.raises(UnpicklingError, match=r"Loading with weights_only=False allows it"):
        loaded(edutorch, data)
    with serialization.safe_globals([np._core.multiarray.scalar, np.dtype, np.dtypes.Float64DType]):
        assert loaded(edutorch, data) == 0.5


def test_an_entry_must_be_a_class_or_a_pair():
    with serialization.safe_globals([(Point, 3)]), pytest.raises(ValueError, match=r"^Expected tuple of length 2"):
        loaded(edutorch, saved(edutorch, 1))


@pytest.mark.parametrize("what", ["complex", "sparse", "float8", "optimizer"])
def test_what_edutorch_does_not_have(torch, what):
    obj = {
        "complex": lambda: torch.ones(2) * 1j,
        "sparse": lambda: torch.eye(2).to_sparse(),
        "float8": lambda: torch.ones(1).to(torch.float8_e4m3fn),
        "optimizer": lambda: torch.optim.SGD([torch.ones(1)], lr=0.1),
    }[what]()
    with pytest.raises(UnpicklingError, match=r"^Load failed\. Unsupported global: GLOBAL torch\."):
        loaded(edutorch, saved(torch, obj), weights_only=False)


def test_what_pytorch_refuses_is_refused_here(torch):
    for obj in (np.float64(1), np.ones(2), collections.defaultdict(int), frozenset([1]), print, torch.nn.Linear(1, 1)):
        data = saved(torch, obj)
        for t in (torch, edutorch):
            with pytest.raises(
                UnpicklingError, match=r"(?s)^Weights only load failed\..*was not an allowed global by default"
            ):
                loaded(t, data, weights_only=True)


def test_arguments():
    data = saved(edutorch, 1)
    with pytest.raises(RuntimeError, match=r"^Can not safely load weights when explicit pickle_module is specified"):
        loaded(edutorch, data, weights_only=True, pickle_module=pickle)
    assert loaded(edutorch, data, pickle_module=pickle) == 1
    with pytest.raises(ValueError, match=r"cannot use json"):
        import json

        saved(edutorch, 1, pickle_module=json)
    with pytest.warns(UserWarning, match=r"pickle_load_args only works"):
        loaded(edutorch, data, weights_only=True, encoding="ascii")
    with pytest.raises(ValueError, match=r"^f must be a file path in order to use the mmap argument"):
        loaded(edutorch, data, mmap=True)


def test_texts_of_python_2():
    code = program(b"U\x03abc")
    assert loaded(edutorch, zipped(code)) == "abc"
    assert loaded(edutorch, zipped(code), weights_only=False, encoding="bytes") == b"abc"


def test_the_pickle_is_not_changed_by_being_read(torch):
    data = saved(torch, {"x": torch.ones(2)})
    again = saved(edutorch, loaded(edutorch, data))
    assert program_of(again) == program_of(data)
