import pytest

from edutorch.classroom.task import find


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """No test touches a learner's progress."""
    monkeypatch.setenv("EDUTORCH_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("EDUTORCH_GRADING", raising=False)
    return tmp_path / "progress.json"


@pytest.fixture
def task(request):
    """A task, by the name that a test is parametrized with."""
    return find(request.param)
