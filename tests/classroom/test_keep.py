"""A learner takes her work home from a computer that forgets, and brings it back."""

import json
import os
import shutil
import time
import zipfile

import pytest

from edutorch.classroom import notebooks, progress
from edutorch.classroom.progress import note_check, read
from edutorch.classroom.task import chapters

FIRST, SECOND = chapters()[:2]


def course(root):
    """A course as it is given out, of two chapters."""
    for name in (FIRST, SECOND):
        (root / "exercises" / name).mkdir(parents=True)
        released = notebooks.text(notebooks.released(notebooks.master(name)))
        (root / "exercises" / name / f"{name}.ipynb").write_text(released, encoding="utf-8")
    return root / "exercises"


def answer(path, code):
    """Save an answer, as JupyterLab would."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution"))
    cell["source"] = [code]
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture
def old(tmp_path, monkeypatch):
    """The exercises on yesterday's computer, with an answer in the first chapter."""
    monkeypatch.delenv("EDUTORCH_PROGRESS")
    exercises = course(tmp_path / "old")
    answer(exercises / FIRST / f"{FIRST}.ipynb", "yesterday = 1")
    monkeypatch.chdir(exercises / FIRST)
    note_check("strides_of", True)
    return exercises


@pytest.fixture
def new(old, tmp_path, monkeypatch):
    """The exercises on today's computer, with yesterday's archive uploaded beside them."""
    progress(keep=True)
    exercises = course(tmp_path / "new")
    shutil.copy(old / "edutorch-work.zip", exercises.parent)
    monkeypatch.chdir(exercises / SECOND)
    return exercises


def test_keeping(old):
    os.utime(old / FIRST / f"{FIRST}.ipynb", (time.time() - 7200,) * 2)
    page = progress(keep=True)
    assert zipfile.ZipFile(old / "edutorch-work.zip").namelist() == [
        "edutorch-progress.json",
        f"{FIRST}/{FIRST}.ipynb",
    ]
    assert f"Packed too: {FIRST}.ipynb, saved 2 hours ago." in str(page)
    assert '<a href="../edutorch-work.zip" download>Download edutorch-work.zip</a>' in page._repr_html_()
    assert "<a " not in progress()._repr_html_()
    assert "progress(keep=True)" in str(progress())


def test_bringing_back(old, new):
    note_check("gather_windows", False)
    page = progress("edutorch-work.zip")
    assert f"{FIRST}.ipynb is back." in str(page)
    assert (new / FIRST / f"{FIRST}.ipynb").read_bytes() == (old / FIRST / f"{FIRST}.ipynb").read_bytes()
    assert set(read()) == {"strides_of", "gather_windows"}
    assert f"{FIRST}.ipynb was the same already." in str(progress("edutorch-work.zip"))


def test_no_answer_is_written_over(old, new):
    here = new / FIRST / f"{FIRST}.ipynb"
    answer(here, "today = 2")
    assert f"beside it as {FIRST}-brought.ipynb" in str(progress("edutorch-work.zip"))
    assert "today = 2" in here.read_text()
    assert "yesterday = 1" in here.with_stem(f"{FIRST}-brought").read_text()


def test_a_notebook_that_was_only_run_gives_way(new):
    here = new / FIRST / f"{FIRST}.ipynb"
    notebook = json.loads(here.read_text(encoding="utf-8"))
    notebook["cells"][1]["execution_count"] = 1
    here.write_text(json.dumps(notebook), encoding="utf-8")
    assert f"{FIRST}.ipynb is back." in str(progress("edutorch-work.zip"))


@pytest.mark.parametrize(
    "name", ["../../out.ipynb", "/tmp/out.ipynb", "a/b/c.ipynb", f"{FIRST}/run.py", "..\\a/b.ipynb"]
)
def test_a_foreign_archive_writes_nothing(new, name):
    archive = new / "foreign.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(f"{FIRST}/{FIRST}.ipynb", "{}")
        packed.writestr(name, "{}")
    before = {path: path.read_bytes() for path in new.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match="no notebook of a chapter"):
        progress(archive)
    assert {path: path.read_bytes() for path in new.rglob("*") if path.is_file()} == before


def test_a_broken_table_brings_nothing_back(new):
    with zipfile.ZipFile(new / "broken.zip", "w") as packed:
        packed.writestr("edutorch-progress.json", "{")
        packed.writestr(f"{FIRST}/{FIRST}.ipynb", "{}")
    with pytest.raises(ValueError, match="Expecting"):
        progress(new / "broken.zip")
    assert (new / FIRST / f"{FIRST}.ipynb").read_text() != "{}"


def test_outside_of_the_exercises(old, new, monkeypatch):
    monkeypatch.chdir(new.parent)
    with pytest.raises(FileNotFoundError, match=r"no folder .*: run this in a notebook of the exercises"):
        progress("edutorch-work.zip")


def test_nothing_to_keep(tmp_path, monkeypatch):
    monkeypatch.delenv("EDUTORCH_PROGRESS")
    monkeypatch.chdir(course(tmp_path) / FIRST)
    with pytest.raises(FileNotFoundError, match="nothing to keep yet"):
        progress(keep=True)


def test_nothing_is_kept_while_grading(old, monkeypatch):
    monkeypatch.setenv("EDUTORCH_GRADING", "1")
    with pytest.raises(PermissionError, match="No progress is kept"):
        progress(keep=True)
