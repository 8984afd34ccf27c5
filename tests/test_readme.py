"""The lines of code in README print what README shows, here and on PyTorch."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", README, flags=re.DOTALL)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=["regression", "check"])
def test_code_prints_what_is_shown(code, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("EDUTORCH_PROGRESS", str(tmp_path / "progress.json"))
    assert run(code) == shown


@pytest.mark.usefixtures("torch")
def test_code_prints_the_same_on_pytorch():
    code, shown = EXAMPLES[0]
    assert "import edutorch as torch" in code
    assert run(code.replace("import edutorch as torch", "import torch")) == shown


def test_local_links_lead_somewhere():
    root = Path(__file__).parent.parent
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (root / target).exists()] == []
