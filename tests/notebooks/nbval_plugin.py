"""How nbval runs the lessons: a deterministic kernel, and a time limit and one worker for each notebook."""

import os
import re
import tempfile
import time
from collections import defaultdict

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile
from xdist.scheduler import LoadScopeScheduling

from scripts import run_notebooks

_spent: dict[str, float] = defaultdict(float)


def _execute_cell_input(self, cell_input, allow_stdin=None):
    # nbval executes with store_history=False, and then a trailing semicolon does not hide a cell's value.
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def _get_kernel_message(self, timeout=None, stream="iopub"):
    # nbval does not know output widgets (`interact` has one). While a widget captures, its `msg_id` is set:
    # what the cell prints then belongs to the widget and not to the cell, as in JupyterLab.
    while True:
        message = self.kernel.get_message(stream, timeout=timeout)
        state = message["content"].get("data", {}).get("state", {})
        if message["msg_type"] == "comm_msg" and "msg_id" in state:
            self.widget_captures = bool(state["msg_id"])
        captured = message["msg_type"] in ("stream", "display_data", "clear_output")
        if not (captured and getattr(self, "widget_captures", False)):
            return message


def pytest_configure(config):
    profile = tempfile.TemporaryDirectory(prefix="ipython-")  # see run_notebooks.execute
    config.add_cleanup(profile.cleanup)
    os.environ.update({**run_notebooks.KERNEL_ENV, "IPYTHONDIR": profile.name})  # kernels inherit it
    RunningKernel.execute_cell_input = _execute_cell_input
    IPyNbFile.get_kernel_message = _get_kernel_message


class OneWorkerForEachNotebook(LoadScopeScheduling):
    """Tests go to any worker, one by one; the cells of a notebook share a kernel, and so a worker."""

    def _split_scope(self, nodeid: str) -> str:
        return re.sub(r"::Cell \d+$", "", nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return OneWorkerForEachNotebook(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    notebook = str(item.path)
    # nbval reads this option when the cell runs: a cell may take what the notebook has left.
    item.config.option.nbval_cell_timeout = max(0.5, run_notebooks.LIMIT_S - _spent[notebook])
    if not run_notebooks.is_compared(item.cell):
        item.options["check"] = False
    start = time.perf_counter()
    try:
        result = yield
    finally:
        _spent[notebook] += time.perf_counter() - start
    if _spent[notebook] > run_notebooks.LIMIT_S:
        pytest.fail(f"the notebook is over its limit of {run_notebooks.LIMIT_S:g} s", pytrace=False)
    return result
