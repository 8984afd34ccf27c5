"""Grade a class: `python -m edutorch.classroom.grading SUBMISSIONS`."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from pathlib import Path

from . import grade_class
from .feedback import number, write
from .sandbox import Sandbox


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m edutorch.classroom.grading", description=__doc__)
    parser.add_argument("submissions", type=Path, help="a folder with a folder for each student, or with their files")
    parser.add_argument("--into", type=Path, default=Path("grades"), help="where the results go (grades)")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for each cell (60)")
    parser.add_argument("--memory", type=float, default=2.0, metavar="GB", help="for each submission (2)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="submissions at a time")
    chosen = parser.parse_args(arguments)
    if not chosen.submissions.is_dir():
        parser.error(f"there is no folder {chosen.submissions}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a student's name may hold what the screen cannot show
    start = time.perf_counter()
    sandbox = Sandbox([chosen.submissions, chosen.into], chosen.timeout, int(chosen.memory * 2**30))
    print(*sandbox.report(), sep="\n", flush=True)

    def tell(graded):
        marks = f"{number(graded.points)} of {number(graded.most)}"
        print(f"{graded.student:<24} {graded.chapter:<22} {marks:>10}  {graded.seconds:5.1f} s", end="")
        print(f"  needs a human eye: {'; '.join(graded.reasons)}" if graded.reasons else "", flush=True)

    results = grade_class(chosen.submissions, sandbox, chosen.jobs, tell)
    if not results:
        print(f"There are no submissions in {chosen.submissions}.", file=sys.stderr)
        return 1
    table = write(results, chosen.into)
    seconds = time.perf_counter() - start
    eye = sum(bool(graded.reasons) for graded in results)
    each = sum(graded.seconds for graded in results) / len(results)
    print(f"{len(results)} submissions in {seconds:.1f} s, {each:.1f} s for each; {eye} need a human eye.")
    print(f"{table}, {chosen.into / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
