import pytest


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """No test touches a learner's progress."""
    monkeypatch.setenv("EDUTORCH_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("EDUTORCH_GRADING", raising=False)
    return tmp_path / "progress.json"
