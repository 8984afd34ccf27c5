"""nbval and the notebook script, each in a process of its own, as `make` runs them."""

import os
import subprocess
import sys

from scripts.run_notebooks import ROOT, SANITIZER


def _run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def nbval(notebook, workers=0, **environment):
    """Strict nbval on one notebook, which may lie outside of the repository."""
    pytest = ["-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "--color=no"]
    policy = ["-p", "tests.notebooks.nbval_plugin", "-p", "no:cacheprovider", "-n", workers]
    strict = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", SANITIZER]
    return _run(*pytest, *policy, *strict, notebook, **environment)


def run_notebooks(*arguments, **environment):
    return _run(ROOT / "scripts" / "run_notebooks.py", *arguments, **environment)
