"""`LRScheduler`: what all schedulers share."""

from __future__ import annotations

import functools
import types
import warnings
import weakref
from typing import Any

from ...tensor import Tensor
from ..optimizer import Optimizer

__all__ = ["LRScheduler", "_LRScheduler"]

EPOCH_IS_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available."
)
_SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


class LRScheduler:
    """Base class of all schedulers. To write one of your own, override `get_lr`.

    Most schedulers compute the next rate from the present one (`lr <- lr gamma`), so that several of them can act on
    one optimizer, and a rate changed by hand stays changed. Their formula from the first rate, the closed form, is
    `_get_closed_form_lr`; it serves only `step(epoch)`.

    Args:
        optimizer: whose rates to change.
        last_epoch: the number of the last epoch, to go on with a schedule; -1 to start one.

    Attributes:
        last_epoch: how many steps were made. base_lrs: the first rate of each parameter group.
    """

    # what `state_dict` carries: all attributes but the optimizer, by PyTorch's names
    _get_lr_called_within_step = False
    _is_initial = False
    _step_count: int

    def __init__(self, optimizer, last_epoch=-1):
        self.optimizer: Any = checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                    "last_epoch >= 0.\nLoad the optimizer's saved state first, or start the schedule with "
                    "last_epoch=-1."
                )
        self.base_lrs = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self):
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch=None):
        """Go to the next epoch, and set its rates. Call it after `optimizer.step()`.

        Args:
            epoch: deprecated: the epoch to go to.
        """
        if self._step_count == 1:
            self._warn_of_wrong_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed_form = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._set_lr(closed_form or self.get_lr)

    def _set_lr(self, formula):
        """Set each group's rate to what a formula says."""
        self._get_lr_called_within_step = True
        try:
            rates = formula()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = values_of(self.optimizer, "lr")

    def get_lr(self):
        """Compute the rate of each group for the epoch `last_epoch`; called by `step`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=2,
            )
        return self._next_lr()

    def _next_lr(self):
        """Compute what `get_lr` returns."""
        raise NotImplementedError

    def get_last_lr(self):
        """Return the rate of each group, as last set by this scheduler."""
        return self._last_lr

    def _present_lr(self):
        """Return the rates as they are."""
        return values_of(self.optimizer, "lr")

    def _scaled_lr(self, factor):
        """Return the present rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self):
        """Return all attributes except the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict):
        """Take over the attributes of a saved scheduler. The rates themselves are saved with the optimizer."""
        vars(self).update(state_dict)

    def _warn_of_wrong_order(self):
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. {_SEE}",
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to "
                f"do this will result in PyTorch skipping the first value of the learning rate schedule. {_SEE}",
                UserWarning,
                stacklevel=3,
            )


class _LRScheduler(LRScheduler):
    """The base class by its old name."""


def _note_steps(optimizer):
    """Let the optimizer remember that its `step` was called: schedulers warn if it was not."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step, reference = optimizer.step.__func__, weakref.ref(optimizer)  # weak: a strong one would make a ring

    @functools.wraps(step)
    def noted(*args, **kwargs):
        owner: Any = reference()
        owner._opt_called = True
        return step(owner, *args, **kwargs)

    noted._wrapped_by_lr_sched = True
    optimizer.step = noted


def checked(optimizer):
    """Return an optimizer, and refuse anything else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def copied(value):
    """Return a rate that does not change with the group's: a rate may be a tensor."""
    return value.clone() if isinstance(value, Tensor) else value


def values_of(optimizer, option):
    """Return an option of each parameter group."""
    return [copied(group[option]) for group in optimizer.param_groups]


def put(group, option, value):
    """Set a group's option; a tensor keeps its place and takes the value."""
    if isinstance(group[option], Tensor):
        group[option].fill_(value.item() if isinstance(value, Tensor) else value)
    else:
        group[option] = value


def one_for_each_group(name, optimizer, value):
    """Return a list of values, one for each parameter group, from such a list or from one value for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        value = [value] * groups
    elif len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {groups}."
        )
    return [copied(v) for v in value]


def state_of_callable(function):
    """Return what of a callable goes into a state_dict: the attributes of an object, nothing of a function."""
    return None if isinstance(function, types.FunctionType) else vars(function).copy()
