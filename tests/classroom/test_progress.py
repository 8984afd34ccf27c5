"""The progress file, the hints and the solution."""

import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edutorch.classroom import check, hint, progress, solution
from edutorch.classroom.checking import TRIED
from edutorch.classroom.progress import _warned, merge, note_check, note_hint, path, read
from edutorch.classroom.progress import progress as page
from edutorch.classroom.task import chapter, chapters, find


def strides_of(shape):
    return shape


@pytest.fixture(autouse=True)
def nothing_tried():
    TRIED.clear()
    _warned.clear()


entries = st.fixed_dictionaries(
    {},
    optional={
        "passed": st.dates().map(lambda d: d.isoformat()),
        "tries": st.integers(0, 9),
        "hints": st.integers(0, 3),
    },
)
files = st.dictionaries(st.sampled_from("abcd"), entries)


@given(files, files, files)
def test_merging(a, b, c):
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a
    for name, entry in a.items():
        merged = merge(a, b)[name]
        assert merged.get("tries", 0) >= entry.get("tries", 0)
        assert not entry.get("passed") or merged["passed"] <= entry["passed"]


def test_what_is_noted(own_progress):
    assert read() == {}
    note_check("a", False)
    note_check("a", True)
    first = read()["a"]["passed"]
    note_hint("b", 2)
    note_hint("b", 1)
    note_check("a", False)
    assert read() == {"a": {"passed": first, "tries": 3}, "b": {"hints": 2}}
    assert own_progress.read_text().count("\n") == 4  # a line a task
    assert [f.name for f in own_progress.parent.iterdir()] == [own_progress.name]


def test_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.delenv("EDUTORCH_PROGRESS")
    folder = tmp_path / "exercises" / "ch01_tensors"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert path() == tmp_path / "exercises" / "edutorch-progress.json"
    monkeypatch.chdir(tmp_path)
    assert path() == tmp_path / "edutorch-progress.json"


@pytest.mark.parametrize("content", ["{", "[1]", "\xff" * 3, "", "[" * 100_000])
def test_a_broken_file_fails_nothing_and_stays(own_progress, content):
    own_progress.write_text(content, encoding="latin-1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not check(strides_of, seed=0).passed
        check(strides_of, seed=0)
    assert len(caught) <= 1  # each thing is said once
    assert own_progress.read_text(encoding="latin-1") == content


def test_a_place_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("EDUTORCH_PROGRESS", str(tmp_path / "missing" / "progress.json"))
    with pytest.warns(UserWarning, match="could not be written to progress.json .FileNotFoundError.. The check stands"):
        assert not check(strides_of, seed=0).passed


def test_a_working_directory_that_was_removed(tmp_path, monkeypatch):
    monkeypatch.delenv("EDUTORCH_PROGRESS")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.warns(UserWarning, match="could not be written .*FileNotFoundError.* The check stands"):
        assert not check(strides_of, seed=0).passed


def test_a_broken_file_is_not_overwritten_by_a_merge(tmp_path, own_progress):
    own_progress.write_text('{"strides_of": {"tries": 5}')
    other = tmp_path / "other.json"
    other.write_text('{"strides_of": {"tries": 1}}')
    with pytest.raises(ValueError, match="delimiter"):
        progress(other)
    assert own_progress.read_text() == '{"strides_of": {"tries": 5}'


def test_strange_entries_are_left_out(own_progress):
    own_progress.write_text(json.dumps({"a": 3, "b": {"tries": "many", "hints": -1, "passed": 5}, "c": {"tries": 2}}))
    assert read() == {"b": {}, "c": {"tries": 2}}


def test_the_page(tmp_path):
    note_check("strides_of", True)
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"strides_of": {"tries": 5, "passed": "2020-01-01"}}))
    shown = progress(other)
    assert "✓ strides_of" in str(shown)
    assert "done on 2020-01-01, 5 checks" in str(shown)
    assert read()["strides_of"] == {"passed": "2020-01-01", "tries": 5}
    html = page()._repr_html_()
    assert "<code>strides_of</code>" in html
    assert str(shown) == repr(shown)
    assert len(shown.chapters) == len(chapters())
    assert all(title for title, _ in shown.chapters)
    assert f"of {len(chapter('ch01_tensors').ORDER)}" in str(shown)


# ---- help


def test_the_ladder():
    task = find("strides_of")
    seen = [hint(strides_of).text for _ in range(4)]
    assert seen == [*task.hints, task.hints[0]]
    assert hint("strides_of", 3).text == task.hints[2]
    assert str(hint("strides_of", 3)).startswith("strides_of, hint 3 of 3")
    assert hint("strides_of").text == task.hints[0]
    assert read()["strides_of"]["hints"] == 3
    with pytest.raises(ValueError, match="hints 1 to 3, not 4"):
        hint("strides_of", 4)
    assert "<b>strides_of, hint 1 of 3</b>" in hint("strides_of", 1)._repr_html_()


def test_the_solution_comes_after_a_try():
    assert "opens after your first" in str(solution(strides_of))
    check(strides_of)
    page = solution(strides_of)
    assert "step *= size" in page.code
    space = {}
    exec(page.code, space)
    assert space["strides_of"]((2, 3)) == (3, 1)
    TRIED.clear()
    assert solution("strides_of").code == page.code  # the progress file knows


def test_a_stub_is_no_try():
    def strides_of(shape):
        raise NotImplementedError

    check(strides_of)
    assert not solution("strides_of").code
    assert read() == {}


def test_while_grading(own_progress, monkeypatch):
    monkeypatch.setenv("EDUTORCH_GRADING", "1")
    check(strides_of)
    assert not own_progress.exists()
    with pytest.raises(PermissionError, match="No progress is kept"):
        progress(own_progress)
    for helps in (hint, solution):
        with pytest.raises(PermissionError, match="closed while answers are graded"):
            helps(strides_of)
