"""README is true: its code prints what it shows, here and on PyTorch, and its numbers are those of their sources."""

from __future__ import annotations

import json
import re

import pytest

import edutorch
from edutorch.classroom.task import chapter, chapters, find
from tests.documents import (
    ROOT,
    broken_links,
    code_names,
    examples,
    has,
    output,
    output_on_pytorch,
    read,
    rows,
    section,
)

README = "README.md"
EXAMPLES = examples(README)
LESSON = re.compile(r"(?P<number>\d) \[.*?\]\((?P<path>lessons/.*?)\)")
EXERCISES = re.compile(r"\[(?P<tasks>\d+) in (?P<minutes>\d+) min\]\(exercises/(?P<name>\w+)/(?P=name)\.ipynb\)")
COURSE = rows(section(README, "## The course"))
NUMBERS = r"\d(?:(?:, | and | to )\d)*"


@pytest.mark.parametrize(("code", "command", "shown"), EXAMPLES, ids=["regression", "check"])
def test_code_prints_what_is_shown(code, command, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("EDUTORCH_PROGRESS", str(tmp_path / "progress.json"))
    assert output(code, command, tmp_path) == shown


@pytest.mark.usefixtures("torch")
def test_code_prints_the_same_on_pytorch():
    code, _, shown = EXAMPLES[0]
    assert "import edutorch as torch" in code
    assert output_on_pytorch(code) == shown


def test_local_links_lead_somewhere():
    assert broken_links(README) == []


def opening(path):
    """Return the first cell of a lesson."""
    notebook = json.loads((ROOT / path).read_text(encoding="utf-8"))
    return "".join(notebook["cells"][0]["source"])


def minutes(path):
    return int(re.search(r"\*\*Time\.\*\* About (\d+) minutes", opening(path))[1])


def numbers(text):
    """Return the numbers in `2, 3`, `1 and 2` or `1 to 3`."""
    found = [int(n) for n in re.findall(r"\d", text)]
    return set(range(found[0], found[1] + 1)) if " to " in text else set(found)


def prerequisites(path):
    """Return the lessons that one needs, and those that it names in brackets as a help."""
    said = re.search(r"\*\*Prerequisites\.\*\* (.*)", opening(path))[1]
    helps = re.findall(rf"\(lessons? ({NUMBERS})\)", said)
    needs = re.findall(rf"\blessons? ({NUMBERS})", re.sub(r" \(.*?\)", "", said), flags=re.IGNORECASE)
    return set().union(*map(numbers, needs)), set().union(*map(numbers, helps))


def test_map_of_the_course_is_whole():
    lessons = [LESSON.fullmatch(cells[0])["path"] for cells in COURSE]
    assert lessons == sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("lessons/*.ipynb"))
    assert [EXERCISES.fullmatch(cells[4])["name"] for cells in COURSE] == sorted(chapters())


@pytest.mark.parametrize("cells", COURSE, ids=lambda cells: cells[0][:1])
def test_row_of_the_course_is_what_its_sources_say(cells):
    lesson, _, _, time, exercises, needs = cells
    lesson, exercises = LESSON.fullmatch(lesson), EXERCISES.fullmatch(exercises)
    assert lesson["number"] == str(int(lesson["path"][8:10])) == str(int(exercises["name"][2:4]))
    assert time == f"{minutes(lesson['path'])} min"
    tasks = [find(name) for name in chapter(exercises["name"]).ORDER]
    assert int(exercises["tasks"]) == len(tasks)
    assert int(exercises["minutes"]) == sum(task.minutes for task in tasks)
    needed, helpful = re.fullmatch(r"([^(]*)(?:\(helps?: (.*)\))?", needs).groups()
    assert (numbers(needed), numbers(helpful or "")) == prerequisites(lesson["path"])


def test_sums():
    hours = round(sum(minutes(LESSON.fullmatch(cells[0])["path"]) for cells in COURSE) / 60)
    tasks = [find(name) for each in chapters() for name in chapter(each).ORDER]
    exercise_hours = round(sum(task.minutes for task in tasks) / 60)
    assert f"that is {hours} hours of lessons and {exercise_hours} hours of exercises" in read(README)
    mistakes = sum(len(task.mistakes) for task in tasks) // 100 * 100
    assert f"{len(tasks)} tasks and at least {mistakes} misconceptions" in read(README)


def test_engine_has_as_many_lines_as_it_says():
    said = int(re.search(r"around an engine \(.*?\) of ([\d,]+) lines", read(README))[1].replace(",", ""))
    files = [ROOT / "edutorch/tensor.py", *ROOT.glob("edutorch/op/*.py"), *ROOT.glob("edutorch/autograd/*.py")]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    assert abs(lines - said) <= 100


def test_optimizers_and_schedules_are_as_many_as_it_says():
    def kinds(module, base):
        found = [getattr(module, name) for name in module.__all__]
        return sum(isinstance(kind, type) and issubclass(kind, base) and kind is not base for kind in found)

    optim = edutorch.optim
    schedules = kinds(optim.lr_scheduler, optim.lr_scheduler.LRScheduler)
    assert f"`optim`: {kinds(optim, optim.Optimizer)} optimizers, {schedules} schedules" in read(README)


def test_what_is_not_there_is_not_there():
    names = code_names(section(README, "## What is not there"))
    accepted = ["torch.func", "torch.compile"]
    assert [name for name in names if has(edutorch, name)] == accepted
    assert edutorch.func.__all__ == ["functional_call"]
