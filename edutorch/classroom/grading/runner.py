"""The process in which one submission runs: `python -m edutorch.classroom.grading.runner`.

It reads its orders from standard input, one JSON object, and writes what happens as JSON, a line each, to the file
descriptor that they name: `start` and `end` of each cell, remarks, `done`. Whatever goes wrong in here, up to the
sudden end of this process, the grader on the other side lives on.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import json
import linecache
import os
import sys
import traceback

MOST_KEPT = 10_000  # characters of what one cell prints
TOO_MUCH = 1_000_000  # characters at which a person should look, and the cell ends


class TooMuchOutput(Exception):
    """A cell printed more than anybody reads."""


class Screen(io.TextIOBase):
    """Stands for the screen: keeps the beginning of what is printed, and ends a cell that does not stop."""

    def __init__(self):
        self.clear()

    def clear(self):
        """Forget what was printed."""
        self.parts, self.length = [], 0

    def writable(self):
        """Whether one can write: yes."""
        return True

    def write(self, text):
        """Keep a text, as far as there is room."""
        text = str(text)
        if self.length < MOST_KEPT:
            self.parts.append(text[: MOST_KEPT - self.length])
        self.length += len(text)
        if self.length > TOO_MUCH:
            raise TooMuchOutput(f"more than {TOO_MUCH} characters")
        return len(text)

    def text(self):
        """Return what was printed."""
        more = f"\n… and {self.length - MOST_KEPT} more characters" if self.length > MOST_KEPT else ""
        return "".join(self.parts) + more


def main():
    orders = json.loads(sys.stdin.readline())
    _limit(orders["memory"])
    channel = os.fdopen(orders["channel"], "w", encoding="utf-8")

    def tell(**what):
        channel.write(json.dumps({"token": orders["token"], **what}) + "\n")
        channel.flush()

    Session(orders, tell).run()
    tell(done=True)
    channel.flush()
    os._exit(0)  # threads that a submission left behind do not keep us


def _limit(memory):
    """Limit what this process may take: memory, the size of files; where the system has no such limits, nothing."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", 50_000_000), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, kind), (most, most))


class Session:
    """The learner's cells and ours, in one namespace as in a notebook."""

    def __init__(self, orders, tell):
        from IPython.core.interactiveshell import InteractiveShell

        import edutorch.classroom
        from edutorch.classroom import task

        from .witness import CELL, Originals, Witness

        self.cells, self.skipped, self.tell = orders["cells"], set(orders["skip"]), tell
        self.screen = Screen()
        shell = InteractiveShell.instance(colors="NoColor")
        if shell.history_manager is not None:
            shell.history_manager.enabled = False
        self.shell, self.names, self.file = shell, shell.user_ns, CELL
        tasks = [task.find(name) for name in task.chapter(orders["chapter"]).ORDER]
        self.given = {name: getattr(edutorch.classroom, name) for name in edutorch.classroom.__all__}
        self.originals = Originals(also=tasks)
        self.witness = Witness(orders["secret"], os.getcwd(), lambda remark: tell(remark=remark))

    def run(self):
        """Run all cells, one after another, and tell how each went."""
        sys.stdout = sys.stderr = self.screen
        self.witness.install()
        for number, cell in enumerate(self.cells):
            if number in self.skipped:
                continue
            self.tell(start=number)
            self.screen.clear()
            if cell["graded"]:
                error = self._graded(cell)
            else:
                error = self._learners(cell)
            sys.stdout = sys.stderr = self.screen
            if self.screen.length > TOO_MUCH:
                self.witness.note(f"prints more than {TOO_MUCH} characters ({cell['name']})")
            self.tell(end=number, error=error, printed=self.screen.text())

    def _learners(self, cell):
        """Run a cell of the learner's as a notebook does, with magics, and return the error in it."""
        path = f"{self.file}{cell['name']}>"
        try:
            source = self.shell.transform_cell(cell["source"])
            linecache.cache[path] = (len(source), None, [line + "\n" for line in source.splitlines()], path)
            return self._run(source, path, interactive=True)
        except BaseException as error:
            return _words(error)

    def _graded(self, cell):
        """Run one of our cells, with our own code as it was, and return why it gives no points; empty if it does."""
        self._restore(cell)
        for name in {"check"} & set(self.given):
            if self.names.get(name, self.given[name]) is not self.given[name]:
                self.witness.note(f"puts another `{name}` in place of ours")
            self.names[name] = self.given[name]
        error = self._run(cell["source"], f"<{cell['name']}>")
        if self._restore(cell):
            return error or "The library was changed while the test ran."
        return error

    def _restore(self, cell):
        replaced = self.originals.restore()
        for name in replaced[:5]:
            self.witness.note(f"replaces {name}")
        return bool(replaced)

    def _run(self, source, path, interactive=False):
        flags = 0x2000 if interactive else 0  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            result = eval(compile(source, path, "exec", flags, dont_inherit=True), self.names)
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except BaseException as error:  # SystemExit and KeyboardInterrupt as well: a cell ends, not the session
            return _words(error)
        return ""


def _words(error):
    """Return an error as a few lines: of ours the verdict, else its type and message, and the learner's line."""
    try:
        if type(error).__name__ == "NotYet":
            return str(error)
        lines = traceback.format_exception_only(error)
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<learner")]
        where = f"{frames[-1].filename.strip('<>')}, line {frames[-1].lineno}: " if frames else ""
        return (where + "".join(lines).strip())[:2000]
    except BaseException:
        return f"{type(error).__name__}, which cannot be shown"


if __name__ == "__main__":
    main()
