"""All tasks, and what the tests know of them: right answers written differently, mistakes in other words."""

import importlib
from pathlib import Path

import pytest

from edutorch.classroom.task import names

FOLDER = Path(__file__).parent / "chapters"

each_task = pytest.mark.parametrize("task", names(), indirect=True)  # by name: a broken file fails its own tests only


def known(table, task):
    """Return what `tests/classroom/chapters/<chapter>.py` holds for a task in its table `RIGHT` or `REWORDED`."""
    if not (FOLDER / f"{task.chapter}.py").exists():
        return ()
    module = importlib.import_module(f"tests.classroom.chapters.{task.chapter}")
    return getattr(module, table, {}).get(task.name, ())
