"""The safetensors format, both ways, against the package of that name."""

import json

import numpy as np
import pytest

import edutorch
from edutorch.serialization import safetensors

DTYPES = [
    *("bool", "uint8", "int8", "int16", "uint16", "float16", "bfloat16"),
    *("int32", "uint32", "float32", "float64", "int64", "uint64"),
]


@pytest.fixture(scope="module")
def oracle(torch):
    """`safetensors.torch`."""
    return pytest.importorskip("safetensors.torch", reason="no oracle: safetensors is not installed beside torch")


def contents(t):
    return {
        **{f"x.{name}": t.arange(6).reshape(2, 3).to(getattr(t, name)) for name in DTYPES},
        "scalar": t.tensor(2.5),
        "empty": t.empty(0, 2),
        "zweites größeres": t.ones(3),
        'quo"ted': t.ones(1),
    }


def plain(tensors):
    return {name: (str(x.dtype), tuple(x.shape), x.tolist()) for name, x in tensors.items()}


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_the_bytes_are_the_packages(oracle, torch, metadata):
    assert safetensors.save(contents(edutorch), metadata) == oracle.save(contents(torch), metadata)


def test_files_cross(oracle, torch, tmp_path):
    safetensors.save_file(contents(edutorch), tmp_path / "mine.safetensors", {"epoch": "3"})
    oracle.save_file(contents(torch), tmp_path / "theirs.safetensors", {"epoch": "3"})
    expected = plain(contents(torch))
    assert plain(oracle.load_file(tmp_path / "mine.safetensors")) == expected
    assert plain(safetensors.load_file(tmp_path / "theirs.safetensors")) == expected
    assert plain(edutorch.load(tmp_path / "theirs.safetensors")) == expected
    assert plain(safetensors.load((tmp_path / "theirs.safetensors").read_bytes())) == expected


def test_safe_open(oracle, torch, tmp_path):
    from safetensors import safe_open

    path = tmp_path / "x.safetensors"
    oracle.save_file(contents(torch), path, {"epoch": "3"})
    with safe_open(path, "pt") as theirs, safetensors.safe_open(path, framework="pt", device="cpu") as mine:
        assert sorted(mine.keys()) == sorted(theirs.keys())
        assert mine.offset_keys() == theirs.offset_keys()
        assert mine.metadata() == theirs.metadata() == {"epoch": "3"}
        assert mine.get_tensor("x.int8").tolist() == theirs.get_tensor("x.int8").tolist()
        with pytest.raises(safetensors.SafetensorError, match=r"^File does not contain tensor none\."):
            mine.get_tensor("none")


def test_loaded_tensors_own_their_memory():
    a, b = safetensors.load(safetensors.save({"a": edutorch.ones(2), "b": edutorch.zeros(2)})).values()
    a += 5.0
    assert b.tolist() == [0.0, 0.0]
    assert a.storage_offset() == b.storage_offset() == 0


def test_parameters_become_tensors():
    model = edutorch.nn.Linear(2, 1)
    got = safetensors.load(safetensors.save(dict(model.named_parameters())))
    assert [type(x) for x in got.values()] == [edutorch.Tensor] * 2
    model.load_state_dict(got)


def refused_alike(oracle, torch, make, error):
    for save, t in ((oracle.save, torch), (safetensors.save, edutorch)):
        with pytest.raises(error) as raised:
            save(*make(t))
    return str(raised.value)


def test_what_cannot_be_saved(oracle, torch):
    x = {torch: torch.ones(2, 3), edutorch: edutorch.ones(2, 3)}
    refused_alike(oracle, torch, lambda t: ([x[t]],), ValueError)
    refused_alike(oracle, torch, lambda t: ({"a": 1},), ValueError)
    refused_alike(oracle, torch, lambda t: ({1: x[t]},), TypeError)
    refused_alike(oracle, torch, lambda t: ({"a": x[t]}, {"k": 1}), TypeError)
    assert "`a`" in refused_alike(oracle, torch, lambda t: ({"a": x[t].t()},), ValueError)
    for other in (lambda x: x, lambda x: x[1:], lambda x: x.view(-1)[:2]):
        made = refused_alike(oracle, torch, lambda t, other=other: ({"a": x[t], "b": other(x[t])},), RuntimeError)
        assert made.startswith("Some tensors share memory")
    parts = {"a": x[edutorch][0], "b": x[edutorch][1]}  # of one memory, and not overlapping
    assert plain(oracle.load(safetensors.save(parts))) == plain(parts)


def file_of(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(header).to_bytes(8, "little") + header + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


ZEROS = bytes(8)
WRONG = {
    "empty": b"",
    "too short": b"1234567",
    "a huge header": (1 << 62).to_bytes(8, "little") + b"{}",
    "a header over the limit": (100_000_001).to_bytes(8, "little") + b"{}",
    "a header beyond the end": (100).to_bytes(8, "little") + b"{}",
    "no JSON": file_of(b"{a}"),
    "no object": file_of(b"[1]"),
    "no text": file_of(b"{\xff\xfe}"),
    "a number": file_of({"a": 1}),
    "metadata of numbers": file_of({"__metadata__": {"a": 1}}),
    "metadata of lists": file_of({"__metadata__": ["a"]}),
    "an unknown dtype": file_of({"a": entry("Q32")}, ZEROS[:4]),
    "a dtype that is none": file_of({"a": entry(["F32"])}, ZEROS[:4]),
    "a missing field": file_of({"a": {"dtype": "F32", "shape": [1]}}, ZEROS[:4]),
    "another shape": file_of({"a": entry(shape=(2,))}, ZEROS),
    "a negative size": file_of({"a": entry(shape=(-1,))}, ZEROS[:4]),
    "a broken size": file_of({"a": entry(shape=(1.0,))}, ZEROS[:4]),
    "a true size": file_of({"a": entry(shape=(True,))}, ZEROS[:4]),
    "a huge size": file_of({"a": entry(shape=(1 << 62, 4))}, ZEROS[:4]),
    "three offsets": file_of({"a": entry(offsets=(0, 4, 4))}, ZEROS[:4]),
    "turned offsets": file_of({"a": entry(offsets=(4, 0))}, ZEROS[:4]),
    "more bytes": file_of({"a": entry()}, ZEROS),
    "fewer bytes": file_of({"a": entry()}, ZEROS[:2]),
    "a hole in front": file_of({"a": entry(offsets=(4, 8))}, ZEROS),
    "a hole": file_of({"a": entry(), "b": entry(offsets=(8, 12))}, bytes(12)),
    "an overlap": file_of({"a": entry(shape=(2,), offsets=(0, 8)), "b": entry(offsets=(4, 8))}, ZEROS),
    "the same bytes": file_of({"a": entry(), "b": entry()}, ZEROS[:4]),
    "bytes of none": file_of(b"{}", b"xx"),
    "deep JSON": file_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a long number": file_of(b'{"a":' + b"9" * 10_000 + b"}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_are_not_in_order(oracle, name, tmp_path):
    with pytest.raises(Exception, match=r"Error while deserializing|expected|recursion|number") as theirs:
        oracle.load(WRONG[name])
    (tmp_path / "x.safetensors").write_bytes(WRONG[name])
    for load, source in (
        (safetensors.load, WRONG[name]),
        (safetensors.load_file, tmp_path / "x.safetensors"),
        (edutorch.load, tmp_path / "x.safetensors"),
    ):
        with pytest.raises(safetensors.SafetensorError, match=r"^Error while deserializing: "):
            load(source)
    assert theirs


@pytest.mark.parametrize(
    "data",
    [
        file_of(b' {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', ZEROS[:4]),
        file_of(b'{"a":%(e)s,"a":%(e)s}' % {b"e": json.dumps(entry()).encode()}, ZEROS[:4]),
        file_of({"a": entry(shape=(1,) * 100)}, ZEROS[:4]),
    ],
    ids=["space in front", "a name twice", "more sizes than NumPy has"],
)
def test_where_edutorch_is_stricter_than_the_package(data):
    with pytest.raises(safetensors.SafetensorError):
        safetensors.load(data)


def test_booleans_are_true_or_false():
    got = safetensors.load(file_of({"a": entry("BOOL", (4,))}, b"\0\1\2\xff"))["a"]
    assert got.array.view(np.uint8).tolist() == [0, 1, 1, 1]


def test_nothing_and_spaces_behind():
    assert safetensors.load(file_of(b"{}  ")) == {}
    assert safetensors.load(safetensors.save({})) == {}
