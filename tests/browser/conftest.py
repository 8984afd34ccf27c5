"""One browser and one JupyterLab for all tests of a process."""

import pytest

from tests.browser.lab import Lab, chromium


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(browser):
    with Lab(browser) as lab:
        yield lab


def pytest_terminal_summary(terminalreporter):
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            terminalreporter.line(f"{report.nodeid}: {name} {value}")
