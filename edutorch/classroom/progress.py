"""What a learner has done: one small file, readable and mergeable, that is the learner's to keep.

    {"strides_of": {"passed": "2026-11-21", "tries": 3, "hints": 1}}

It lies where EDUTORCH_PROGRESS says, else as `edutorch-progress.json` in the folder `exercises` that the notebook is
in, else in the working directory. It never fails a check: if it cannot be written, a warning says so once.
"""

from __future__ import annotations

import datetime
import html
import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

from . import keep as archives
from . import task as tasks

NAME = archives.PROGRESS
_warned: set[str] = set()


def grading():
    """Whether a teacher's grading is running: it neither reads nor writes a learner's progress."""
    return bool(os.environ.get("EDUTORCH_GRADING"))


def path():
    """Return where the file lies, or would."""
    if os.environ.get("EDUTORCH_PROGRESS"):
        return Path(os.environ["EDUTORCH_PROGRESS"])
    return folder() / NAME


def folder():
    """Return the folder `exercises` that the notebook is in, else the working directory."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if folder.name == "exercises"), here)


def _name():
    return os.path.basename(os.environ.get("EDUTORCH_PROGRESS") or NAME)


def read():
    """Return what was done: {task: {"passed": date, "tries": number, "hints": number}}."""
    if grading():
        return {}
    try:
        return _read(path())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _warn_once(f"Your progress file {_name()} cannot be read ({type(error).__name__}); it is left as it is.")
        return {}


def _read(where):
    return _parse(where.read_text(encoding="utf-8"))


def _parse(text):
    try:
        return _clean(json.loads(text))
    except RecursionError as error:
        raise ValueError("brackets without end") from error


def _clean(found):
    """Keep what is well formed: people may edit the file, and keep several."""
    if not isinstance(found, dict):
        raise ValueError("not a table of tasks")
    clean = {}
    for name, entry in found.items():
        if isinstance(entry, dict):
            kept = {k: entry[k] for k in ("tries", "hints") if type(entry.get(k)) is int and entry[k] >= 0}
            if isinstance(entry.get("passed"), str):
                kept = {"passed": entry["passed"], **kept}
            clean[name] = kept
    return clean


def merge(one, other):
    """Return the better of two: passed if either was, on the earlier day; the larger number of tries and hints.

    Example:
        >>> merge({"a": {"tries": 2}}, {"a": {"passed": "2026-11-21", "tries": 1}})
        {'a': {'passed': '2026-11-21', 'tries': 2}}
    """
    merged = {}
    for name in sorted({*one, *other}):
        a, b = one.get(name, {}), other.get(name, {})
        days = [entry["passed"] for entry in (a, b) if entry.get("passed")]
        entry = {"passed": min(days)} if days else {}
        for key in ("tries", "hints"):
            if key in a or key in b:
                entry[key] = max(a.get(key, 0), b.get(key, 0))
        merged[name] = entry
    return merged


def note_check(name, passed):
    """Note that an answer was checked."""
    today = datetime.date.today().isoformat()

    def note(entry):
        entry["tries"] = entry.get("tries", 0) + 1
        if passed:
            entry.setdefault("passed", today)

    _note(name, note)


def note_hint(name, rung):
    """Note how far up the ladder of hints the learner went."""
    _note(name, lambda entry: entry.update(hints=max(entry.get("hints", 0), rung)))


def _note(name, change):
    if grading():
        return
    try:
        where = path()
        done = _read(where) if where.exists() else {}
        change(done.setdefault(name, {}))
        _write(where, {n: {k: e[k] for k in ("passed", "tries", "hints") if k in e} for n, e in sorted(done.items())})
    except (OSError, ValueError) as error:
        _warn_once(f"Your progress could not be written to {_name()} ({type(error).__name__}). The check stands.")


def _write(where, done):
    """Write the file whole or not at all: a kernel may be stopped at any moment."""
    lines = [f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(entry)}" for name, entry in done.items()]
    beside = where.with_name(f"{where.name}.{os.getpid()}.part")
    try:
        beside.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        os.replace(beside, where)
    finally:
        beside.unlink(missing_ok=True)


def _warn_once(text):
    if text not in _warned:
        _warned.add(text)
        warnings.warn(text, stacklevel=4)


# ---- the page

KEEP = "To take this table and your notebooks home: progress(keep=True). On Binder do it before you leave: it forgets."
KEPT = (
    "Is a notebook missing, or older than your work? Save it (Ctrl S) and run this again. To go on elsewhere, upload"
    f' the file there and run progress("{archives.ARCHIVE}").'
)


@dataclass
class Progress:
    """What is done, chapter by chapter, as a page.

    Attributes:
        chapters: (title, [(task, its title, entry)]) for each chapter.
        told: lines above the tables: how they are kept, what was packed or brought back.
        archive: the file to download, if one was packed.
    """

    chapters: list
    told: list
    archive: Path | None = None

    def __str__(self):
        lines = [*self.told]
        for title, rows in self.chapters:
            done = sum(bool(entry.get("passed")) for _, _, entry in rows)
            lines += ["", f"{title}: {done} of {len(rows)}"]
            lines += [f"  {_sign(entry)} {name:<28} {_words(entry)}".rstrip() for name, _, entry in rows]
        return "\n".join(lines)

    def __repr__(self):
        return str(self)

    def _repr_html_(self):
        parts = [f"<p>{html.escape(line)}</p>" for line in self.told]
        if self.archive is not None:
            # From the notebook's folder: JupyterLab finds the file, and leaves a link with `download` to the browser.
            link = Path(os.path.relpath(self.archive)).as_posix()
            parts.append(f'<p><a href="{html.escape(link)}" download>Download {self.archive.name}</a></p>')
        heads = "".join(f'<th style="text-align: left">{head}</th>' for head in ("Done", "Task", "What", "How far"))
        for title, rows in self.chapters:
            done = sum(bool(entry.get("passed")) for _, _, entry in rows)
            cells = "".join(
                f'<tr><td>{_sign(entry)}</td><td style="text-align: left"><code>{html.escape(name)}</code></td>'
                f'<td style="text-align: left">{html.escape(what)}</td>'
                f'<td style="text-align: left">{html.escape(_words(entry))}</td></tr>'
                for name, what, entry in rows
            )
            bar = f'<progress max="{len(rows)}" value="{done}" aria-label="{html.escape(title)}"></progress>'
            caption = f"<b>{html.escape(title)}</b> {bar} {done} of {len(rows)}"
            parts.append(f'<table><caption style="text-align: left">{caption}</caption><tr>{heads}</tr>{cells}</table>')
        return "".join(parts)


def progress(file=None, *, keep=False):
    """Show what is done across the chapters; take it home, and bring it back.

    Args:
        file: what you kept elsewhere, `edutorch-work.zip` or another progress file. Its table is merged into yours, and
            its notebooks come back; none of your answers is written over. It is looked for here, then in the folders
            above.
        keep: pack the table and your notebooks, as they were last saved, into `edutorch-work.zip` to download.

    Raises:
        OSError, ValueError: if one of the files cannot be read; yours are left as they are.
        PermissionError: with a file or to keep one, while a class is graded.
    """
    if (file is not None or keep) and grading():
        raise PermissionError("No progress is kept while answers are graded.")
    told, archive = [], None
    if file is not None:
        told += _bring(_found(Path(file)))
    if keep:
        archive, kept = archives.pack(folder(), path())
        told += [f"Packed into {archive.name}: this table.", *(f"Packed too: {line}." for line in kept)]
        told.append(KEPT)
    rows = []
    done = read()
    for name in tasks.chapters():
        module = tasks.chapter(name)
        title = (module.__doc__ or name).strip().partition("\n")[0]
        rows.append((title, [(t, tasks.find(t).title, done.get(t, {})) for t in module.ORDER]))
    return Progress(rows, told or [KEEP], archive)


def _found(file):
    """A file that was uploaded may lie beside the notebook or in a folder above, as the file browser stood."""
    here = Path.cwd()
    return next((place / file for place in (here, *here.parents) if (place / file).is_file()), file)


def _bring(file):
    """Merge what was kept elsewhere into what is here; return a line for each thing that came back."""
    import zipfile

    mine = path()
    old = _read(mine) if mine.exists() else {}
    if zipfile.is_zipfile(file):
        table, notebooks = archives.contents(file, folder())
        found = _parse(table)
    else:
        found, notebooks = _read(file), {}
    _write(mine, merge(old, found))
    told = ["The table is back.", *(f"{archives.bring(text, where)}." for where, text in notebooks.items())]
    return [*told, "Is one of them open? Choose File, Reload Notebook from Disk."] if notebooks else told


def _sign(entry):
    return "✓" if entry.get("passed") else "·" if entry.get("tries") else " "


def _words(entry):
    def count(n, what):
        return f"{n} {what}{'s' * (n != 1)}"

    parts = [f"done on {entry['passed']}"] if entry.get("passed") else []
    parts += [count(entry["tries"], "check")] if entry.get("tries") else []
    parts += [f"hint {entry['hints']}"] if entry.get("hints") else []
    return ", ".join(parts)
