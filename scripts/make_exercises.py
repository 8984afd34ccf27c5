"""Write the notebooks of the exercises, made from the task files in `edutorch/classroom/tasks/`.

    python scripts/make_exercises.py           write solutions/ and exercises/
    python scripts/make_exercises.py --check   say which files are not as they would be written

A notebook in exercises/ in which somebody has begun to work is left alone.
"""

import argparse
import sys
from pathlib import Path

from edutorch.classroom import keep, notebooks
from edutorch.classroom.task import chapters

ROOT = Path(__file__).resolve().parent.parent


def wanted(root):
    """Return the text of each notebook by its path."""
    files = {}
    for name in chapters():
        master = notebooks.master(name)
        files[root / "solutions" / name / f"{name}.ipynb"] = notebooks.text(master)
        files[root / "exercises" / name / f"{name}.ipynb"] = notebooks.text(notebooks.released(master))
    return files


def present(root):
    """Return the notebooks that lie in the folders of chapters."""
    return {path for where in ("solutions", "exercises") for path in (root / where).glob("ch*/*.ipynb")}


def faults(root):
    """Return a line for each notebook that is not as it would be written."""
    files = wanted(root)
    for path, text in files.items():
        if not path.exists():
            yield f"missing: {path.relative_to(root)}"
        elif path.read_text(encoding="utf-8") != text:
            yield f"differs: {path.relative_to(root)}"
    for path in sorted(present(root) - set(files)):
        yield f"belongs to no chapter: {path.relative_to(root)}"


def write(root):
    """Write what is missing or differs; return a line for each file that was written or left alone."""
    for path, text in wanted(root).items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        name = path.relative_to(root)
        if name.parts[0] == "exercises" and path.exists() and keep.begun(path.read_bytes()):
            yield f"left alone, somebody has worked in it: {name}"
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        yield f"written: {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    checking = parser.parse_args().check
    lines = list(faults(ROOT) if checking else write(ROOT))
    print(*(lines or ["The exercises are as their task files say."]), sep="\n")
    if checking and lines:
        print("Run `make exercises`.")
    return int(checking and bool(lines))


if __name__ == "__main__":
    sys.exit(main())
