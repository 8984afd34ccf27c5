"""Build the sdist and the wheel, and try the wheel as a learner would, in an empty environment: `make wheel`.

    python scripts/try_wheel.py

The environment is a fresh one, its home and working directory are empty folders outside the repository. What is
installed there beyond the wheel, `edutorch doctor` itself has asked for.
"""

import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
COURSE = "edutorch/course_files/"
PORT = 18787
# A wheel with these would be larger, and serve nobody: tests and benchmarks need PyTorch and the repository's tools,
# and the masters in solutions/ hold the hidden tests of teachers who grade from a clone.
LEFT_OUT = re.compile(r"(^|/)(tests|benchmarks|solutions|scripts|docs|\.ipynb_checkpoints)/|progress\.json$")

TRAINING = """
import edutorch
from edutorch.doctor import PYTORCH_LOSS, training_loss
assert "site-packages" in edutorch.__file__, edutorch.__file__
assert abs(training_loss(edutorch) - PYTORCH_LOSS) < 1e-4
"""
EXERCISE = """
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("exercises/ch01_tensors/ch01_tensors.ipynb", as_version=4)
cells = {cell.id: cell for cell in notebook.cells}
cells["strides_of-solution"].source = '''
def strides_of(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return tuple(strides)
'''
notebook.cells = [cells[name] for name in ("imports", "strides_of-solution", "strides_of-check")]
NotebookClient(notebook, resources={"metadata": {"path": "exercises/ch01_tensors"}}).execute()
said = notebook.cells[-1].outputs[0]["data"]["text/plain"]
assert said.startswith("strides_of: right."), said
"""


def build():
    """Return the paths of a new sdist, and of a wheel that is built from it."""
    for old in DIST.glob("edutorch_lessons-*"):
        old.unlink()
    command = [sys.executable, "-m", "build", "--outdir", DIST, ROOT]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    return sdist, wheel


def check_contents(sdist, wheel):
    """Refuse an archive that lacks a file of the course, has another one, or holds what is left out."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["edutorch"]["course"]
    tracked = subprocess.run(
        ["git", "ls-files", "--", *(f":(glob){p}" for p in patterns)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    course = set(tracked.stdout.split())
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as source:
        names = archive.namelist()
        packed = {name.removeprefix(COURSE) for name in names if name.startswith(COURSE)}
        assert packed == course, f"not as git has it: {sorted(packed ^ course)}"
        for name in course:
            assert archive.read(COURSE + name) == (ROOT / name).read_bytes(), f"{name} differs from the repository's"
        kernels = {f"edutorch/kernels/cuda/{path.name}" for path in (ROOT / "edutorch/kernels/cuda").glob("*.cu*")}
        assert kernels <= set(names), f"without kernels: {sorted(kernels - set(names))}"
        unwanted = [name for name in names + source.getnames() if LEFT_OUT.search(name)]
        assert not unwanted, unwanted
        size = sum(archive.getinfo(COURSE + name).compress_size for name in course)
    print(f"wheel: {wheel.stat().st_size / 1e6:.2f} MB, {size / 1e6:.2f} of them the course; {len(names)} files")
    print(f"sdist: {sdist.stat().st_size / 1e6:.2f} MB", flush=True)


class Environment:
    """A fresh environment in a folder, with a home of its own. `commands` runs in its folder `work`."""

    def __init__(self, folder):
        self.bin, self.work = folder / "venv" / "bin", folder / "work"
        home = folder / "home"
        home.mkdir()
        self.work.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER", "IPYTHON", "VIRTUAL_"))}
        self.variables = {
            **kept,
            "HOME": str(home),
            "TMPDIR": str(folder),
            "OMP_NUM_THREADS": "1",  # lesson 01 times a product: threads that wait for a busy machine would spoil it
            "PATH": f"{self.bin}{os.pathsep}/usr/bin{os.pathsep}/bin",
        }
        # How this machine reaches the package index may be written in the real home.
        where = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "pip" / "pip.conf"
        if where.exists():
            self.variables["PIP_CONFIG_FILE"] = str(where)

    def run(self, *command, status=0, **options):
        """Run a command, and return what it printed; any other exit status than `status` is an error."""
        done = subprocess.run(
            command, cwd=options.pop("cwd", self.work), env=self.variables, capture_output=True, text=True, **options
        )
        if done.returncode != status:
            sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout


def lab_answers(environment):
    """Start JupyterLab by `edutorch lessons`, and return the seconds until its page comes."""
    command = ["edutorch", "lessons", "course", "--", "--no-browser", f"--ServerApp.port={PORT}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token="]
    start = time.perf_counter()
    with open(environment.work / "lab.log", "w", encoding="utf-8") as log:
        lab = subprocess.Popen(
            command, cwd=environment.work, env=environment.variables, stdout=log, stderr=log, start_new_session=True
        )
        try:
            while time.perf_counter() - start < 60:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/lab/tree/lessons/01_tensors.ipynb") as page:
                        assert page.status == 200
                    return time.perf_counter() - start
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.2)
        finally:
            os.killpg(lab.pid, signal.SIGKILL)
            lab.wait()
    sys.exit("JupyterLab did not answer:\n" + (environment.work / "lab.log").read_text(encoding="utf-8"))


def main():
    start = time.perf_counter()

    def tell(text):
        print(f"{time.perf_counter() - start:5.0f} s  {text}", flush=True)

    sdist, wheel = build()
    tell("built")
    check_contents(sdist, wheel)
    with tempfile.TemporaryDirectory(prefix="edutorch-wheel-") as folder:
        fresh = Environment(Path(folder).resolve())
        began = time.perf_counter()
        fresh.run("python", "-m", "pip", "install", "--quiet", wheel)
        tell(f"the wheel, NumPy and ml_dtypes are installed, in {time.perf_counter() - began:.0f} s")
        fresh.run("python", "-c", TRAINING)
        tell("a training has PyTorch's loss")

        said = fresh.run("edutorch", "doctor", status=1)
        command = said.strip().splitlines()[-1].strip()
        assert "jupyterlab" in command, said
        began = time.perf_counter()
        fresh.run("sh", "-c", command)
        tell(f"what the doctor asked for is installed, in {time.perf_counter() - began:.0f} s")
        fresh.run("edutorch", "doctor")
        tell("the doctor finds nothing amiss")

        fresh.run("edutorch", "lessons", "course", "--copy-only")
        course = fresh.work / "course"
        tell(f"JupyterLab shows the first lesson, {lab_answers(fresh):.1f} s after `edutorch lessons`")
        fresh.run("jupyter", "execute", "--inplace", "lessons/01_tensors.ipynb", cwd=course)
        tell("lesson 01 runs")
        fresh.run("python", "-c", EXERCISE, cwd=course)
        tell("an exercise is answered and found right")

        lesson = course / "lessons" / "01_tensors.ipynb"
        changed = lesson.read_text(encoding="utf-8").replace("# ", "# Ann's notes. ", 1)
        lesson.write_text(changed, encoding="utf-8")
        (course / "lessons" / "02_autograd.ipynb").unlink()
        said = fresh.run("edutorch", "lessons", "course", "--copy-only")
        assert "lessons/01_tensors.ipynb" in said, said
        assert lesson.read_text(encoding="utf-8") == changed
        assert (course / "lessons" / "02_autograd.ipynb").exists()
        tell("a changed lesson survives a second `edutorch lessons`, a removed one comes back")


if __name__ == "__main__":
    main()
