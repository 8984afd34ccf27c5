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
