"""Rates that start low: a large first step with badly scaled gradients can spoil a training."""

from __future__ import annotations

from .base import LRScheduler

__all__ = ["ConstantLR", "LinearLR"]


class ConstantLR(LRScheduler):
    """Multiply the rate by `factor` for the first `total_iters` epochs."""

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        if not 0 <= factor <= 1:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        if self.last_epoch == 0:
            return self._scaled_lr(self.factor)
        if self.last_epoch == self.total_iters:
            return self._scaled_lr(1.0 / self.factor)
        return self._present_lr()

    def _get_closed_form_lr(self):
        over = self.last_epoch >= self.total_iters
        return [rate * (self.factor + over * (1 - self.factor)) for rate in self.base_lrs]


class LinearLR(LRScheduler):
    """Lead the rate along a line from `start_factor` to `end_factor` times its value, in `total_iters` epochs."""

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5, last_epoch=-1):
        if not 0 < start_factor <= 1:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if not 0 <= end_factor <= 1:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        t, end, rise = self.last_epoch, self.total_iters, self.end_factor - self.start_factor
        if t == 0:
            return self._scaled_lr(self.start_factor)
        if self._is_initial or t > end:
            return self._present_lr()
        return self._scaled_lr(1.0 + rise / (end * self.start_factor + (t - 1) * rise))  # factor(t) / factor(t - 1)

    def _get_closed_form_lr(self):
        t, end, rise = min(self.total_iters, self.last_epoch), self.total_iters, self.end_factor - self.start_factor
        return [rate * (self.start_factor + rise * t / end) for rate in self.base_lrs]
