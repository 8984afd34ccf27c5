"""The list of what edutorch needs, as the installed distribution says it, and the command that installs the rest."""

import shlex
import sys
import tomllib
from importlib import metadata, util
from pathlib import Path

import pytest

from edutorch import requirements
from edutorch.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_every_line_of_pyproject_is_understood(extra, monkeypatch):
    lines = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    marked = [line if extra is None else f'{line}; extra == "{extra}"' for line in lines]
    monkeypatch.setattr(metadata, "requires", lambda name: marked)
    found = requirements.requirements(extra)
    wanted = [line.partition(";")[0] for line in lines if not line.startswith("edutorch-lessons[")]
    assert [str(one) for one in found] == wanted  # for which system it is, is pip's business
    for one in found:
        assert requirements.satisfies(one.wanted.lstrip("<>=!"), one.wanted)


def test_the_installed_list_is_read():
    assert {"numpy", "ml_dtypes"} <= {one.name for one in requirements.requirements()}
    assert "jupyterlab" in {one.name for one in requirements.requirements("lessons")}
    assert all(one.met for one in requirements.requirements())


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [
        ("2.10", ">=2.9", True),
        ("2.9", ">=2.10", False),
        ("3.0.0", "==3", True),
        ("2.13.0+cpu", "==2.13.0", True),
        ("9.0rc1", ">=9", True),
        ("2.2", ">=2.1,<2.2", False),
        ("2.1.5", ">=2.1, != 2.1.4", True),
        ("1.0", "", True),
        ("unknown", ">=1", False),
    ],
)
def test_satisfies(version, wanted, answer):
    assert requirements.satisfies(version, wanted) is answer


def test_the_command_is_for_this_python_and_survives_a_shell(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/ann's venv/bin/python")
    missing = [
        Requirement("jupyterlab", "", ">=4.4", "lessons"),
        Requirement("cupy-cuda13x", "ctk", ">=13.6", "cuda13"),
    ]
    words = shlex.split(requirements.install_command(missing))
    assert words == [
        "/home/ann's venv/bin/python",
        *("-m", "pip", "install"),
        *("jupyterlab>=4.4", "cupy-cuda13x[ctk]>=13.6"),
    ]


def test_an_environment_without_pip(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    monkeypatch.setattr(requirements.shutil, "which", lambda name: "/usr/bin/uv")
    command = requirements.install_command([Requirement("pillow", "", ">=11", "lessons")], again=True)
    assert shlex.split(command) == [
        *("uv", "pip", "install", "--python", sys.executable),
        *("--force-reinstall", "pillow>=11"),
    ]
