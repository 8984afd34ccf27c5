"""Try the exercises with nbgrader itself, in an environment that has it: `make nbgrader`.

    python scripts/try_nbgrader.py

What nbgrader generates from the masters must be the notebooks in `exercises/`, and what it gives for a full and an
empty submission must be all points and none.
"""

import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "docs" / "nbgrader_config.py"


def nbgrader(course, *arguments):
    command = [sys.executable, "-m", "nbgrader", *arguments, "--log-level=ERROR"]
    # nbgrader calls `alembic` by its name; EDUTORCH_GRADING closes hints and solutions.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=course, env={**os.environ, "PATH": path, "EDUTORCH_GRADING": "1"}, check=True)


def lines(path):
    """Return a notebook's lines, without what nbgrader notes about itself."""
    return json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=1, sort_keys=True).splitlines()


def submit(course, chapter, student, notebook):
    folder = course / "grades" / "submitted" / student / chapter
    folder.mkdir(parents=True)
    shutil.copy(notebook, folder / f"{chapter}.ipynb")


def scores(course):
    """Return {(student, chapter): (points, of)} from nbgrader's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/grades/gradebook.db") as book:
        return {
            (s.student.id, s.assignment.name): (s.score, s.max_score) for a in book.assignments for s in a.submissions
        }


def main():
    chapters = sorted(path.name for path in (ROOT / "solutions").glob("ch*"))
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        (course / "grades").mkdir()
        shutil.copy(CONFIG, course)
        shutil.copytree(ROOT / "solutions", course / "solutions")
        for chapter in chapters:
            nbgrader(course, "generate_assignment", chapter)
            ours, theirs = (where / "exercises" / chapter / f"{chapter}.ipynb" for where in (ROOT, course))
            faults += difflib.unified_diff(lines(ours), lines(theirs), f"ours {chapter}", "nbgrader's", lineterm="")
            submit(course, chapter, "full", ROOT / "solutions" / chapter / f"{chapter}.ipynb")
            submit(course, chapter, "empty", ROOT / "exercises" / chapter / f"{chapter}.ipynb")
            start = time.perf_counter()
            nbgrader(course, "autograde", chapter)
            print(f"{chapter}: two submissions autograded in {time.perf_counter() - start:.1f} s", flush=True)
        for (student, chapter), (points, most) in scores(course).items():
            print(f"{student:6} {chapter:20} {points:g} of {most:g}")
            if points != (most if student == "full" else 0):
                faults.append(f"{student}, {chapter}: {points:g} of {most:g} points")
        nbgrader(course, "generate_feedback", chapters[0])
    print(
        *faults,
        "nbgrader disagrees." if faults else "nbgrader makes the same notebooks, and the marks are right.",
        sep="\n",
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
