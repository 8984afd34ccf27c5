"""`edutorch lessons`: the course comes into a folder, and what the reader changed there is never written to."""

import errno
import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest

from edutorch import course
from edutorch.serialization import atomic

LESSON, OTHER, DATA = "lessons/01_tensors.ipynb", "lessons/02_autograd.ipynb", "lessons/data/spots.csv"
EXERCISE = "exercises/ch01_tensors/ch01_tensors.ipynb"
ALL = [EXERCISE, LESSON, OTHER, DATA]


def notebook(*sources, outputs=()):
    cells = [{"cell_type": "code", "source": [text], "outputs": list(outputs), "metadata": {}} for text in sources]
    return json.dumps({"cells": cells})


def put(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The folder of the course in a package that was installed from a wheel."""
    root = tmp_path / "site-packages" / "edutorch" / "course_files"
    monkeypatch.setattr(course, "PACKAGE", root.parent)
    for name in ALL:
        put(root, name, notebook(name) if name.endswith("ipynb") else "1700,8.3\n")
    return root


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "Ann's course"


def text(path):
    return path.read_text(encoding="utf-8")


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# ---- copying


def test_a_first_copy_and_a_second(installed, folder):
    assert course.copy(folder) == course.Copied(written=ALL)
    assert everything(folder) == sorted([course.RECORD, *ALL])
    assert all(text(folder / name) == text(installed / name) for name in ALL)
    record = (folder / course.RECORD).stat()
    assert course.copy(folder) == course.Copied(same=ALL)
    assert (folder / course.RECORD).stat().st_mtime_ns == record.st_mtime_ns


def test_what_nobody_worked_in_is_updated(installed, folder):
    course.copy(folder)
    put(installed, LESSON, notebook("better"))
    put(installed, DATA, "1700,8.4\n")
    assert course.copy(folder) == course.Copied(updated=[LESSON, DATA], same=[EXERCISE, OTHER])
    assert text(folder / LESSON) == notebook("better")


@pytest.mark.parametrize("name", [LESSON, EXERCISE, DATA])
def test_what_the_reader_changed_stays(installed, folder, name):
    course.copy(folder)
    put(folder, name, notebook("mine"))
    done = course.copy(folder)
    assert done.kept == {name: None}
    assert not done.written
    assert not done.updated
    assert text(folder / name) == notebook("mine")
    assert name in str(done)


def test_a_newer_version_comes_beside_what_the_reader_changed_once(installed, folder):
    course.copy(folder)
    put(folder, LESSON, notebook("mine"))
    put(installed, LESSON, notebook("better"))
    assert course.copy(folder).kept == {LESSON: "lessons/01_tensors.new.ipynb"}
    assert text(folder / LESSON) == notebook("mine")
    assert text(folder / "lessons/01_tensors.new.ipynb") == notebook("better")
    (folder / "lessons/01_tensors.new.ipynb").unlink()
    assert course.copy(folder).kept == {LESSON: None}, "what the reader threw away comes back"
    assert everything(folder) == sorted([course.RECORD, *ALL])


def test_work_in_the_newer_version_stays_as_well(installed, folder):
    course.copy(folder)
    put(folder, LESSON, notebook("mine"))
    put(installed, LESSON, notebook("better"))
    course.copy(folder)
    put(folder, "lessons/01_tensors.new.ipynb", notebook("also mine"))
    put(installed, LESSON, notebook("best"))
    assert course.copy(folder).kept == {LESSON: "lessons/01_tensors.new2.ipynb"}
    put(installed, LESSON, notebook("best of all"))
    assert course.copy(folder).kept == {LESSON: "lessons/01_tensors.new2.ipynb"}, "nobody worked in that one"
    assert text(folder / LESSON) == notebook("mine")
    assert text(folder / "lessons/01_tensors.new.ipynb") == notebook("also mine")
    assert text(folder / "lessons/01_tensors.new2.ipynb") == notebook("best of all")


def test_running_a_lesson_is_no_change_that_could_be_lost(installed, folder):
    course.copy(folder)
    run = notebook(LESSON, outputs=[{"output_type": "stream", "text": "7"}])
    put(folder, LESSON, run)
    assert LESSON in course.copy(folder).same
    assert text(folder / LESSON) == run
    put(installed, LESSON, notebook("better"))
    assert course.copy(folder).updated == [LESSON]


@pytest.mark.parametrize("wreck", ["", "{", "[1]", '{"cells": 1}', '{"cells": [[]]}', "[" * 100_000])
def test_a_file_that_is_no_notebook_any_more_is_the_readers(installed, folder, wreck):
    course.copy(folder)
    put(folder, LESSON, wreck)
    assert course.copy(folder).kept == {LESSON: None}
    assert text(folder / LESSON) == wreck


def test_a_removed_file_comes_back(installed, folder):
    course.copy(folder)
    (folder / LESSON).unlink()
    assert course.copy(folder).written == [LESSON]


@pytest.mark.parametrize("record", [None, "", "{", "[]", "[" * 100_000])
def test_without_a_readable_record_every_difference_is_the_readers(installed, folder, record):
    course.copy(folder)
    put(folder, LESSON, notebook("mine"))
    if record is None:
        (folder / course.RECORD).unlink()
    else:
        (folder / course.RECORD).write_text(record)
    done = course.copy(folder)
    assert done.kept == {LESSON: "lessons/01_tensors.new.ipynb"}
    assert done.same == [EXERCISE, OTHER, DATA]
    assert text(folder / LESSON) == notebook("mine")


def test_other_files_of_the_reader_are_not_touched(installed, folder):
    put(folder, "lessons/notes.ipynb", notebook("notes"))
    put(folder, "exercises/edutorch-progress.json", "{}")
    course.copy(folder)
    assert text(folder / "lessons/notes.ipynb") == notebook("notes")
    assert text(folder / "exercises/edutorch-progress.json") == "{}"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_interrupted_copy_leaves_whole_files_and_is_finished_by_the_next(
    installed, folder, monkeypatch, error, number
):
    put(folder, OTHER, notebook("mine"))
    replace, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == number:
            raise error
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", failing)
    with pytest.raises(type(error)):
        course.copy(folder)
    monkeypatch.undo()
    monkeypatch.setattr(course, "PACKAGE", installed.parent)
    for name in everything(folder):
        if name in ALL and name != OTHER:
            assert text(folder / name) == text(installed / name)
    assert not list(folder.rglob("*.part"))

    put(installed, LESSON, notebook("a new version came in between"))
    course.copy(folder)
    assert text(folder / OTHER) == notebook("mine")
    assert all(text(folder / name) == text(installed / name) for name in ALL if name != OTHER)
    assert everything(folder) == sorted([course.RECORD, *ALL, "lessons/02_autograd.new.ipynb"])


def test_a_copy_that_is_killed_is_finished_by_the_next(installed, folder):
    """Killed at once, in the middle of its third file: nothing can be tidied, not even the record."""
    program = f"""
import os, pathlib
from edutorch import course
course.PACKAGE = pathlib.Path({str(installed.parent)!r})
replace, calls = os.replace, []
def killing(source, target):
    calls.append(target)
    if len(calls) == 3:
        os._exit(9)
    replace(source, target)
os.replace = killing
course.copy({str(folder)!r})
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == 9
    assert not (folder / course.RECORD).exists()
    done = course.copy(folder)
    assert (done.same, done.written, done.kept) == ([EXERCISE, LESSON], [OTHER, DATA], {})
    assert all(text(folder / name) == text(installed / name) for name in ALL)


# ---- where the course comes from


def test_in_a_clone_it_is_the_repositorys_own_and_only_that():
    root = Path(__file__).parent.parent
    assert course.repository() == course.source() == root
    tracked = subprocess.run(["git", "ls-files", "lessons", "exercises"], cwd=root, capture_output=True, text=True)
    assert set(tracked.stdout.split()) <= set(course.files(root))
    assert not [name for name in course.files(root) if "progress" in name or "checkpoint" in name]


def test_a_folder_of_lessons_beside_the_installed_package_is_not_ours(installed):
    put(installed.parent.parent, LESSON, notebook("another package's"))
    assert course.repository() is None
    assert course.source() == installed


def test_an_edutorch_without_its_course(installed, folder, capsys):
    (installed / LESSON).unlink()
    assert course.lessons(folder) == 1
    assert "came without the lessons" in capsys.readouterr().err
    assert not folder.exists()


# ---- the command


@pytest.fixture
def opened(monkeypatch):
    """What JupyterLab is started with, in place of starting it."""
    started = []

    class Process:
        def __init__(self, command, cwd, env):
            started.append((command, cwd))
            config = Path(env["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0], "labconfig", "page_config.json")
            assert "announcements" in config.read_text(), "JupyterLab would ask another host for news"
            self.interrupts = 1

        def wait(self):
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt  # JupyterLab asks whether to stop, and the reader says no
            return 0

    monkeypatch.setattr(course.subprocess, "Popen", Process)
    return started


def test_a_clone_is_opened_where_it_is(opened, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert course.lessons() == 0
    ((command, folder),) = opened
    assert folder == course.repository()
    assert command[-1] == str(folder / LESSON)
    assert not list(tmp_path.iterdir())


def test_the_default_folder_and_once_more_from_inside(installed, opened, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert course.lessons(lab_arguments=["--no-browser"]) == 0
    monkeypatch.chdir(tmp_path / "edutorch-lessons")
    assert course.lessons() == 0
    (first, there), (second, again) = opened
    assert there == again == tmp_path / "edutorch-lessons"
    assert first[-2:] == ["--no-browser", str(there / LESSON)]
    assert f"--ServerApp.root_dir={there}" in first
    assert second[-1] == str(again / LESSON)
    assert "The course is in" in capsys.readouterr().out


def test_without_jupyterlab_the_command_that_installs_it_is_said(installed, folder, opened, monkeypatch, capsys):
    version = metadata.version

    def without(name):
        if name == "jupyterlab":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)
    assert course.lessons(folder) == 1
    assert f"{sys.executable} -m pip install 'jupyterlab>=" in capsys.readouterr().err
    assert not opened
    assert (folder / LESSON).exists()
    assert course.lessons(folder, open_lab=False) == 0


@pytest.mark.parametrize("place", ["", "/inside", "/inside/deeper"])
def test_a_folder_that_is_a_file(installed, tmp_path, capsys, place):
    (tmp_path / "notes").write_text("mine")
    assert course.lessons(f"{tmp_path}/notes{place}", open_lab=False) == 1
    assert text(tmp_path / "notes") == "mine"
    assert " is a file, not a folder." in capsys.readouterr().err


def test_a_lesson_that_is_a_folder(installed, folder, capsys):
    (folder / LESSON).mkdir(parents=True)
    assert course.lessons(folder, open_lab=False) == 1
    assert "Is a directory" in capsys.readouterr().err
    assert (folder / LESSON).is_dir()


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_folder_that_cannot_be_written_to():
    """As another user if this one is root, whom no mode keeps out."""
    with tempfile.TemporaryDirectory() as place:
        root, closed = Path(place), Path(place, "closed")
        root.chmod(0o755)
        put(root / "course_files", LESSON, notebook("first"))
        closed.mkdir(mode=0o555)
        program = f"""
import os, pathlib, sys
from edutorch import course
from edutorch.serialization import atomic
if os.geteuid() == 0:
    os.setuid(65534)
course.PACKAGE = pathlib.Path({place!r})
sys.exit(course.lessons({str(closed)!r}, open_lab=False))
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert (done.returncode, list(closed.iterdir())) == (1, [])
    assert done.stderr.startswith(f"edutorch: the lessons could not be put into {closed}: Permission denied")


def run(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "edutorch", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_line(tmp_path):
    status, out, err = run("lessons", "here", "--copy-only", cwd=tmp_path)
    assert (status, err) == (0, "")
    assert out.startswith(f"The course is in {tmp_path / 'here'}\nFiles of the course: ")
    assert (tmp_path / "here" / LESSON).is_file()


def test_edutorch_alone_says_what_it_can_do(tmp_path):
    status, out, err = run(cwd=tmp_path)
    assert (status, err) == (0, "")
    assert all(f"\n    {command} " in out for command in ("lessons", "doctor", "run"))
