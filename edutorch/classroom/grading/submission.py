"""What was handed in: finding the files, reading them, and putting back what a learner must not change."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .. import notebooks
from ..task import chapters, names

LARGEST = 20_000_000  # bytes of a file: pictures in outputs take some, answers do not
IGNORED = re.compile(r"\.|__MACOSX$|Thumbs\.db$|desktop\.ini$")  # by the start of a name
CHAPTER = re.compile(r"ch\d\d", re.IGNORECASE)


class Unreadable(Exception):
    """The file cannot be graded; the message says why."""


@dataclass
class HandedIn:
    """One file of one student. `chapter` is empty if its name does not say which."""

    student: str
    path: Path
    chapter: str = ""


@dataclass
class Cell:
    """A cell as it will be run. `graded` is the name of the task that it gives points for, if it does."""

    name: str
    source: str
    graded: str = ""


@dataclass
class Program:
    """The cells of a submission, and what a person should look at."""

    chapter: str
    cells: list[Cell] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


# ---- finding


def handed_in(folder: Path) -> Iterator[HandedIn]:
    """Yield what lies in a folder of submissions, in order.

    Either a folder for each student, with the notebooks in it at any depth (nbgrader's
    `student/ch01_tensors/ch01_tensors.ipynb` is one such form), or files called `student_ch01.ipynb`. What is neither,
    such as an archive or a link, is yielded as well: it cannot be read, and a person is told.
    """
    for path in sorted(folder.iterdir()):
        if IGNORED.match(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            files = sorted(p for p in path.rglob("*.ipynb") if not hidden(p.relative_to(path)))
            if not files:  # what else there is: an empty folder, or a text that should have been a notebook
                others = (p for p in path.rglob("*") if p.is_file() and not hidden(p.relative_to(path)))
                files = [next(others, path)]
            for file in files:
                yield HandedIn(path.name, file, _chapter(file.stem) or _chapter(file.parent.name))
        else:
            found = CHAPTER.search(path.stem)
            student = path.stem[: found.start()] if found else path.stem
            yield HandedIn(student.rstrip(" _-.") or path.stem, path, _chapter(path.stem))


def hidden(path):
    """Whether a path leads through a folder of a program's own, such as `.ipynb_checkpoints`."""
    return any(IGNORED.match(part) for part in path.parts)


def _chapter(name):
    """Return the chapter that a file's name means: `ch01_tensors`, `ch01`, `CH01 (2)`."""
    found = CHAPTER.search(name)
    return next((c for c in chapters() if found and c.startswith(found[0].lower())), "")


# ---- reading


def read(handed: HandedIn) -> tuple[list[dict], list[str]]:
    """Return the cells of a file as dictionaries with `id`, `type`, `source`, and remarks.

    Raises:
        Unreadable: if it is no notebook, whatever it is.
    """
    if handed.path.is_symlink() or not handed.path.is_file():
        raise Unreadable("no notebook was handed in")
    if handed.path.stat().st_size > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST // 1_000_000} MB")
    text, remarks = _decoded(handed.path.read_bytes())
    try:
        tree = json.loads(text)
        cells = [_plain(cell) for cell in tree["cells"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"the file is not a notebook ({type(error).__name__})") from error
    return cells, remarks


def _decoded(data):
    """Return the text of a file, which should be UTF-8, and a remark if it is not."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8", "utf-8-sig") if not data.startswith(b"\xef\xbb\xbf") else ("utf-8-sig",)
    for encoding in (*encodings, "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, [] if encoding == "utf-8" else [f"the file is written in {encoding}, not in UTF-8"]
    raise AssertionError("latin-1 decodes everything")


def _plain(cell):
    source = cell["source"]
    meta = cell["metadata"].get("nbgrader")
    name = meta.get("grade_id") if isinstance(meta, dict) else None
    return {
        "id": str(name or cell.get("id", "")),
        "marked": bool(name),
        "type": str(cell["cell_type"]),
        "source": source if isinstance(source, str) else "".join(source),
    }


# ---- putting back


def program(chapter: str, cells: list[dict]) -> Program:
    """Return what to run: the learner's cells, with the locked ones as they were given out, and each of them there.

    Cells that only help while one learns (`check(...)`, hints, finales) are left out.
    """
    master = {cell["id"]: cell for cell in notebooks.master(chapter)["cells"]}
    given = {cell["id"]: cell for cell in notebooks.released(notebooks.master(chapter))["cells"]}
    locked = {name for name, cell in master.items() if cell["metadata"].get("nbgrader", {}).get("locked")}
    helpers = {_squeezed(c["source"]): c["id"] for c in given.values() if re.search(r"-(check|hint|finale)$", c["id"])}
    made, seen = Program(chapter), set()
    for number, cell in enumerate(cells, 1):
        name = cell["id"]
        if name in locked and cell["marked"]:
            if name in seen:
                made.remarks.append(f"a test cell twice: {name}")
                continue
            seen.add(name)
            if "HIDDEN TESTS" in cell["source"]:
                made.remarks.append("holds the hidden tests: it was made from the notebook in solutions/")
            elif _squeezed(cell["source"]) != _squeezed(given[name]["source"]):
                made.remarks.append(f"an edited test cell, put back: {name}")
            made.cells.append(_locked(master[name]))
        elif cell["marked"] and name in given and cell["type"] != "code":
            made.remarks.append(f"a cell turned into text, taken as code: {name}")
            made.cells.append(Cell(f"cell {number}", cell["source"]))
        elif cell["type"] == "code" and _squeezed(cell["source"]) not in helpers:
            made.cells.append(Cell(f"cell {number}", cell["source"]))
    for name in (n for n in master if n in locked and n not in seen):
        made.remarks.append(f"a deleted test cell, put back: {name}")
        # The imports belong before everything, a test after everything that it may test.
        where = len(made.cells) if master[name]["metadata"]["nbgrader"]["grade"] else 0
        made.cells.insert(where, _locked(master[name]))
    made.remarks = list(dict.fromkeys(made.remarks))
    made.remarks += [remark for cell in made.cells if not cell.graded for remark in signs(cell)]
    return made


def _locked(cell):
    graded = cell["id"].removesuffix("-graded") if cell["metadata"]["nbgrader"]["grade"] else ""
    return Cell(cell["id"], cell["source"], graded)


def _squeezed(source):
    """Return a source without what editors change unasked: line ends, blank lines, spaces at the end of a line."""
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


def which(handed: HandedIn, cells: list[dict]) -> str:
    """Return the chapter of a submission: as the file's name says, else as its cells do.

    Raises:
        Unreadable: if neither says.
    """
    if handed.chapter:
        return handed.chapter
    owners = names()
    tasks = [cell["id"].rpartition("-")[0] for cell in cells if cell["marked"]]
    counted = Counter(owners[task] for task in tasks if task in owners)
    if not counted:
        raise Unreadable("neither the file's name nor its cells say which chapter it is")
    return counted.most_common(1)[0][0]


# ---- what the text of a cell tells

INSIDE = re.compile(r"edutorch[./\\]classroom[./\\]\w|(?:^|[/\\])solutions(?:[/\\]|$)")
LEAVING = {"sys.exit", "os._exit", "os.abort", "os.kill", "exit", "quit"}
LIBRARIES = {"numpy", "edutorch", "builtins"}


def signs(cell: Cell) -> Iterator[str]:
    """Yield what in a learner's cell a person should look at. What runs is watched as well: see `witness.py`."""
    try:
        tree = ast.parse(_without_magics(cell.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it will not run either
    libraries = _names_of_libraries(tree)
    found = {}
    for node in ast.walk(tree):
        if _reaches_inside(node):
            found["reaches into edutorch.classroom or the solutions"] = True
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in LEAVING:
            found[f"calls {name}"] = True
        for target in _targets(node):
            if isinstance(target, ast.Attribute) and ast.unparse(target).partition(".")[0] in libraries:
                found[f"assigns to {ast.unparse(target)}"] = True
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" and node.args:
            name = ast.unparse(node.args[0])
            if name.partition(".")[0] in libraries:
                found[f"sets an attribute of {name}"] = True
    yield from (f"{what} ({cell.name})" for what in found)


def _without_magics(source):
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)


def _targets(node):
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def _reaches_inside(node):
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value) < 300 and bool(INSIDE.search(node.value))
    if isinstance(node, ast.Import):
        return any(INSIDE.match(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        names = [alias.name for alias in node.names]
        if module == "edutorch.classroom.simulator":
            return names != ["cuda"]  # what the kernels of chapter 7 are written with
        public = {"check", "hint", "progress", "solution", "swap", "numerical_gradient", "*"}
        return bool(INSIDE.match(module)) or (module == "edutorch.classroom" and not set(names) <= public)
    return isinstance(node, ast.Attribute) and bool(
        re.search(r"\bclassroom\.(task|tasks|grading)\b", ast.unparse(node))
    )


def _names_of_libraries(tree):
    """Return the names by which a cell knows the libraries; the usual ones count everywhere."""
    names = {"np", "numpy", "torch", "edutorch", "builtins", "F", "nn"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname for a in node.names if a.asname and a.name.partition(".")[0] in LIBRARIES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES:
            names |= {a.asname or a.name for a in node.names}
    return names
