"""`edutorch lessons`: put the course into a folder of the reader's choice, and open it in JupyterLab.

The course travels inside the installed package. In a clone of the repository it is the repository's own folders.
A file that the reader worked in is never written to. To know which those are, a small record in the folder keeps, for
each file, a fingerprint of what was put there last.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from . import requirements

PACKAGE = Path(__file__).resolve().parent
FOLDER = "edutorch-lessons"
RECORD = ".edutorch-lessons.json"
FIRST = "lessons/01_tensors.ipynb"


def repository():
    """Return the clone that this edutorch lies in, or None if it was installed from a wheel."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / FIRST).is_file() else None


def source():
    """Return the folder that the course is copied from.

    Raises:
        FileNotFoundError: if this edutorch came without one.
    """
    root = repository() or PACKAGE / "course_files"
    if not (root / FIRST).is_file():
        raise FileNotFoundError(f"This edutorch came without the lessons: there is no {root / FIRST}.")
    return root


def files(root):
    """Return the paths of the course's files, relative to its folder, with forward slashes."""
    patterns = ["**/*"]
    if root == repository():  # more lies there: what tools and readers leave behind
        import tomllib

        patterns = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["edutorch"]["course"]
    found = [path for pattern in patterns for path in root.glob(pattern)]
    return sorted(path.relative_to(root).as_posix() for path in found if path.is_file())


@dataclass
class Copied:
    """What `copy` did, file by file.

    Attributes:
        written: files that were not there.
        updated: files that were replaced by a newer version: nobody had worked in them.
        same: files that are as the course has them.
        kept: {a file that the reader worked in: the file beside it with the newer version, or None}.
    """

    written: list = field(default_factory=list)
    updated: list = field(default_factory=list)
    same: list = field(default_factory=list)
    kept: dict = field(default_factory=dict)

    def __str__(self):
        counts = [(self.written, "new"), (self.updated, "updated"), (self.same, "as before")]
        parts = [f"{len(these)} {what}" for these, what in counts if these]
        lines = [f"Files of the course: {', '.join(parts)}."] if parts else []
        if self.kept:
            lines.append("You worked in these, so they stay as they are:")
            lines += [f"  {name}" + (f"   (newer version: {new})" if new else "") for name, new in self.kept.items()]
            lines.append("For a fresh copy of one, give yours another name and run this again.")
        return "\n".join(lines)


def copy(folder):
    """Put the course into a folder, and return what was done. Nothing that the reader changed is written to.

    Each file appears whole or not at all. A copy that was interrupted is finished by the next one.

    Args:
        folder: need not exist.

    Returns:
        Copied: what became of each file.

    Raises:
        OSError: if the folder cannot be made or written to.
    """
    root, folder = source(), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    given, done = _read_record(folder), Copied()
    before = dict(given)
    try:
        for name in files(root):
            _place(folder, name, (root / name).read_bytes(), given, done)
    finally:  # also after Ctrl-C or on a full disk: what is there, is noted
        if given != before:
            _write(folder / RECORD, (json.dumps(given, indent=1, sort_keys=True) + "\n").encode())
    return done


def _place(folder, name, new, given, done):
    """Bring one file to its place, or a newer version beside it."""
    print_of_new = fingerprint(name, new)
    there = _fingerprint_of_file(folder, name)
    if there == print_of_new:
        done.same.append(name)
    elif there is None or there == given.get(name):
        _write(folder / name, new)
        (done.written if there is None else done.updated).append(name)
    elif given.get(name) == print_of_new:
        done.kept[name] = None  # the course has nothing newer than what the reader began with
    else:
        done.kept[name] = _put_beside(folder, name, new, given)
    given[name] = print_of_new


def _put_beside(folder, name, new, given):
    """Write a newer version under a free name of its own, and return the name."""
    stem, suffix = os.path.splitext(name)
    number = 1
    while True:
        beside = f"{stem}.new{number if number > 1 else ''}{suffix}"
        there = _fingerprint_of_file(folder, beside)
        if there in (None, given.get(beside), fingerprint(name, new)):
            break
        number += 1  # the reader works in that one too
    _write(folder / beside, new)
    given[beside] = fingerprint(name, new)
    return beside


def fingerprint(name, content):
    """Return what tells whether a reader changed a file: of a notebook its cells' text, not what running them left.

    Running a lesson changes its outputs; that is no work that could be lost, and the next version may replace it.
    """
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(content)["cells"]
            content = json.dumps([(cell["cell_type"], "".join(cell["source"])) for cell in cells]).encode()
        except (ValueError, LookupError, TypeError, RecursionError):
            pass  # no notebook, so it is taken byte for byte
    return hashlib.sha256(content).hexdigest()


def _fingerprint_of_file(folder, name):
    try:
        return fingerprint(name, (folder / name).read_bytes())
    except FileNotFoundError:
        return None


def _write(path, content):
    from .serialization.atomic import replacing

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)


def _read_record(folder):
    """Return {file: fingerprint of what was put there last}; without a readable record, every difference is work."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# ---- the command


def lessons(folder=None, open_lab=True, lab_arguments=()):
    """Put the course into a folder, say what was done, and open the first lesson.

    Args:
        folder: without one, a clone's own lessons are opened where they are; else it is `edutorch-lessons`, here.
        open_lab: False to copy only.
        lab_arguments: what JupyterLab itself is given on its command line.

    Returns:
        The exit status: JupyterLab's; 1 if the folder cannot be written or JupyterLab is not there.
    """
    here = Path.cwd()
    try:
        if folder is None and open_lab and repository():
            folder = repository()
        else:
            folder = here / (folder or ("" if (here / RECORD).exists() else FOLDER))
            print(f"The course is in {folder}")
            print(copy(folder))
    except OSError as error:
        print(f"edutorch: the lessons could not be put into {folder}: {_words(error)}", file=sys.stderr)
        return 1
    if not open_lab:
        return 0
    command = what_lessons_lack()
    if command:
        print(f"\nTo open it in JupyterLab, this is still to be installed:\n\n  {command}\n", file=sys.stderr)
        return 1
    return _open_lab(folder, lab_arguments)


def _words(error):
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"{error.filename} is a file, not a folder."
    return f"{error.strerror}: {error.filename}" if error.strerror else str(error)


def what_lessons_lack():
    """Return the command that installs what opening a lesson needs, or None if all is there."""
    try:
        missing = [one for one in requirements.requirements("lessons") if not one.met]
    except metadata.PackageNotFoundError:
        return requirements.python(f"-m pip install --editable {requirements.quoted(f'{PACKAGE.parent}[lessons]')}")
    return requirements.install_command(missing) if missing else None


def _open_lab(folder, arguments):
    """Start JupyterLab on a folder, with the first lesson open, and wait for its end."""
    import tempfile

    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container; JupyterLab refuses without
    print(f"Opening {FIRST} in JupyterLab. Ctrl-C here ends it.", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as config:
        # No question about news, and no look for a newer version: JupyterLab asks no other host. For this run only.
        page = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        os.mkdir(os.path.join(config, "labconfig"))
        Path(config, "labconfig", "page_config.json").write_text(json.dumps(page), encoding="utf-8")
        path = os.pathsep.join(filter(None, [config, os.environ.get("JUPYTER_CONFIG_PATH")]))
        environment = {**os.environ, "JUPYTER_CONFIG_PATH": path}
        process = subprocess.Popen([*command, *arguments, str(folder / FIRST)], cwd=folder, env=environment)
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                pass  # JupyterLab has got it too, and asks whether to stop
