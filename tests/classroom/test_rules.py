"""Rules for answers, beside their results."""

import edutorch as torch
from edutorch.classroom.rules import never_calls, never_extends


def test_a_class_may_not_be_built_on_the_finished_one():
    rule = never_extends(torch.optim.SGD)
    assert "`SGD`" in (rule(type("Mine", (torch.optim.SGD,), {})) or "")
    assert "`SGD`" in (rule(torch.optim.SGD) or "")
    assert rule(type("Mine", (torch.optim.Optimizer,), {})) is None
    assert rule(lambda params: None) is None


class Decorated:
    @torch.no_grad()
    def step(self):
        torch.optim.SGD([self]).step()


def test_calls_are_found_below_a_decorator():
    assert "`optim`" in (never_calls("optim")(Decorated) or "")
    assert never_calls("Adam")(Decorated) is None
