"""The oracle: real PyTorch, of the version that edutorch is compared with.

A test that needs it takes the fixture `torch`, or says `torch = pytest.importorskip("torch")` at the top
of its file. Without PyTorch these tests skip, and the summary says how many; in continuous integration that
is an error.
"""

import contextlib
import os
import re

import pytest
from hypothesis import HealthCheck, settings

# They need Chromium (`make browser`), or g++ and NVIDIA's compiler (`make kernels`): or pytest with their path.
collect_ignore = ["browser", "kernels/cuda"]

settings.register_profile("dev", max_examples=100, deadline=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_configure(config):
    try:
        import torch
    except ModuleNotFoundError:
        if os.environ.get("CI"):
            message = "PyTorch, the oracle of the tests, is not installed: pip install -e .[oracle]"
            raise pytest.UsageError(message) from None
    else:
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def torch():
    """Real PyTorch."""
    return pytest.importorskip("torch", reason="no oracle: torch is not installed")


def _misses_oracle(report) -> bool:
    return isinstance(report.longrepr, tuple) and bool(re.search(r"\btorch\b", report.longrepr[2]))


def pytest_terminal_summary(terminalreporter):
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if _misses_oracle(report)]
    if skipped:
        tests = sum(isinstance(report, pytest.TestReport) for report in skipped)
        files = len(skipped) - tests
        terminalreporter.section("THE ORACLE IS MISSING", sep="!", red=True, bold=True)
        terminalreporter.line(f"{tests} tests and {files} whole files were skipped: they compare with PyTorch.")
        terminalreporter.line("Install it: pip install -e .[oracle]")


def _devices():
    import edutorch

    return ["fake-cuda", *(["cuda"] if edutorch.cuda.is_available() else [])]


@pytest.fixture(scope="module", params=_devices())
def cuda(request):
    """A CUDA device: the stand-in of `tests/fake_cuda/`, and a real one where there is one."""
    from tests.fake_cuda import fake_cuda

    with fake_cuda() if request.param == "fake-cuda" else contextlib.nullcontext():
        yield "cuda:0"


@pytest.fixture(scope="module", params=["cpu", *_devices()])
def device(request):
    """The CPU, then each kind of CUDA device, one after the other."""
    from tests.fake_cuda import fake_cuda

    with fake_cuda() if request.param == "fake-cuda" else contextlib.nullcontext():
        yield "cpu" if request.param == "cpu" else "cuda:0"
