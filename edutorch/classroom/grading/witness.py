"""Watching a submission while it runs, inside its own process: what it opens, and what it puts in place of our code.

This is not what keeps a class's files safe (`sandbox.py` is): who knows Python well gets round it. It turns away what
learners do try, and it sees to it that a person looks.
"""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

CELL = "<learner's "  # how the code of a learner's cell is called: `<learner's cell 3>`
CLASSROOM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Audit events (https://docs.python.org/3/library/audit_events.html) and what they mean.
FORBIDDEN = {
    "os.system": "starts a program",
    "os.exec": "starts a program",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a program",
    "pty.spawn": "starts a program",
    "subprocess.Popen": "starts a program",
    "os.kill": "sends a signal",
    "socket.connect": "reaches for the network",
    "socket.getaddrinfo": "reaches for the network",
    "socket.gethostbyname": "reaches for the network",
    "urllib.Request": "reaches for the network",
    "ctypes.dlopen": "calls the system past Python",
    "gc.get_objects": "looks through the memory of the process",
    "gc.get_referrers": "looks through the memory of the process",
}
IMPORTS, LOOKS = ABOUT_SOLUTIONS = ("imports the tasks' solutions", "looks for the solutions")
READING = {"os.listdir", "os.scandir"}
CHANGING = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.link", "os.symlink", "os.truncate"}


class Witness:
    """Refuses some of what a learner's code asks for, and notes it.

    Args:
        secret: folders that a learner's code may not look into. home: the one that it may write in.
        note: called with each remark, once.
    """

    def __init__(self, secret, home, note):
        self.secret = [os.path.realpath(folder) for folder in secret]
        self.home = os.path.realpath(home)
        self._say, self._noted, self._looking = note, set(), False

    def install(self):
        """Begin to watch. An audit hook cannot be taken away again, by nobody."""
        sys.addaudithook(self._hook)

    def note(self, remark):
        """Say a remark once."""
        if remark not in self._noted:
            self._noted.add(remark)
            self._say(remark)

    def _hook(self, event, arguments):
        if self._looking:
            return
        self._looking = True
        try:
            wrong = self._wrong(event, arguments)
            # What a library does while it is being imported (matplotlib looks for fonts) is its own affair.
            cell = wrong and self._learner_asks(("<frozen importlib",) if wrong not in ABOUT_SOLUTIONS else ())
            if not cell:
                return
            self.note(f"{wrong} ({cell})")
        finally:
            self._looking = False
        raise PermissionError(f"While a class is graded, this is refused: it {wrong}.")

    def _wrong(self, event, arguments):
        if event in FORBIDDEN:
            return FORBIDDEN[event]
        if event == "import":
            inside = str(arguments[0]).startswith(("edutorch.classroom.tasks.", "edutorch.classroom.grading"))
            return IMPORTS if inside else ""
        if event not in READING and event not in CHANGING and event != "open":
            return ""
        path = arguments[0] if arguments else None
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str | Path):
            return ""  # an open file, or the working directory
        path = os.path.realpath(path)
        if any(_within(path, folder) for folder in self.secret):
            return LOOKS
        writes = event in CHANGING or (event == "open" and _for_writing(arguments))
        if writes and not _within(path, self.home) and path != os.devnull:
            return "changes files outside its own folder"
        return ""

    def _learner_asks(self, trusted):
        """Return the name of the learner's cell on whose behalf we are called, empty if it is somebody else's doing.

        Of the functions that are running, the innermost decides that is the learner's, the classroom's, or trusted.
        """
        frame = sys._getframe(2)
        while frame is not None:
            where = frame.f_code.co_filename
            if where.startswith(CELL):
                return where.removeprefix(CELL).rstrip(">")
            if where.startswith(self.home + os.sep):  # a module that the learner wrote
                return os.path.basename(where)
            if where.startswith((CLASSROOM, *trusted)):
                return ""
            frame = frame.f_back
        return ""


def _within(path, folder):
    return path == folder or path.startswith(folder + os.sep)


def _for_writing(arguments):
    _, mode, flags = (*arguments, None, None)[:3]
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


# ---- our own code, as it was


class Originals:
    """The functions and classes of NumPy, edutorch and Python's builtins, as they were before the learner's code."""

    WATCHED = ("numpy", "edutorch", "builtins")

    def __init__(self, also=()):
        """Remember. `also` are further objects whose attributes must not change, such as the tasks."""
        self._all = []  # (owner, its name, {attribute: value})
        modules = [m for n, m in list(sys.modules.items()) if n.partition(".")[0] in self.WATCHED]
        for module in modules:
            self._remember(module, module.__name__, only_code=True)
        for owner in also:
            self._remember(owner, repr(owner), only_code=False)

    def _remember(self, owner, name, only_code):
        kept = {k: v for k, v in vars(owner).items() if not only_code or _is_code(v)}
        codes = {k: v.__code__ for k, v in kept.items() if isinstance(v, types.FunctionType)}
        self._all.append((owner, name, kept, codes))
        for key, value in kept.items():
            mine = isinstance(value, type) and value.__module__ == getattr(owner, "__name__", None)
            if mine and isinstance(owner, types.ModuleType) and value.__flags__ & (1 << 9):  # made in Python
                self._remember(value, f"{name}.{key}", only_code=True)

    def restore(self):
        """Put back what was replaced; return the names of it."""
        replaced = []
        for owner, name, kept, codes in self._all:
            now = vars(owner)
            for key, value in kept.items():
                if now.get(key) is not value:
                    setattr(owner, key, value)
                    replaced.append(f"{name}.{key}")
                if key in codes and value.__code__ is not codes[key] and not _ours(value.__code__):
                    value.__code__ = codes[key]
                    replaced.append(f"{name}.{key}")
        return replaced


def _ours(code):
    """Whether the library itself wrote a piece of code: it writes its operators' when they are first called."""
    return code.co_filename.startswith((os.path.dirname(CLASSROOM), "<edutorch operator "))


def _is_code(value):
    return callable(value) or isinstance(value, property | staticmethod | classmethod)
