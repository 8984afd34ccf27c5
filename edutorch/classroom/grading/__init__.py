"""Grading a class: a folder of submissions in, a table of marks and a page of feedback for each learner out.

    python -m edutorch.classroom.grading SUBMISSIONS

`submission.py` finds and reads what was handed in and puts our own cells back · `sandbox.py` starts the process that a
submission runs in · `runner.py` is that process · `witness.py` watches in there · `feedback.py` writes the results.

Whoever hands in a notebook hands in a program, and it runs beside the test that judges it. So two things are true: it
cannot hurt the machine more than the sandbox lets it, and a submission that wants to cheat can. What looks like it
goes into the column "needs a human eye", with the reason.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..task import chapter as chapter_of
from ..task import find
from . import submission
from .sandbox import Sandbox

MOST_RUNS = 6  # a cell that ends the process is left out, and the rest runs again, so many times


@dataclass
class Mark:
    """What one task gave: `points` of `most`; `state` in a word or two, `words` for the learner."""

    task: str
    most: float
    points: float = 0.0
    state: str = "not run"
    words: str = ""


@dataclass
class Graded:
    """A submission with its marks.

    Attributes:
        reasons: why a person should look at it; empty if nobody needs to.
        cells: for the feedback, each cell of the learner's with what it printed and its error.
    """

    student: str
    file: str
    chapter: str = ""
    marks: list[Mark] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    cells: list[tuple[str, str, str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self):
        """The sum of the points."""
        return sum(mark.points for mark in self.marks)

    @property
    def most(self):
        """The points that there are."""
        return sum(mark.most for mark in self.marks)


def grade_class(folder, sandbox: Sandbox, jobs=2, tell=lambda graded: None):
    """Grade all submissions of a folder, `jobs` at a time; `tell` is called with each when it is done.

    A submission that cannot be read, or that breaks whatever it can, costs its own marks only.
    """

    def work(handed):
        try:
            graded = grade(handed, sandbox)
        except Exception as error:  # our own fault: it is told, and the others get their marks
            said = f"the grader itself failed: {type(error).__name__}: {error}"
            graded = Graded(handed.student, handed.path.name, handed.chapter, reasons=[said])
        tell(graded)
        return graded

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(work, submission.handed_in(folder)))
    files: dict[tuple[str, str], list[Graded]] = {}
    for graded in results:
        files.setdefault((graded.student, graded.chapter), []).append(graded)
    for several in files.values():
        for graded in several if len(several) > 1 else ():
            graded.reasons.append(f"{len(several)} files for one chapter, this one is {graded.file}")
    return results


def grade(handed: submission.HandedIn, sandbox: Sandbox) -> Graded:
    """Grade one submission."""
    graded = Graded(handed.student, handed.path.name, handed.chapter)
    start = time.perf_counter()
    try:
        cells, remarks = submission.read(handed)
        graded.chapter = submission.which(handed, cells)
        program = submission.program(graded.chapter, cells)
    except submission.Unreadable as unreadable:
        graded.reasons.append(str(unreadable))
        graded.marks = _marks(graded.chapter, "unreadable")
    else:
        graded.reasons = remarks + program.remarks
        graded.marks = _marks(graded.chapter)
        _run(graded, program.cells, sandbox)
    graded.reasons = list(dict.fromkeys(graded.reasons))
    graded.seconds = time.perf_counter() - start
    return graded


def _marks(chapter, state="not run"):
    tasks = [find(name) for name in chapter_of(chapter).ORDER] if chapter else []
    return [Mark(task.name, task.points, state=state) for task in tasks]


def _run(graded, cells, sandbox):
    """Run the cells, again without each that ended the process, and note what each gave."""
    errors: dict[int, tuple[str, str]] = {}
    left_out: dict[int, str] = {}
    for _ in range(MOST_RUNS):
        run = sandbox.run(graded.chapter, cells, left_out)
        graded.reasons += run.remarks
        errors |= run.results
        if run.trouble:
            graded.reasons.append(f"did not run: {run.trouble.splitlines()[-1]}")
        if run.died is None:
            break
        name = cells[run.died].name
        if run.stopped:
            left_out[run.died] = f"stopped after {sandbox.timeout:g} seconds"
            graded.reasons.append(f"over the time limit ({name})")
        else:
            left_out[run.died] = "ended the program"
            graded.reasons.append(f"ended the process ({name})")
    else:
        graded.reasons.append(f"given up after {MOST_RUNS} runs")
    by_name = {mark.task: mark for mark in graded.marks}
    for number, cell in enumerate(cells):
        error, printed = errors.get(number, ("not run", "")) if number not in left_out else (left_out[number], "")
        if not cell.graded:
            graded.cells.append((cell.name, cell.source, printed, error))
        elif (mark := by_name.get(cell.graded)) is not None:
            mark.state, mark.words = left_out.get(number) or _state(mark.task, error), error
            mark.points = mark.most if not error else 0.0


def _state(task, error):
    if not error:
        return "right"
    if error.startswith(f"{task}: not attempted"):
        return "not attempted"
    return "not right" if error.startswith(f"{task}:") else "failed"
