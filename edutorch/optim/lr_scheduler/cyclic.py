"""Rates that rise and fall, and momentum that falls and rises with them (Smith 2017; Smith & Topin 2018)."""

from __future__ import annotations

import math

from .base import LRScheduler, checked, one_for_each_group, put, state_of_callable

__all__ = ["CyclicLR", "OneCycleLR"]


class _Cycling(LRScheduler):
    """A scheduler that may cycle momentum too: SGD's `momentum`, or the first of Adam's `betas`."""

    def _start_momentum(self, optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch):
        """Note in each group between which values its momentum goes; returns the lowest and the highest values."""
        self.cycle_momentum = cycle_momentum
        if not cycle_momentum:
            return None
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.use_beta1 = "betas" in optimizer.defaults
        lowest = one_for_each_group("base_momentum", optimizer, base_momentum)
        highest = one_for_each_group("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, low, high in zip(optimizer.param_groups, lowest, highest, strict=True):
                self._put_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low
        return lowest, highest

    def _put_momentum(self, group, momentum):
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Cycling):
    """Lead the rate from `base_lr` up to `max_lr` and down again, over and over; call `step` after each batch.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        base_lr, max_lr: the lowest and the highest rate, for all parameter groups or a list for each.
        step_size_up, step_size_down: batches of a rise and of a fall (None: as many).
        mode: "triangular": all cycles equal; "triangular2": each half as high as the one before; "exp_range": the
            height is multiplied by `gamma` each batch.
        scale_fn, scale_mode: instead of `mode`, a function for the height, of the number of the cycle ("cycle", from
            1 on) or of the batch ("iterations").
        cycle_momentum, base_momentum, max_momentum: whether momentum goes the opposite way, and between what.
    """

    def __init__(
        self,
        optimizer,
        base_lr,
        max_lr,
        step_size_up=2000,
        step_size_down=None,
        mode="triangular",
        gamma=1.0,
        scale_fn=None,
        scale_mode="cycle",
        cycle_momentum=True,
        base_momentum=0.8,
        max_momentum=0.9,
        last_epoch=-1,
    ):
        base_lrs = one_for_each_group("base_lr", checked(optimizer), base_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                put(group, "lr", rate)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        momenta = self._start_momentum(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        if momenta:
            self.base_momentums, self.max_momentums = momenta
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x):
        """Return the height of cycle or batch `x`, as a part of the full height."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return self.gamma**x
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else 1.0

    def _next_lr(self):
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle  # how much of the cycle is over
        rise = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            groups = self.optimizer.param_groups
            for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
                self._put_momentum(group, high - (high - low) * rise * height)
        return [low + (high - low) * rise * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self):
        """Return all attributes except the optimizer; of `scale_fn`, only the attributes of a callable object."""
        function = self._scale_fn_custom
        return {
            **super().state_dict(),
            "_scale_fn_custom": None if function is None else state_of_callable(function),
        }

    def load_state_dict(self, state_dict):
        """Take over the attributes of a saved scheduler; `scale_fn` stays."""
        state = dict(state_dict)
        attributes = state.pop("_scale_fn_custom")
        if attributes is not None:
            vars(self._scale_fn_custom).update(attributes)
        super().load_state_dict(state)


class OneCycleLR(_Cycling):
    """Lead the rate from max_lr / div_factor up to `max_lr`, then down to far below where it began: one cycle for the
    whole training. Call `step` after each batch.

    Args:
        optimizer, last_epoch: see `LRScheduler`.
        max_lr: the highest rate, for all parameter groups or a list for each.
        total_steps: how many batches the training has; or `epochs` and `steps_per_epoch`.
        pct_start: the part of the steps (0 to 1) in which the rate rises.
        anneal_strategy: "cos" or "linear": along half a cosine, or a line.
        cycle_momentum, base_momentum, max_momentum: whether momentum goes the opposite way, and between what.
        div_factor: the first rate is max_lr / div_factor.
        final_div_factor: the last rate is the first one / final_div_factor.
        three_phase: fall as slowly as the rise, to the first rate, and only then to the last one.
    """

    def __init__(
        self,
        optimizer,
        max_lr,
        total_steps=None,
        epochs=None,
        steps_per_epoch=None,
        pct_start=0.3,
        anneal_strategy="cos",
        cycle_momentum=True,
        base_momentum=0.85,
        max_momentum=0.95,
        div_factor=25.0,
        final_div_factor=1e4,
        three_phase=False,
        last_epoch=-1,
    ):
        checked(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        highest = one_for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, highest, strict=True):
                group["initial_lr"] = high / div_factor
                group["max_lr"] = high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self._start_momentum(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _next_lr(self):
        t, phases = self.last_epoch, self._schedule_phases
        if t > self.total_steps:
            raise ValueError(f"Tried to step {t} times. The specified number of total steps is {self.total_steps}")
        number = next((i for i, phase in enumerate(phases) if t <= phase["end_step"]), len(phases) - 1)
        phase = phases[number]
        start = phases[number - 1]["end_step"] if number else 0.0
        part = (t - start) / (phase["end_step"] - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], part))
            if self.cycle_momentum:
                momenta = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._put_momentum(group, self._between(*momenta, part))
        return rates

    def _between(self, start, end, part):
        """Return the value at a part (0 to 1) of the way from `start` to `end`."""
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
        return (end - start) * part + start


def _total_steps(total_steps, epochs, steps_per_epoch):
    """Return how many steps the cycle has."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = (
        {"epochs": epochs, "steps_per_epoch": steps_per_epoch} if total_steps is None else {"total_steps": total_steps}
    )
    for name, count in given.items():
        if count <= 0 or not isinstance(count, int):
            raise ValueError(f"Expected positive integer {name}, but got {count}")
    return math.prod(given.values())


def _phases(steps, pct_start, three_phase):
    """Return the phases of the cycle: when each ends, and between which of the group's options rate and momentum go."""
    up = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
    if three_phase:
        down = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
        out = ("initial_lr", "min_lr", "max_momentum", "max_momentum")
        plan = [(float(pct_start * steps) - 1, *up), (float(2 * pct_start * steps) - 2, *down), (steps - 1, *out)]
    else:
        down = ("max_lr", "min_lr", "base_momentum", "max_momentum")
        plan = [(float(pct_start * steps) - 1, *up), (steps - 1, *down)]
    names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
    return [dict(zip(names, phase, strict=True)) for phase in plan]
