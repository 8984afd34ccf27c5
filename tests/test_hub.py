"""Files from the network: continued, checked, whole or not there; and weights kept in a folder."""

from __future__ import annotations

import hashlib
import io
import os

import pytest

import edutorch
from edutorch import hub
from edutorch.hub.download import DownloadError, fetch
from tests.vision.serving import nowhere, serving, stay_here

CONTENT = bytes(range(256)) * 4000  # a megabyte
MD5 = ("md5", hashlib.md5(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    stay_here(monkeypatch)


@pytest.fixture
def files():
    with serving({"data.bin": CONTENT}) as files:
        yield files


def test_a_file_is_fetched_once(files, tmp_path, capsys):
    path = tmp_path / "data.bin"
    fetch([files.address + "data.bin"], path, MD5)
    assert path.read_bytes() == CONTENT
    assert "data.bin: 1.0 of 1.0 MB (100%)\n" in capsys.readouterr().err
    fetch([files.address + "data.bin"], path, MD5)
    assert files.asked == [("data.bin", None)]
    assert os.listdir(tmp_path) == ["data.bin"]


def test_quietly(files, tmp_path, capsys):
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5, progress=False)
    assert capsys.readouterr() == ("", "")


def test_an_interrupted_download_goes_on_where_it_was(files, tmp_path):
    files.break_after = [300_000, 200_000]
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert [wanted for _, wanted in files.asked] == [None, "bytes=300000-", "bytes=500000-"]


def test_the_next_program_goes_on_too(files, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:1000])
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert files.asked == [("data.bin", "bytes=1000-")]


@pytest.mark.parametrize("beginning", [b"something else", CONTENT + b"more", b"x" * len(CONTENT)])
def test_what_does_not_fit_is_fetched_anew(files, tmp_path, beginning):
    (tmp_path / "data.bin.part").write_bytes(beginning)
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert files.asked == [("data.bin", f"bytes={len(beginning)}-"), ("data.bin", None)]


def test_a_place_that_cannot_continue_sends_everything(files, tmp_path):
    files.ranges, files.break_after = False, [300_000]
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_it_gives_up_in_the_end_and_keeps_what_it_has(files, tmp_path):
    files.break_after = [1000, 1000, 1000]
    with pytest.raises(DownloadError, match=r"the connection broke off after 3000 of 1024000 bytes"):
        fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin.part").read_bytes() == CONTENT[:3000]
    assert not (tmp_path / "data.bin").exists()


def test_another_file_is_refused(files, tmp_path):
    with pytest.raises(DownloadError, match=r"the file there is another one: its md5 does not begin with 0123"):
        fetch([files.address + "data.bin"], tmp_path / "data.bin", ("md5", "0123"))
    assert os.listdir(tmp_path) == []


def test_a_wrong_file_that_is_there_is_replaced(files, tmp_path):
    (tmp_path / "data.bin").write_bytes(b"half a file")
    fetch([files.address + "data.bin"], tmp_path / "data.bin", MD5)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_the_next_place_is_tried(files, tmp_path):
    places = [nowhere() + "data.bin", files.address + "moved.bin", files.address + "data.bin"]
    fetch(places, tmp_path / "data.bin", MD5)
    assert [name for name, _ in files.asked] == ["moved.bin", "data.bin"]


def test_without_a_connection_one_message_says_what_to_do(files, tmp_path):
    nobody, moved = nowhere() + "data.bin", files.address + "moved.bin"
    path = tmp_path / "data.bin"
    with pytest.raises(RuntimeError) as caught:
        fetch([nobody, moved], path, MD5)
    first, *tried, last = str(caught.value).split("\n")
    assert first == "Error downloading data.bin:"
    assert tried[0].startswith(f"  {nobody}: <urlopen error ")
    assert tried[1] == f"  {moved}: HTTP Error 404: Not Found"
    assert last == f"Without a connection: fetch {nobody} elsewhere, and put it at {path} (md5 {MD5[1]})."


def test_only_the_network_is_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ValueError, match="Only http and https addresses"):
        fetch([(tmp_path / "secret").as_uri()], tmp_path / "copy")


# ---- weights


@pytest.fixture
def weights():
    buffer = io.BytesIO()
    edutorch.save({"weight": edutorch.ones(2)}, buffer)
    content = buffer.getvalue()
    name = f"net-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    with serving({name: content, "net-01234567.pth": content}) as files:
        yield files, name


def test_weights_are_kept_in_torchs_folder(weights, tmp_path, monkeypatch):
    files, name = weights
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for _ in range(2):
        state = hub.load_state_dict_from_url(f"{files.address}{name}", check_hash=True, progress=False)
        assert state["weight"].tolist() == [1.0, 1.0]
    assert len(files.asked) == 1
    assert os.listdir(tmp_path / "hub" / "checkpoints") == [name]


def test_weights_with_another_hash_are_refused(weights, tmp_path):
    files, _ = weights
    url = files.address + "net-01234567.pth"
    with pytest.raises(RuntimeError, match="its sha256 does not begin with 01234567"):
        hub.load_state_dict_from_url(url, str(tmp_path), check_hash=True, progress=False)
    hub.load_state_dict_from_url(url, str(tmp_path), progress=False, file_name="other.pth")
    assert os.listdir(tmp_path) == ["other.pth"]


def test_the_folder(monkeypatch, tmp_path):
    torch = pytest.importorskip("torch")
    for home, cache in ((str(tmp_path), None), (None, str(tmp_path)), (None, None), ("~/t", None)):
        for name, value in (("TORCH_HOME", home), ("XDG_CACHE_HOME", cache)):
            monkeypatch.delenv(name, raising=False)
            if value:
                monkeypatch.setenv(name, value)
        assert hub.get_dir() == torch.hub.get_dir()
    monkeypatch.setattr(hub, "_folder", None)
    hub.set_dir("~/elsewhere")
    assert hub.get_dir() == os.path.expanduser("~/elsewhere")
