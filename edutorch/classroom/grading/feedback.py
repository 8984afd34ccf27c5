"""The results of a class: a table of marks, and a page for each submission. Nothing that a learner wrote is trusted."""

from __future__ import annotations

import csv
import html
import re

ERRORS = "backslashreplace"  # names of files, and answers, may hold what is no text: half a UTF-16 pair
STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: 0.2rem 0.8rem; text-align: left; vertical-align: top; }
tr { border-bottom: 1px solid #d0d7de; } pre { background: #f6f8fa; padding: 0.6rem; white-space: pre-wrap; }
.number { text-align: right; }"""


def number(value):
    """Return points as people write them.

    Example:
        >>> number(2.0), number(1.5)
        ('2', '1.5')
    """
    return f"{value:g}"


def write(results, folder):
    """Write `marks.csv`, `index.html` and a page for each submission into a folder; return the table's path.

    Pages of an earlier grading go: numbered otherwise, they would lie beside the new ones.
    """
    pages = folder / "feedback"
    pages.mkdir(parents=True, exist_ok=True)
    for old in pages.glob("[0-9][0-9][0-9]*-*.html"):
        old.unlink()
    rows = []
    for count, graded in enumerate(results, 1):
        page = pages / f"{count:03d}-{_plain(graded.student)}-{_plain(graded.chapter) or 'unreadable'}.html"
        page.write_text(_page(graded), encoding="utf-8", errors=ERRORS)
        rows.append((graded, f"feedback/{page.name}"))
    (folder / "index.html").write_text(_overview(rows), encoding="utf-8", errors=ERRORS)
    table = folder / "marks.csv"
    _table(results, table)
    return table


def _table(results, path):
    tasks = list(dict.fromkeys(f"{g.chapter}/{m.task}" for g in results for m in g.marks))
    with path.open("w", encoding="utf-8", errors=ERRORS, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "chapter", "file", "points", "of", "needs a human eye", "seconds", *tasks])
        for graded in results:
            marks = {f"{graded.chapter}/{mark.task}": number(mark.points) for mark in graded.marks}
            eye = "; ".join(graded.reasons)
            head = [graded.student, graded.chapter, graded.file, number(graded.points), number(graded.most), eye]
            values = [*head, f"{graded.seconds:.1f}", *(marks.get(task, "") for task in tasks)]
            writer.writerow([_no_formula(value) for value in values])


def _no_formula(text):
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _plain(text):
    return re.sub(r"[^\w-]+", "_", text)[:40]


def _page(graded):
    parts = [f"<p>{number(graded.points)} of {number(graded.most)} points.</p>"]
    parts.append("<table><tr><th>Task</th><th>Points</th><th>How it stands</th></tr>")
    for mark in graded.marks:
        of = f"{number(mark.points)} of {number(mark.most)}"
        parts.append(f"<tr><td><code>{mark.task}</code></td><td class=number>{of}</td><td>{_e(mark.state)}</td></tr>")
    parts.append("</table>")
    if graded.reasons:
        parts.append("<h2>Your teacher looks at this</h2><ul>")
        parts += [f"<li>{_e(reason)}</li>" for reason in graded.reasons]
        parts.append("</ul>")
    for mark in graded.marks:
        if mark.words:
            parts.append(f"<h2><code>{mark.task}</code>: {_e(mark.state)}</h2><pre>{_e(mark.words)}</pre>")
    parts.append("<h2>What you handed in</h2>")
    for name, source, printed, error in graded.cells:
        parts.append(f"<h3>{_e(name)}</h3><pre>{_e(source[:20_000])}</pre>")
        for what, text in ("Prints", printed), ("Error", error):
            parts += [f"<p>{what}:</p><pre>{_e(text)}</pre>"] if text else []
    return _html(f"{graded.chapter or 'no chapter'}: {graded.student}", parts)


def _overview(rows):
    parts = ["<table><tr><th>Student</th><th>Chapter</th><th>Points</th><th>Needs a human eye</th></tr>"]
    for graded, page in rows:
        parts.append(
            f'<tr><td><a href="{_e(page)}">{_e(graded.student)}</a></td><td>{_e(graded.chapter)}</td>'
            f"<td class=number>{number(graded.points)} of {number(graded.most)}</td>"
            f"<td>{'<br>'.join(map(_e, graded.reasons))}</td></tr>"
        )
    return _html("Marks", [*parts, "</table>"])


def _e(text):
    return html.escape(str(text))


def _html(title, parts):
    head = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{_e(title)}</title>'
    body = "\n".join([f"<main><h1>{_e(title)}</h1>", *parts, "</main>"])
    return f"{head}<style>{STYLE}</style></head><body>{body}</body></html>\n"
