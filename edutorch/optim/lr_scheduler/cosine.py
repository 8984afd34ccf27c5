"""Rates that fall along half a cosine (Loshchilov & Hutter 2017, "SGDR")."""

from __future__ import annotations

import math

from .base import LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


def half_cosine(high, low, t, end):
    """Return the rate at time t on the way from `high` (at 0) to `low` (at `end`)."""
    return low + (high - low) * (1 + math.cos(math.pi * t / end)) / 2


class CosineAnnealingLR(LRScheduler):
    """Lead the rate from its first value to `eta_min` in `T_max` epochs; then up again, and so on.

        lr(t) = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        T_max: epochs from the highest rate to the lowest. eta_min: the lowest rate.
    """

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        if self._is_initial:
            return self._present_lr()
        t, end, low = self.last_epoch, self.T_max, self.eta_min
        groups = self.optimizer.param_groups
        if (t - 1 - end) % (2 * end) == 0:  # the last rate was the lowest: what is above `low` has no ratio to it
            first_rise = 1 - math.cos(math.pi / end)
            return [g["lr"] + (rate - low) * first_rise / 2 for g, rate in zip(groups, self.base_lrs, strict=True)]
        ratio = (1 + math.cos(math.pi * t / end)) / (1 + math.cos(math.pi * (t - 1) / end))
        return [ratio * (g["lr"] - low) + low for g in groups]

    def _get_closed_form_lr(self):
        return [half_cosine(rate, self.eta_min, self.last_epoch, self.T_max) for rate in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Lead the rate from its first value to `eta_min` in `T_0` epochs, jump back, and repeat, `T_mult` times as long.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        T_0: epochs of the first round. T_mult: how much longer each next one is. eta_min: the lowest rate.
    """

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        return [half_cosine(rate, self.eta_min, self.T_cur, self.T_i) for rate in self.base_lrs]

    def step(self, epoch=None):
        """Go to the next epoch, or to any: fractions, such as `epoch + batch / batches`, change the rate each batch."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self._find_round(epoch)
        self.last_epoch = math.floor(epoch)
        self._set_lr(self.get_lr)

    def _find_round(self, epoch):
        """Set `T_cur`, the epochs since the last jump, and `T_i`, the length of the present round."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:  # n rounds take T_0 (T_mult^n - 1) / (T_mult - 1) epochs
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_i = self.T_0 * self.T_mult**n
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
