"""`edutorch doctor`: what it finds in whole and in broken environments. What is broken here is truly broken."""

import json
import os
import re
import subprocess
import sys
import tempfile
import types
from importlib import metadata
from pathlib import Path

import pytest

import edutorch
from edutorch import course, doctor, requirements

LESSON = "lessons/01_tensors.ipynb"
BROKEN = """raise ImportError('''

libfoo.so.3: cannot open shared object file
and much more text''')"""


def run(*folders, command=("-m", "edutorch", "doctor"), **environment):
    """Run the doctor with folders of broken packages before all others; returns status, lines, errors."""
    path = os.pathsep.join(str(folder) for folder in folders)
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def package(folder, name, source):
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(source, encoding="utf-8")


def pretend(folder, name, version):
    """Let an installed distribution have another version, as an older one would say it."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def line(out, name):
    """Return a line's mark and its text, unwrapped."""
    lines = out.splitlines()
    (start,) = [i for i, text in enumerate(lines) if text[11:].startswith(f"{name} ")]
    end = start + 1
    while lines[end].startswith(" " * 25):
        end += 1
    words = " ".join(text.strip() for text in lines[start:end])
    return words.split()[0], words


# ---- environments


def test_a_whole_environment():
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "Amiss" not in out
    assert out.endswith("To open them: edutorch lessons\n")
    assert line(out, "Python")[0] == line(out, "engine")[0] == line(out, "kernel")[0] == "ok"
    for one in requirements.requirements() + requirements.requirements("lessons"):
        mark, text = line(out, one.name)
        assert mark == "ok"
        assert text.endswith(f"{one.installed}, wants {one.wanted}") or one.name == "numpy"
    assert "BLAS: " in out
    assert max(map(len, out.splitlines())) <= max(doctor.WIDTH, len(sys.executable) + 30)
    assert not re.search(r"[^\x20-\x7e\n]", out), "plain text, without colours"


def test_what_edutorch_stands_on_is_broken(tmp_path):
    package(tmp_path, "numpy", BROKEN)
    status, out, err = run(tmp_path)
    assert (status, err) == (1, "")
    mark, text = line(out, "numpy")
    assert mark == "broken"
    assert text.endswith("ImportError: libfoo.so.3: cannot open shared object file")
    assert "much more" not in out
    assert line(out, "engine")[0] == "-"
    assert re.search(r"  \S+ -m pip install --force-reinstall 'numpy>=2.1'", out.splitlines()[-1])


def test_importing_edutorch_then_says_where_to_ask(tmp_path):
    package(tmp_path, "numpy", BROKEN)
    status, out, err = run(tmp_path, command=("-c", "import edutorch"))
    assert (status, out) == (1, "")
    assert "edutorch needs numpy, which cannot be imported" in err
    assert "`python -m edutorch doctor` says what is missing" in err.splitlines()[-1]


def test_many_things_at_once(tmp_path):
    package(tmp_path, "matplotlib", "import os; os.abort()")
    pretend(tmp_path, "ipywidgets", "7.8.5")
    pretend(tmp_path, "safetensors", "0.7.0")
    pretend(tmp_path, "mpi4py", "4.1.0")
    package(tmp_path, "mpi4py", "raise RuntimeError('cannot load MPI library')")
    status, out, err = run(tmp_path)
    assert (status, err) == (1, "")
    assert line(out, "matplotlib")[1].endswith(": Python crashed: SIGABRT")
    assert line(out, "ipywidgets")[1] == "too old  ipywidgets    7.8.5, wants >=8.1"
    assert "safetensors 0.7.0 (wants ==0.8.0)" in line(out, "oracle")[1]
    mark, text = line(out, "mpi")
    assert mark == "partly"
    assert "mpi4py 4.1.0 (RuntimeError: cannot load MPI library)" in text
    assert "Amiss: ipywidgets, matplotlib. This mends it:" in out, "nobody must have the others"
    assert out.splitlines()[-1].endswith("-m pip install --force-reinstall 'ipywidgets>=8.1' 'matplotlib>=3.10'")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (BROKEN, "ImportError: libfoo.so.3: cannot open shared object file"),
        ("raise ValueError", "ValueError:"),
        ("import os; os.abort()", "Python crashed: SIGABRT"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os; os._exit(4)", "Python ended with status 4"),
        ("import missing_one", "ModuleNotFoundError: No module named 'missing_one'"),
        ("def f(:", "SyntaxError: invalid syntax"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt:"),
        ("print('\\x00', flush=True); import os; os.write(1, bytes([255]))", "UnicodeDecodeError"),
    ],
)
def test_a_broken_package_costs_a_line(tmp_path, monkeypatch, source, said):
    package(tmp_path, "broken", source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer, problem = doctor.attempt("import broken")
    assert answer is None
    assert problem.startswith(said)
    assert "\n" not in problem


def test_a_package_that_never_ends_its_import(monkeypatch):
    monkeypatch.setattr(doctor, "LIMIT_S", 1)
    assert doctor.attempt("import time\ntime.sleep(60)") == (None, "did not end in 1 seconds")


def test_a_kernel_of_another_python(tmp_path, monkeypatch):
    other = tmp_path / "kernels" / "python3"
    other.mkdir(parents=True)
    spec = {"argv": ["/nowhere/python", "-m", "ipykernel_launcher"], "display_name": "Old", "language": "python"}
    (other / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    report = doctor.Report()
    doctor.about_kernel(report, *doctor.attempt(doctor.KERNEL))
    assert report.amiss == ["kernel"]
    assert "a lesson would run on /nowhere/python: FileNotFoundError" in " ".join(report.lines)
    assert re.search(r"-m ipykernel install --(sys-prefix|user)$", report.mend())


def test_a_kernel_that_another_environment_has_left(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    report = doctor.Report()
    doctor.about_kernel(report, f"{tmp_path}/venv/bin/python\n--user", None)
    assert report.amiss == ["kernel"], "the same program, but another environment"
    report = doctor.Report()
    doctor.about_kernel(report, f"{sys.executable}\n--user", None)
    doctor.about_kernel(report, "python3\n--user", None)
    assert not report.amiss


def test_an_engine_that_computes_something_else():
    report, given = doctor.Report(), requirements.requirements()
    fine = types.SimpleNamespace(result=lambda: ("", None))
    tries = {one.name: fine for one in given}
    doctor.about_library(report, given, tries, fine, types.SimpleNamespace(result=lambda: ("1.25", None)))
    assert report.amiss == ["engine"]
    assert "end at a loss of 1.25; PyTorch's is" in " ".join(report.lines)
    assert report.mend() == ""
    assert doctor.verdict(report) == "Amiss: engine."


def test_a_folder_that_runs_edutorch_without_an_installation(monkeypatch, capsys):
    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", nowhere)
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert line(out, "edutorch")[0] == "missing"
    assert out.splitlines()[-1].endswith(f"-m pip install --editable '{course.PACKAGE.parent}[lessons]'")


def test_several_things_amiss_are_mended_by_one_command():
    report = doctor.Report()
    report.install = [requirements.parse('pillow>=11; extra == "lessons"')]
    report.commands = ["python -m ipykernel install --user"]
    assert re.fullmatch(r"\S+ -m pip install 'pillow>=11' && python -m ipykernel install --user", report.mend())


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_folder_that_cannot_be_written_to():
    """As another user if this one is root, whom no mode keeps out."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "closed")
        (folder / "course_files/lessons").mkdir(parents=True)
        (folder / "course_files" / LESSON).write_text("{}")
        Path(place).chmod(0o755)
        folder.chmod(0o555)
        program = f"""
import os, pathlib
from edutorch import course, doctor
if os.geteuid() == 0:
    os.setuid(65534)
os.chdir({str(folder)!r})
course.PACKAGE = pathlib.Path({str(folder)!r})
report = doctor.Report()
doctor.about_lessons(report, None, {{}}, None)
print(*report.amiss, *report.lines)
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("folder ")
    assert "cannot be written to (Permission denied)" in done.stdout


# ---- its parts


def test_the_known_loss_is_pytorchs(torch):
    assert f"{doctor.training_loss(torch):.4f}" == f"{doctor.PYTORCH_LOSS:.4f}"
    assert doctor.training_loss(edutorch) == pytest.approx(doctor.training_loss(torch), abs=1e-6)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'NVIDIA H200, 143771 MiB, 570.1'; echo 'NVIDIA H200, 143771 MiB, 570.1'", "570.1; NVIDIA H200"),
        ("echo 'Failed to initialize NVML' >&2; exit 9", "Failed to initialize NVML"),
        ("exit 1", "nvidia-smi says nothing"),
    ],
)
def test_what_nvidias_tool_says(tmp_path, monkeypatch, script, said):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert said in doctor.gpu()


def test_every_needed_module_can_be_imported_by_the_name_that_is_tried():
    for one in requirements.requirements() + requirements.requirements("lessons"):
        assert doctor.attempt(f"import importlib.util as u\nassert u.find_spec({doctor.module_of(one)!r})") == (
            "",
            None,
        )
