"""A learner's work in one file, to take home from a computer that forgets, and to bring back.

`pack` puts the progress file and every notebook in which somebody has worked into `edutorch-work.zip`. `contents` says
what is in one, and `bring` puts a notebook where it was, and writes over no answer. `progress(keep=True)` and
`progress("edutorch-work.zip")` call them.
"""

from __future__ import annotations

import json
import time
from pathlib import PurePosixPath

from . import notebooks

ARCHIVE = "edutorch-work.zip"
PROGRESS = "edutorch-progress.json"  # its name in the archive
LARGEST = 50_000_000  # bytes: a notebook is far smaller, and an archive may claim anything


def begun(text):
    """Whether somebody has worked in a released notebook: ran a cell, or changed one for an answer.

    What cannot be read is somebody's too.
    """
    try:
        cells = json.loads(text)["cells"]
        return answered(text) or any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    except (ValueError, LookupError, TypeError, AttributeError):
        return True


def answered(text):
    """Whether a cell for an answer was changed. Which text it was given out with, its fingerprint tells, also where
    our tasks have changed since. What cannot be read may be an answer."""
    try:
        return any(_changed(cell) for cell in json.loads(text)["cells"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return True


def _changed(cell):
    meta = cell["metadata"].get("nbgrader", {})
    if not meta.get("solution"):
        return False
    return notebooks.checksum({**cell, "source": "".join(cell["source"])}) != meta.get("checksum")


def pack(folder, progress):
    """Write the archive into a folder of exercises.

    Args:
        folder: where the chapters lie.
        progress: the progress file, which need not exist.

    Returns:
        (the archive's path, a line for each notebook in it)

    Raises:
        FileNotFoundError: if there is nothing to keep yet.
    """
    import zipfile

    begun_ones = [path for path in sorted(folder.glob("*/*.ipynb")) if begun(path.read_bytes())]
    if not begun_ones and not progress.exists():
        raise FileNotFoundError("There is nothing to keep yet: no answer was checked, and no notebook was saved.")
    archive, lines = folder / ARCHIVE, []
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        if progress.exists():
            packed.write(progress, PROGRESS)
        for path in begun_ones:
            packed.write(path, path.relative_to(folder).as_posix())
            lines.append(f"{path.name}, saved {_ago(time.time() - path.stat().st_mtime)}")
    return archive, lines


def contents(archive, folder):
    """Read an archive for a folder of exercises.

    Returns:
        (the text of its progress file, {the path that a notebook shall have: its bytes})

    Raises:
        ValueError: if it holds something else than `pack` puts into one.
        FileNotFoundError: if the folder is not one of exercises.
    """
    import zipfile

    with zipfile.ZipFile(archive) as packed:
        members = {info.filename: info for info in packed.infolist()}
        for name, info in members.items():
            where = PurePosixPath(name)
            plain = len(where.parts) == 2 and not {"..", "/"} & set(where.parts) and "\\" not in name
            if info.file_size > LARGEST or not (name == PROGRESS or (plain and where.suffix == ".ipynb")):
                raise ValueError(f"{name!r} is no notebook of a chapter: progress() did not make this archive.")
            if not (folder / where.parent).is_dir():
                raise FileNotFoundError(f"Here is no folder {where.parent}: run this in a notebook of the exercises.")
        table = packed.read(PROGRESS).decode() if PROGRESS in members else "{}"
        return table, {folder / name: packed.read(name) for name in members if name != PROGRESS}


def bring(text, path):
    """Write a notebook, or write it beside one that has answers; return a line that says which."""
    if path.exists():
        here = path.read_bytes()
        if here == text:
            return f"{path.name} was the same already"
        if answered(here):
            path, taken = path.with_stem(f"{path.stem}-brought"), path.name
            path.write_bytes(text)
            return f"{taken} has answers here already: yours lies beside it as {path.name}"
    path.write_bytes(text)
    return f"{path.name} is back"


def _ago(seconds):
    if seconds < 90:
        return "just now"
    for unit, length, most in (("minutes", 60, 5400), ("hours", 3600, 129600)):
        if seconds < most:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds / 86400:.0f} days ago"
