"""The zip container: what is written, what is refused, and what a broken or foreign file is told."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest

import edutorch
from edutorch.serialization import archive
from tests.serialization.helpers import loaded, saved, zipped

NONE = b"\x80\x02N."


def contents(t):
    return {"x": t.arange(5.0), "e": t.empty(0, 2), "y": t.ones(100, dtype=t.float64)}


def test_zipfile_finds_nothing_wrong():
    with zipfile.ZipFile(io.BytesIO(saved(edutorch, contents(edutorch)))) as file:
        assert file.testzip() is None
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_STORED}


def test_layout_is_pytorchs(torch):
    mine, theirs = (zipfile.ZipFile(io.BytesIO(saved(t, contents(t)))) for t in (edutorch, torch))
    for a, b in zip(mine.infolist(), theirs.infolist(), strict=True):
        assert (a.filename, a.header_offset, a.file_size, a.flag_bits) == (
            b.filename,
            b.header_offset,
            b.file_size,
            b.flag_bits,
        )
        if not a.filename.endswith("serialization_id"):
            assert mine.read(a) == theirs.read(b)


def test_entries_lie_at_multiples_of_64():
    reader = archive.Reader(io.BytesIO(saved(edutorch, contents(edutorch))))
    assert {reader.locate(name) % 64 for name in reader.entries} == {0}


def test_large_archives(torch, monkeypatch, tmp_path):
    """Beyond 4 GB the numbers stand elsewhere; here that begins at 300 bytes, and PyTorch still reads it."""
    monkeypatch.setattr(archive, "_LARGE", 300)
    edutorch.save(contents(edutorch), tmp_path / "x.pt")
    monkeypatch.undo()
    for t in (torch, edutorch):
        got = t.load(tmp_path / "x.pt")
        assert (got["x"].tolist(), tuple(got["e"].shape), got["y"].sum().item()) == (
            contents(t)["x"].tolist(),
            (0, 2),
            100,
        )


def test_many_entries(torch):
    """More than a classic zip archive can count."""
    data = zipped(NONE, [b""] * 66_000)
    assert loaded(torch, data) is loaded(edutorch, data) is None


# ---- broken


def test_truncated_at_every_kind_of_place():
    data = saved(edutorch, contents(edutorch))
    for size in [*range(4, len(data), 37), len(data) - 1]:
        with pytest.raises((RuntimeError, pickle.UnpicklingError), match=r"incomplete|damaged"):
            loaded(edutorch, data[:size])


def test_a_changed_byte_is_named_by_its_entry():
    data = bytearray(saved(edutorch, contents(edutorch)))
    data[data.index(np.float32([1, 2]).tobytes())] ^= 1
    with pytest.raises(
        RuntimeError, match=r"'data/0' have changed: their checksum is wrong. The file is incomplete or"
    ):
        loaded(edutorch, bytes(data))


def test_compressed_archives_are_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + b"]" * 10_000_000 + b".")
    with pytest.raises(RuntimeError, match=r"'archive/data.pkl' of this zip archive is compressed .*zip -0"):
        loaded(edutorch, buffer.getvalue())


def zip_of(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in entries:
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zip_of(("a.txt", b"x"), ("b/c.txt", b"y")), "not one of torch.save"),
        (zip_of(("archive/../data.pkl", NONE)), "not one of torch.save"),
        (zip_of(("archive/data.txt", b"x")), r"failed locating file data\.pkl: file not found"),
        (zip_of(("archive/data.pkl", NONE), ("archive/byteorder", b"middle")), "Unknown endianness type: b'middle'"),
        (
            zip_of(("archive/data.pkl", NONE), ("archive/constants.pkl", b"")),
            "Cannot use ``weights_only=True`` with Torch",
        ),
        (zip_of(("archive/data.pkl", NONE)) + b"more", "failed finding|its end is not in order"),
    ],
)
def test_other_archives_are_refused(data, says):
    with pytest.raises((RuntimeError, ValueError), match=says):
        loaded(edutorch, data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name():
    with pytest.raises(RuntimeError, match=r"two entries of the name 'archive/data.pkl'"):
        loaded(edutorch, zip_of(("archive/data.pkl", NONE), ("archive/data.pkl", NONE)))


def test_entries_that_share_bytes():
    """A small file that claims many large entries, all at the same place."""
    data = zipped(b"\x80\x02N.", [b"\0" * 4000, b"\0" * 4000])
    start = struct.pack("<I", archive.Reader(io.BytesIO(data)).entries["data/1"].start)
    other = struct.pack("<I", archive.Reader(io.BytesIO(data)).entries["data/0"].start)
    at = data.rindex(start + b"archive/data/1")
    with pytest.raises(RuntimeError, match="overlaps with others"):
        loaded(edutorch, data[:at] + other + data[at + 4 :])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (4, 1), (6, 1), (8, 7), (10, 0xFFFE), (12, 0xFFFFFFF0), (16, 0xFFFFFFF0), (20, 9),
    ],
)  # fmt: skip
def test_impossible_ends(field, value):
    data = bytearray(zip_of(("archive/data.pkl", NONE)))
    end = data.rindex(b"PK\5\6")
    size = 4 if field in (12, 16) else 2
    data[end + field : end + field + size] = value.to_bytes(size, "little")
    with pytest.raises(RuntimeError, match=r"^PytorchStreamReader failed reading zip archive"):
        loaded(edutorch, bytes(data))


# ---- foreign

FOREIGN = {
    "a JPEG picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "a PNG picture": b"\x89PNG\r\n\x1a\n",
    "an HTML page": b"\n<!DOCTYPE html><html>404",
    "an XML document": b"<?xml version='1.0'?>",
    "a pickle": pickle.dumps({"a": 1}),
    "an old pickle": pickle.dumps({"a": 1}, 2),
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
    "a NumPy array": b"\x93NUMPY\x01\x00",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n",
    "JSON": b'{"a": 1}',
    "text": b"import torch\n",
    "a tar archive": bytes(257) + b"ustar" + bytes(250),
    "a safetensors file": b"\x02\0\0\0\0\0\0\0{}",
    "an empty zip archive": zip_of(),
}


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files_are_told_what_they_are(kind, weights_only, tmp_path):
    (tmp_path / "x.pt").write_bytes(FOREIGN[kind])
    with pytest.raises(pickle.UnpicklingError, match=rf"looks like {kind.replace('an old', 'a')}[ ,.:]"):
        edutorch.load(tmp_path / "x.pt", weights_only=weights_only)


def test_bytes_that_are_nothing():
    with pytest.raises(pickle.UnpicklingError, match=r"was not written by torch\.save"):
        loaded(edutorch, b"\x01\x02\x03" * 50)


def test_an_empty_file(torch):
    for t in (torch, edutorch):
        with pytest.raises(EOFError):
            loaded(t, b"")
    with pytest.raises(EOFError, match=r"^Ran out of input: the file is empty"):
        loaded(edutorch, b"")


def test_a_file_opened_for_text(tmp_path):
    (tmp_path / "x.pt").write_text("abc")
    with open(tmp_path / "x.pt") as file, pytest.raises(TypeError, match="opened for text"):
        edutorch.load(file)
    with pytest.raises(FileNotFoundError):
        edutorch.load(tmp_path / "none.pt")
