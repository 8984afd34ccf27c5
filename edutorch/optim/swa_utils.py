"""Averages of a model's parameters over training: often better than the last parameters, at almost no cost.

Equal weights: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization" (SWA).
Exponential weights (EMA): Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
"""

from __future__ import annotations

import copy
import math

from ..modes import no_grad
from ..nn import Module
from ..nn.modules.batchnorm import _BatchNorm
from ..ops.from_data import tensor
from .lr_scheduler.base import LRScheduler, one_for_each_group

__all__ = [
    "AveragedModel",
    "update_bn",
    "SWALR",
    "get_ema_multi_avg_fn",
    "get_swa_multi_avg_fn",
    "get_ema_avg_fn",
    "get_swa_avg_fn",
]


class AveragedModel(Module):
    """A copy of a model whose parameters are the average of what the model's were at each `update_parameters`.

    Args:
        model: what to copy.
        device: where to keep the copy.
        avg_fn: computes a new average from (average, value, number of values so far); by default all count alike.
        multi_avg_fn: changes averages in place, given (list of averages, list of values, number of values so far).
        use_buffers: average the buffers too, instead of copying them.

    Example:
        >>> model = torch.nn.Linear(1, 1)
        >>> average = torch.optim.swa_utils.AveragedModel(model)
        >>> for value in (0.0, 2.0, 4.0):
        ...     _ = model.bias.data.fill_(value)
        ...     average.update_parameters(model)
        >>> average.module.bias.item()
        2.0
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args, **kwargs):
        """Call the averaged model."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model):
        """Count the model's present parameters into the average. The first time they are copied."""
        averages, values = list(self.module.parameters()), list(model.parameters())
        kept, buffers = list(self.module.buffers()), list(model.buffers())
        if self.use_buffers:
            averages, values, kept, buffers = [*averages, *kept], [*values, *buffers], [], []
        pairs = [(a.detach(), v.detach().to(a.device)) for a, v in zip(averages, values, strict=True)]
        if self.n_averaged == 0:
            for average, value in pairs:
                average.copy_(value)
        elif self.avg_fn is not None:
            for average, value in pairs:
                average.copy_(self.avg_fn(average, value, self.n_averaged.to(average.device)))
        else:
            average_all = self.multi_avg_fn or get_swa_multi_avg_fn()
            for alike in _by_device_and_dtype(pairs):
                some, their_values = (list(tensors) for tensors in zip(*alike, strict=True))
                average_all(some, their_values, self.n_averaged.to(some[0].device))
        for buffer, value in zip(kept, buffers, strict=True):
            buffer.copy_(value)
        self.n_averaged += 1


def _by_device_and_dtype(pairs):
    groups = {}
    for average, value in pairs:
        groups.setdefault((average.device, average.dtype, value.dtype), []).append((average, value))
    return groups.values()


def get_swa_avg_fn():
    """Return an `avg_fn` in which all values count alike: a <- a + (v - a) / (n + 1)."""

    @no_grad()
    def average(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return average


def get_ema_avg_fn(decay=0.999):
    """Return an `avg_fn` in which old values fade: a <- decay a + (1 - decay) v."""
    _check_decay(decay)

    @no_grad()
    def average(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return average


def get_swa_multi_avg_fn():
    """Return a `multi_avg_fn` in which all values count alike."""

    @no_grad()
    def average_all(averaged_param_list, current_param_list, num_averaged):
        for average, value in zip(averaged_param_list, current_param_list, strict=True):
            average.copy_(average + (value - average) / (num_averaged + 1))

    return average_all


def get_ema_multi_avg_fn(decay=0.999):
    """Return a `multi_avg_fn` in which old values fade."""
    _check_decay(decay)

    @no_grad()
    def average_all(ema_param_list, current_param_list, num_averaged):
        for average, value in zip(ema_param_list, current_param_list, strict=True):
            average.copy_(average * decay + value * (1 - decay))

    return average_all


def _check_decay(decay):
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


@no_grad()
def update_bn(loader, model, device=None):
    """Measure anew the means and variances of a model's batch-norm layers: an average of models has none of its own.

    Args:
        loader: batches to run the model on: tensors, or tuples whose first element is one.
        model: the averaged model.
        device: where to put the batches.
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # all batches count alike
    for batch in loader:
        batch = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(batch if device is None else batch.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Bring the learning rate to a value in some epochs, and leave it there while models are averaged.

    Args:
        optimizer: whose rates to change.
        swa_lr: the last rate, or one for each parameter group.
        anneal_epochs: how many steps lead there.
        anneal_strategy: "cos" or "linear": the way.
        last_epoch: the number of the last epoch, to go on with a schedule; -1 to start one.

    Raises:
        ValueError: for another strategy, or epochs that are no count.
    """

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for group, rate in zip(optimizer.param_groups, one_for_each_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t):
        """Return how much of the way is gone after the share t of the time."""
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def _way_gone(self, step):
        return self.anneal_func(max(0, min(1, step / max(1, self.anneal_epochs))))

    def _next_lr(self):
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._way_gone(step - 1), self._way_gone(step)
        rates = []
        for group in self.optimizer.param_groups:
            lr, end = group["lr"], group["swa_lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)
            rates.append(end * now + start * (1 - now))
        return rates
