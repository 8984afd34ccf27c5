"""Without PyTorch its tests skip and are loudly counted; in continuous integration that is an error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITHOUT_TORCH = "import sys, pytest; sys.modules['torch'] = None; sys.exit(pytest.main(sys.argv[1:]))"
BY_FIXTURE = "def test_one(torch): ...\ndef test_two(torch): ...\ndef test_three(): ...\n"
BY_FILE = "import pytest\ntorch = pytest.importorskip('torch')\ndef test_four(): ...\n"


@pytest.fixture
def run(tmp_path):
    (tmp_path / "test_by_fixture.py").write_text(BY_FIXTURE)
    (tmp_path / "test_by_file.py").write_text(BY_FILE)

    def run_without_torch(**environment):
        options = ["-c", ROOT / "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider"]
        inherited = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_TORCH, *map(str, options), str(tmp_path)],
            cwd=ROOT,
            env=inherited | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run_without_torch


def test_skips_are_counted(run):
    done = run()
    assert done.returncode == 0, done.stdout
    assert "THE ORACLE IS MISSING" in done.stdout
    assert "2 tests and 1 whole files were skipped" in done.stdout
    assert "1 passed, 3 skipped" in done.stdout


def test_continuous_integration_needs_it(run):
    done = run(CI="true")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "is not installed" in done.stderr
