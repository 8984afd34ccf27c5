"""Rates that fall: in steps, by a factor an epoch, along a power, or as a function says."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

from .base import LRScheduler, state_of_callable

__all__ = ["ExponentialLR", "LambdaLR", "MultiStepLR", "MultiplicativeLR", "PolynomialLR", "StepLR"]


class StepLR(LRScheduler):
    """Multiply the rate by `gamma` every `step_size` epochs.

    Example:
        >>> import edutorch as torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        >>> rates = []
        >>> for _ in range(5):
        ...     optimizer.step()
        ...     rates.append(scheduler.get_last_lr()[0])
        ...     scheduler.step()
        >>> rates
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        at_a_step = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return self._scaled_lr(self.gamma) if at_a_step else self._present_lr()

    def _get_closed_form_lr(self):
        return [rate * self.gamma ** (self.last_epoch // self.step_size) for rate in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiply the rate by `gamma` at each of the epochs `milestones`."""

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones, self.gamma = Counter(milestones), gamma  # a milestone given twice counts twice
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        if self.last_epoch not in self.milestones:
            return self._present_lr()
        return self._scaled_lr(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self):
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [rate * self.gamma**passed for rate in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiply the rate by `gamma` every epoch."""

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        return self._present_lr() if self._is_initial else self._scaled_lr(self.gamma)

    def _get_closed_form_lr(self):
        return [rate * self.gamma**self.last_epoch for rate in self.base_lrs]


class PolynomialLR(LRScheduler):
    """Let the rate fall to zero in `total_iters` epochs: lr = lr_0 (1 - t / total_iters)^power."""

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        t, end = self.last_epoch, self.total_iters
        if self._is_initial or t > end:
            return self._present_lr()
        return self._scaled_lr(((1.0 - t / end) / (1.0 - (t - 1) / end)) ** self.power)

    def _get_closed_form_lr(self):
        t, end = min(self.total_iters, self.last_epoch), self.total_iters
        return [rate * (1.0 - t / end) ** self.power for rate in self.base_lrs]


class _Factors(LRScheduler):
    """A scheduler whose factors come from functions, one for all parameter groups or one each."""

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        groups = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            lr_lambda = [lr_lambda] * groups
        elif len(lr_lambda) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def _factors(self):
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def state_dict(self):
        """Return all attributes except the optimizer. Of the functions, only the attributes of callable objects."""
        return {**super().state_dict(), "lr_lambdas": [state_of_callable(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict):
        """Take over the attributes of a saved scheduler; the functions stay, callable objects take their attributes."""
        state = dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, state.pop("lr_lambdas"), strict=False):
            if attributes is not None:
                vars(function).update(attributes)
        super().load_state_dict(state)


class LambdaLR(_Factors):
    """Set the rate to its first value times what a function of the epoch says.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        lr_lambda: the function, or a list with one for each parameter group.

    Example:
        >>> import edutorch as torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (epoch + 2)).get_last_lr()
        [0.5]
    """

    def _next_lr(self):
        return [rate * factor for rate, factor in zip(self.base_lrs, self._factors(), strict=True)]


class MultiplicativeLR(_Factors):
    """Multiply the rate each epoch by what a function of the epoch says.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        lr_lambda: the function, or a list with one for each parameter group.
    """

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        for function in lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda]:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _next_lr(self):
        if self._is_initial:
            return self._present_lr()
        groups = self.optimizer.param_groups
        return [group["lr"] * factor for group, factor in zip(groups, self._factors(), strict=True)]
