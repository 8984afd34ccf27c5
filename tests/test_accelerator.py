"""`torch.accelerator`: programs that ask for whichever accelerator there is, and find none."""

from __future__ import annotations

import pytest

from tests.twins import same_on_both

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(torch.accelerator.is_available(), reason="this PyTorch has an accelerator")


def test_the_line_that_chooses_a_device():
    def program(torch):
        found = torch.accelerator
        device = found.current_accelerator().type if found.is_available() else "cpu"
        return device, found.device_count(), found.current_accelerator(), found.current_accelerator(True)

    same_on_both(program)


@pytest.mark.parametrize(
    "ask",
    [
        lambda found: found.current_device_index(),
        lambda found: found.set_device_index(0),
        lambda found: found.set_device_index(-1),
        lambda found: found.synchronize(),
    ],
)
def test_what_needs_one(ask):
    same_on_both(lambda torch: ask(torch.accelerator))
