"""A file is the old one or the new one, never a half, whatever happens while it is written."""

import os
import signal
import stat
import subprocess
import sys

import pytest

import edutorch
from edutorch.serialization import atomic, files
from edutorch.serialization.safetensors import save_file


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "weights.pt"
    edutorch.save("old", path)
    return path


def is_whole(path):
    """Whether a file is the old one, and nothing lies beside it."""
    return edutorch.load(path) == "old" and os.listdir(path.parent) == [path.name]


class Unpicklable:
    def __reduce__(self):
        raise RuntimeError("not this one")


def test_what_cannot_be_pickled_leaves_the_old_file(old):
    with pytest.raises(RuntimeError, match="not this one"):
        edutorch.save([edutorch.ones(1000), Unpicklable()], old)
    assert is_whole(old)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_while_writing_leaves_the_old_file(old, monkeypatch, error):
    add = files.Writer.add

    def add_some(self, name, data):
        if name == "data/1":
            raise error
        add(self, name, data)

    monkeypatch.setattr(files.Writer, "add", add_some)
    with pytest.raises(type(error)):
        edutorch.save([edutorch.ones(1000), edutorch.ones(10)], old)
    assert is_whole(old)


def test_an_error_at_the_last_moment_leaves_the_old_file(old, monkeypatch):
    def fail(*paths):
        raise OSError("no")

    monkeypatch.setattr(atomic.os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        edutorch.save("new", old)
    with pytest.raises(OSError, match="no"):
        save_file({"x": edutorch.ones(2)}, old)
    assert is_whole(old)


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
@pytest.mark.parametrize("moment", ["Writer.add", "os.fsync", "os.replace"])
def test_a_killed_process_leaves_the_old_file(old, moment):
    code = f"""
import os, signal, sys
import edutorch
from edutorch.serialization import archive, files
Writer, calls = archive.Writer, []
def die(*args):
    calls.append(args)
    if {moment!r} != "Writer.add" or len(calls) == 5:  # with some of the file written
        args and hasattr(args[0], "file") and args[0].file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
real = {moment}
{moment} = die
edutorch.save([edutorch.ones(100000)], sys.argv[1])
"""
    done = subprocess.run([sys.executable, "-c", code, str(old)], check=False, cwd=os.getcwd())
    assert done.returncode == -signal.SIGKILL
    assert edutorch.load(old) == "old"
    beside = [name for name in os.listdir(old.parent) if name != old.name]
    assert len(beside) == 1  # what a killed process cannot clean up, under a name that says what it is
    assert beside[0].startswith(".weights.pt.")
    assert beside[0].endswith(".part")


def test_the_bytes_reach_the_disk_before_the_name(old, monkeypatch):
    order, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(atomic.os, "fsync", lambda handle: (order.append("fsync"), fsync(handle)))
    monkeypatch.setattr(atomic.os, "replace", lambda a, b: (order.append("replace"), replace(a, b)))
    edutorch.save("new", old)
    assert order[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links")
def test_permissions_and_links_stay(old):
    os.chmod(old, 0o640)
    link = old.parent / "link.pt"
    link.symlink_to(old)
    edutorch.save("new", link)
    assert link.is_symlink()
    assert edutorch.load(old) == "new"
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "posix", reason="umask")
def test_a_new_file_has_the_usual_permissions(tmp_path):
    edutorch.save(1, tmp_path / "a.pt")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a.pt").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no /dev/null")
def test_what_is_no_file_is_written_to():
    edutorch.save([edutorch.ones(3)], "/dev/null")
    assert not stat.S_ISREG(os.stat("/dev/null").st_mode)


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(RuntimeError, match=r"^Parent directory .*none does not exist"):
        edutorch.save(1, tmp_path / "none" / "x.pt")
    with pytest.raises(RuntimeError, match="is a folder's name"):
        edutorch.save(1, tmp_path)
