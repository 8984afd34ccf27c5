"""Where a submission runs: a process that has as little of this machine as the system lets us take away.

Always: a folder of its own that is removed afterwards, an environment without the teacher's variables, limits on time,
memory and the size of files. On Linux also, each where the system allows it: no network, folders that look empty, and,
if root grades, the user `nobody`. `Sandbox.report()` says what is in force and what is not.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import edutorch

LIBRARY = Path(edutorch.__file__).resolve().parent.parent
NOBODY = 65534
RUNNER = [sys.executable, "-P", "-m", "edutorch.classroom.grading.runner"]
PROBE = [sys.executable, "-P", "-c", "import numpy, IPython, edutorch.classroom; open('probe', 'w').close()"]
TO_START = 60  # seconds for a process to come up
LONGEST_LINE = 1 << 20  # bytes of what a process tells at once: ten times what our runner ever says

# sh FOLDER ... -- DISK ... -- PROGRAM: empty the folders, make the disks read-only but for where we are, run it.
COVER = """\
set -e
while [ "$1" != -- ]; do mount -t tmpfs -o ro,mode=000 none "$1"; shift; done; shift
mount --bind "$PWD" "$PWD"
while [ "$1" != -- ]; do mount -o remount,bind,ro "$1"; shift; done; shift
cd "$PWD"
exec "$@"
"""
NEVER_SHOWN = ("solutions", "tests", ".git")  # beside the library: what holds solutions


@dataclass
class Run:
    """What came of one run of the cells.

    Attributes:
        results: for each cell that came to its end, its error (empty if none) and what it printed.
        died: the cell in which the process ended or was stopped. stopped: it ran into the time limit.
        done: all cells were run.
    """

    results: dict[int, tuple[str, str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    died: int | None = None
    stopped: bool = False
    done: bool = False
    trouble: str = ""


class Sandbox:
    """Runs submissions.

    Args:
        hidden: further folders that no submission may see. timeout: seconds for each cell. memory: bytes.
    """

    def __init__(self, hidden=(), timeout=60.0, memory=2 << 30):
        self.timeout, self.memory = timeout, memory
        needed = [LIBRARY / "edutorch", Path(sys.prefix).resolve(), Path(tempfile.gettempdir()).resolve()]
        folders = [folder.resolve() for folder in (*(LIBRARY / name for name in NEVER_SHOWN), *map(Path, hidden))]
        self.secret = [str(f) for f in folders if f.is_dir() and not any(n.is_relative_to(f) for n in needed)]
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        self.root, self.nobody, self.namespaces, self.frozen = root, False, False, _writable()
        self.nobody = root  # while we try
        self.nobody = root and self._works(self._weak(PROBE, NOBODY))
        if sys.platform == "linux":
            self.namespaces = self._works(self._apart(PROBE))
            if not self.namespaces:  # perhaps without making the disks read-only
                self.frozen = []
                self.namespaces = self._works(self._apart(PROBE))

    def report(self):
        """Return what is in force, in sentences."""
        yes = ["each submission runs in a folder of its own, with limits on time, memory and the size of files"]
        no = []
        (yes if self.namespaces else no).append("no network, no sight of the solutions and of other submissions")
        (yes if self.namespaces and self.frozen else no).append("disks that cannot be written on")
        (yes if self.nobody else no).append("a user without rights" + ("" if self.root else " (only root can do that)"))
        lines = [f"In force: {'; '.join(yes)}."]
        if no:
            lines.append(f"NOT in force here: {'; '.join(no)}.")
        if not self.namespaces:
            lines.append("What a submission tries is refused where it is seen, and named. Better grade in a container.")
        return lines

    # ---- how the process is started

    def _weak(self, program, user=None):
        """Return the command that runs a program without a right to gain rights, as another user if one is given."""
        change = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return ["setpriv", *change, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", *program]

    def _apart(self, program):
        """Return the command that runs a program without network, in a world of processes and folders of its own."""
        own = [] if self.root else ["--map-root-user"]
        unshare = ["unshare", *own, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        weak = self._weak(program, self.nobody and NOBODY)
        return [*unshare, "sh", "-c", COVER, "sh", *self.secret, "--", *self.frozen, "--", *weak]

    def _command(self, program):
        if self.namespaces:
            return self._apart(program)
        return self._weak(program, NOBODY) if self.nobody else program

    @contextlib.contextmanager
    def _home(self):
        """A folder for one process, which is removed afterwards."""
        with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as home:
            if self.nobody:
                os.chown(home, NOBODY, NOBODY)
            yield home

    def _works(self, command):
        """Whether this system runs a command."""
        with self._home() as home:
            env = self._environment(home)
            try:
                done = subprocess.run(command, cwd=home, env=env, capture_output=True, timeout=TO_START, check=False)
            except (OSError, subprocess.TimeoutExpired):
                return False
            return done.returncode == 0

    def _environment(self, home):
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": f"{home}/.ipython",
            "PYTHONPATH": str(LIBRARY),
            "EDUTORCH_GRADING": "1",
            "MPLBACKEND": "agg",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        } | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}

    # ---- one run

    def run(self, chapter, cells, skip=()):
        """Run the cells of a submission, without those whose numbers are in `skip`."""
        with (
            self._home() as home,
            tempfile.TemporaryFile() as complaints,
        ):
            reading, writing = os.pipe()
            process = subprocess.Popen(
                self._command(RUNNER),
                cwd=home,
                env=self._environment(home),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=(writing,),
                start_new_session=True,
            )
            os.close(writing)
            orders = {
                "token": secrets.token_hex(16),
                "channel": writing,
                "memory": self.memory,
                "chapter": chapter,
                "secret": self.secret,
                "skip": sorted(skip),
                "cells": [asdict(cell) for cell in cells],
            }
            try:
                assert process.stdin is not None  # it is a pipe
                with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                    stdin.write(json.dumps(orders).encode() + b"\n")
                run = self._followed(reading, orders["token"])
            finally:
                os.close(reading)
                _end(process)
            if not run.done and run.died is None:
                complaints.seek(0)
                run.trouble = complaints.read(4000).decode(errors="replace").strip() or "the process did not start"
            return run

    def _followed(self, reading, token):
        """Read what the process tells until it ends, or takes too long over one cell."""
        run, current, rest = Run(), None, b""
        deadline = time.monotonic() + TO_START
        with selectors.DefaultSelector() as ready:
            ready.register(reading, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()  # it may be over, and the process talk on
                if left <= 0 or not ready.select(left):
                    run.stopped, run.died = True, current
                    return run
                data = os.read(reading, 1 << 16)
                if not data:
                    run.died = current
                    return run
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    run.died = current
                    return run
                for line in lines:
                    message = _message(line, token)
                    if "start" in message:
                        current, deadline = message["start"], time.monotonic() + self.timeout
                    elif "end" in message:
                        run.results[message["end"]] = (message["error"], message["printed"])
                        current, deadline = None, time.monotonic() + self.timeout
                    elif "remark" in message:
                        run.remarks.append(message["remark"])
                    elif "done" in message:
                        run.done = True
                        return run


def _writable():
    """Return where the disks are mounted that can be written on, as Linux says."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    fields = [line.split(" ") for line in lines]
    system = ("/proc", "/sys", "/dev")
    where = [path for _, path, _, options, *_ in fields if "rw" in options.split(",") and not path.startswith(system)]
    return list(dict.fromkeys([*where, "/dev/shm"]))


def _message(line, token):
    """Return what a line says, nothing if it does not come from our runner."""
    try:
        message = json.loads(line)
        return message if message.pop("token") == token else {}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _end(process):
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
