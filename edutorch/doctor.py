"""`edutorch doctor`: what is installed, whether it works, what is missing, and the one command that mends it.

Every import that may fail is tried in a process of its own: a package that is broken, that crashes Python or that
never ends costs one line of the report, not the report. Here only the standard library is imported.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from . import course, requirements
from .version import __version__

LIMIT_S = 120
WIDTH = 100
GIB = 2**30
# The module's name where it is not the distribution's.
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "cupy-cuda13x": "cupy"}
# What is tried of the extras that nobody must have: what depends on the machine's drivers and libraries.
TRIED = ("cupy-cuda13x", "mpi4py")

TRY = """
import sys
try:
{code}
except BaseException as error:
    sys.exit(f"{{type(error).__name__}}: " + (str(error).strip().splitlines() or [""])[0])
"""
BLAS = """
import ctypes, glob, os, numpy
blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
threads = ""
for path in glob.glob(os.path.join(os.path.dirname(numpy.__file__), os.pardir, "numpy.libs", "*openblas*")):
    library = ctypes.CDLL(path)
    for name in ("scipy_openblas_get_num_threads64_", "openblas_get_num_threads64_", "openblas_get_num_threads"):
        if hasattr(library, name):
            threads = f", threads: {getattr(library, name)()}"
print(f"BLAS: {blas['name']} {blas['version']}{threads}")
"""
ENGINE = """
sys.path.insert(0, {folder!r})
import edutorch
from edutorch.doctor import training_loss
print(training_loss(edutorch))
"""
KERNEL = """
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import prefer_environment_over_user
print(KernelSpecManager().get_kernel_spec("python3").argv[0])
print("--sys-prefix" if prefer_environment_over_user() else "--user")
"""
CUPY = """
import cupy
for number in range(cupy.cuda.runtime.getDeviceCount()):
    print("sees", cupy.cuda.runtime.getDeviceProperties(number)["name"].decode())
"""
PYTORCH_LOSS = 1.1096  # what `training_loss` gives on PyTorch 2.13


def training_loss(torch):
    """Return the loss after ten steps of a small training, which PyTorch's random numbers begin.

    Args:
        torch: edutorch, or PyTorch.
    """
    torch.manual_seed(0)
    x = torch.linspace(-2, 2, 64).reshape(-1, 1)
    model = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss = torch.nn.functional.mse_loss(model(x), x**2)
    for _ in range(10):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss = torch.nn.functional.mse_loss(model(x), x**2)
    return loss.item()


@dataclass
class Report:
    """The lines of the report, and what was found amiss.

    Attributes:
        lines: the text so far.
        amiss: the names of what a learner needs and does not have.
        install: requirements that are to be installed.
        broken: whether one of them is there and does not work.
        commands: other commands that mend something.
    """

    lines: list = field(default_factory=list)
    amiss: list = field(default_factory=list)
    install: list = field(default_factory=list)
    broken: bool = False
    commands: list = field(default_factory=list)

    def title(self, text):
        """Begin a part."""
        self.lines += ["", text]

    def line(self, mark, name, text):
        """Add a line: a mark in a word, what it is about, what was found."""
        first = f"  {mark:<8} {name:<13} "
        self.lines += textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first)) or [first]

    def need(self, mark, name, text):
        """Add a line about something that a learner needs."""
        self.line(mark, name, text)
        if mark != "ok":
            self.amiss.append(name)

    def mend(self):
        """Return the one command that mends what is amiss; empty if no command can."""
        install = [requirements.install_command(self.install, again=self.broken)] if self.install else []
        return " && ".join(install + self.commands)


def main():
    """Print the report; return the exit status: 0 if the lessons can be opened and run, else 1."""
    from concurrent.futures import ThreadPoolExecutor

    report = Report()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            needed = {extra: requirements.requirements(extra) for extra in (None, "lessons")}
        except metadata.PackageNotFoundError:
            needed = {}
        tries = {
            one.name: pool.submit(attempt, f"import {module_of(one)}") for these in needed.values() for one in these
        }
        blas, kernel = pool.submit(attempt, BLAS), pool.submit(attempt, KERNEL)
        engine = pool.submit(attempt, ENGINE.format(folder=str(course.PACKAGE.parent)))
        tools = [one for extra in extras() for one in requirements.requirements(extra)] if needed else []
        optional = {
            one.name: pool.submit(attempt, CUPY if module_of(one) == "cupy" else f"import {module_of(one)}")
            for one in tools
            if one.name in TRIED and one.installed
        }

        about_machine(report)
        about_library(report, needed.get(None), tries, blas, engine)
        about_lessons(report, needed.get("lessons"), tries, kernel)
        about_extras(report, tools, optional)
    report.title(verdict(report))
    print(*report.lines[1:], sep="\n")
    return int(bool(report.amiss))


def attempt(code, python=sys.executable):
    """Run a piece of Python in a process of its own.

    Returns:
        (what it printed, None), or (None, what went wrong, in a line).
    """
    try:
        code = TRY.format(code=textwrap.indent(code, "    "))
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return None, f"did not end in {LIMIT_S} seconds"
    except (OSError, UnicodeDecodeError) as error:
        return None, f"{type(error).__name__}: {error}"
    if done.returncode < 0:
        return None, f"Python crashed: {signal.Signals(-done.returncode).name}"
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or [f"Python ended with status {done.returncode}"])[-1]
    return done.stdout.strip(), None


def module_of(requirement):
    """Return the name under which a requirement is imported."""
    return MODULES.get(requirement.name, requirement.name.replace("-", "_"))


def extras():
    """Return the names of edutorch's extras beside the lessons."""
    return [
        name for name in metadata.metadata(requirements.DISTRIBUTION).get_all("Provides-Extra", []) if name != "lessons"
    ]


# ---- the parts of the report


def about_machine(report):
    """Add what the standard library knows of the machine."""
    report.title("The machine")
    report.line("", "system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    report.line("", "processor", f"{processor()}, cores: {usable} of {os.cpu_count()} for this process")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        report.line("", "memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / GIB:.1f} GiB")
    folder = course.repository() or Path.cwd()
    report.line("", "disk", f"{shutil.disk_usage(folder).free / GIB:.1f} GiB free where {folder} is")
    report.line("", "GPU", gpu())


def processor():
    """Return the processor's name, as far as the system tells it."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        described = []
    named = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def gpu():
    """Return what NVIDIA's own tool says of the graphics cards."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "no NVIDIA driver (there is no nvidia-smi)"
    question = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(question, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi does not answer: {type(error).__name__}"
    return "; ".join((done.stdout or done.stderr).strip().splitlines()[:8]) or "nvidia-smi says nothing"


def about_library(report, needed, tries, blas, engine):
    """Add Python, edutorch and what it stands on."""
    report.title("The library")
    wanted = requirements.python_wanted() if needed is not None else ""
    good = requirements.satisfies(platform.python_version(), wanted)
    report.need("ok" if good else "too old", "Python", f"{platform.python_version()}{_wants(wanted)}, {sys.executable}")
    if needed is None:
        report.need("missing", "edutorch", f"{__version__} in {course.PACKAGE}, which is not installed for this Python")
        report.commands.append(course.what_lessons_lack())
        return
    installed = metadata.version(requirements.DISTRIBUTION)
    differs = "" if installed == __version__ else f"; but {installed} is what pip installed"
    report.need("other" if differs else "ok", "edutorch", f"{__version__}, {course.PACKAGE}{differs}")
    if differs:
        report.commands.append(f"{requirements.python('-m pip uninstall')} {requirements.DISTRIBUTION}")
    for one in needed:
        about_requirement(report, one, tries)
        if one.name == "numpy" and blas.result()[0]:
            report.line("", "", blas.result()[0])
    if set(report.amiss) & {one.name for one in needed}:
        report.line("-", "engine", "not tried without the above")
        return
    said, problem = engine.result()
    if problem is None and abs(float(said) - PYTORCH_LOSS) < 1e-4:
        report.need("ok", "engine", f"ten steps of training end at the loss that PyTorch has, {PYTORCH_LOSS}")
    else:
        found = problem or f"ten steps of training end at a loss of {said}; PyTorch's is {PYTORCH_LOSS}"
        report.need("broken", "engine", found)


def about_lessons(report, needed, tries, kernel):
    """Add what opens and draws the lessons."""
    report.title("The lessons")
    for one in needed or ():
        about_requirement(report, one, tries)
    if needed and not set(report.amiss) & {one.name for one in needed}:
        about_kernel(report, *kernel.result())
    try:
        root = course.source()
    except FileNotFoundError as error:
        report.need("missing", "lessons", str(error))
        return
    count = len([name for name in course.files(root) if name.startswith("lessons/") and name.endswith(".ipynb")])
    report.line("ok", "lessons", f"{count} notebooks in {root}")
    folder = course.repository() or Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=folder):
            report.line("ok", "folder", f"{folder} can be written to")
    except OSError as error:
        report.need("closed", "folder", f"{folder} cannot be written to ({error.strerror}): go to one that can")


def about_kernel(report, said, problem):
    """Add whether the kernel `python3`, which every lesson asks for, is this Python."""
    if problem is not None:
        report.need("broken", "kernel", problem)
        report.commands.append(requirements.python("-m ipykernel install --sys-prefix"))
        return
    program, where = said.splitlines()
    if os.path.basename(program) == program:
        program = sys.executable  # Jupyter itself reads a bare `python` so
    prefix, problem = attempt("print(sys.prefix)", program)
    if prefix is not None and os.path.realpath(prefix) == os.path.realpath(sys.prefix):
        report.need("ok", "kernel", "a lesson runs on this Python")
        return
    report.need(
        "other", "kernel", f"a lesson would run on {program}" + (f": {problem}" if problem else ", not this Python")
    )
    report.commands.append(requirements.python(f"-m ipykernel install {where}"))


def about_requirement(report, one, tries):
    """Add a line about something that is needed, and note it if it is to be installed."""
    wants = _wants(one.wanted)
    problem = tries[one.name].result()[1]
    if one.installed is None:
        mark, text = "missing", wants.removeprefix(", ")
    elif not one.met:
        mark, text = "too old", f"{one.installed}{wants}"
    elif problem is not None:
        mark, text = "broken", f"{one.installed}: {problem}"
        report.broken = True
    else:
        mark, text = "ok", f"{one.installed}{wants}"
    report.need(mark, one.name, text)
    if mark != "ok":
        report.install.append(one)


def about_extras(report, tools, tried):
    """Add what nobody must have: for the tests, for a GPU, for several processes."""
    report.title("What only some need")
    for extra in dict.fromkeys(one.extra for one in tools):
        these = [one for one in tools if one.extra == extra]
        found = {one.name: tried[one.name].result() for one in these if one.name in tried}
        texts = [_state(one, *found.get(one.name, ("", None))) for one in these]
        good = all(one.met for one in these) and not any(problem for _, problem in found.values())
        none = not any(one.installed for one in these)
        report.line("ok" if good else "-" if none else "partly", extra, ", ".join(texts))
    launcher = shutil.which("mpiexec")
    report.line("ok" if launcher else "-", "mpiexec", launcher or "not found")


def _state(one, said, problem):
    if one.installed is None:
        return f"{one.name} not installed"
    remark = f"wants {one.wanted}" if not one.met else problem or said
    return f"{one.name} {one.installed}" + (f" ({remark})" if remark else "")


def _wants(wanted):
    return f", wants {wanted}" if wanted else ""


def verdict(report):
    """Return the last words: all is there, or what is amiss and the command that mends it."""
    if not report.amiss:
        return "All that the lessons need is there. To open them: edutorch lessons"
    text = f"Amiss: {', '.join(report.amiss)}."
    command = report.mend()
    return f"{text} This mends it:\n\n  {command}" if command else text
