"""`GradScaler`: lift the loss so that gradients in float16 don't sink to zero, and skip steps that overflowed."""

from __future__ import annotations

import warnings
from collections import defaultdict
from enum import Enum
from typing import Any

import edutorch as torch

from ..autograd.versions import bump
from ..backends import backend_of, making_on
from ..cuda import is_available


class _Stage(Enum):
    READY, UNSCALED, STEPPED = range(3)


class _Progress:
    """How far one optimizer is in its step, and whether a gradient of its was inf or NaN (None: not looked at).

    The answer lies where the gradients do, until the host needs it.
    """

    def __init__(self):
        self.stage, self.overflowed = _Stage.READY, None

    def known(self):
        """Wait for the answer, and return it."""
        if isinstance(self.overflowed, torch.Tensor):
            self.overflowed = self.overflowed.item()
        return self.overflowed


class GradScaler:
    """Scales the loss up, its gradients down again, and skips a step in which one of them is inf or NaN.

    float16 knows no positive number below 6e-8: small gradients vanish in it. A loss times 65536 has gradients times
    65536, which don't. If they overflow, the step is skipped and the scale halved; after `growth_interval` good steps
    it is doubled.

    Args:
        device: "cuda" or "cpu", where the gradients lie.
        init_scale: the scale to begin with.
        growth_factor: what the scale is multiplied with after `growth_interval` good steps in a row; above 1.
        backoff_factor: what it is multiplied with after a step with inf or NaN; below 1.
        enabled: if False, `scale` returns its input, and `step` is the optimizer's own.

    Example:
        >>> import edutorch as torch
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> optimizer = torch.optim.SGD([weight], lr=0.1)
        >>> scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        >>> scaler.scale(weight.sum()).backward()
        >>> weight.grad
        tensor([1024., 1024.])
        >>> scaler.step(optimizer)
        >>> scaler.update()
        >>> weight
        Parameter containing:
        tensor([0.9000, 0.9000], requires_grad=True)
    """

    def __init__(
        self,
        device="cuda",
        init_scale=2.0**16,
        growth_factor=2.0,
        backoff_factor=0.5,
        growth_interval=2000,
        enabled=True,
    ):
        self._device = device
        if enabled and device == "cuda" and not is_available():
            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            enabled = False
        self._enabled = enabled
        if not enabled:
            return
        assert growth_factor > 1.0, "The growth factor must be > 1.0."
        assert backoff_factor < 1.0, "The backoff factor must be < 1.0."
        self._init_scale, self._growth_factor, self._backoff_factor = init_scale, growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._scale: Any = None  # a tensor where the first loss lies
        self._progress = defaultdict(_Progress)  # by the optimizer's id

    # ---- one iteration

    def scale(self, outputs):
        """Return a tensor, or an iterable of tensors, times the scale.

        Raises:
            ValueError: if there is anything but tensors.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, torch.Tensor):
            if self._scale is None:
                self._scale = torch.full((), self._init_scale, dtype=torch.float32, device=outputs.device)
            return outputs * self._scale.to(outputs.device)
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(self.scale(output) for output in outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer):
        """Divide the gradients of an optimizer's parameters by the scale, in place: before clipping them, say.

        Raises:
            RuntimeError: if that was done since the last `update`. ValueError: for gradients in float16.
        """
        if not self._enabled:
            return
        self._need_scale("unscale_")
        progress = self._progress[id(optimizer)]
        if progress.stage is _Stage.UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if progress.stage is _Stage.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if any(g.dtype is torch.float16 for g in gradients):
            raise ValueError("Attempting to unscale FP16 gradients.")
        with torch.no_grad():
            progress.overflowed = self._unscale(gradients) if gradients else None
        progress.stage = _Stage.UNSCALED

    def _unscale(self, gradients):
        """Divide gradients by the scale, in place; return a tensor: whether one of them is inf or NaN now."""
        together, others, overflowed = defaultdict(list), [], {}
        for g in gradients:
            kernels = backend_of(g.array).multi_tensor
            if kernels and kernels.takes(g.array):
                together[g.device, g.dtype].append(g)
            else:
                others.append(g)
        for (device, _), same in together.items():
            if device not in overflowed:
                overflowed[device] = torch.zeros((), dtype=torch.bool, device=device)
            backend, arrays = backend_of(same[0].array), [g.array for g in same]
            with making_on(device):
                backend.multi_tensor.unscale(backend.xp, arrays, self._scale.to(device).array, overflowed[device].array)
            for g in same:
                bump(g)
        answers = list(overflowed.values())
        if others:
            down, finite = self._scale.double().reciprocal().float(), defaultdict(list)
            for g in others:
                g.mul_(down.to(g.device))
                finite[g.device].append(torch.isfinite(g).all())
            answers += [torch.stack(on_device).all().logical_not() for on_device in finite.values()]
        return answers[0] if len(answers) == 1 else torch.stack([a.to(answers[0].device) for a in answers]).any()

    def step(self, optimizer, *args, **kwargs):
        """Let the optimizer step, unless a gradient is inf or NaN; unscale the gradients if that was not done.

        Returns:
            What the optimizer's `step` returns; None if it was skipped.
        Raises:
            RuntimeError: after a `step` without `update`, or for a closure.
            AssertionError: if none of its parameters has a gradient.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._need_scale("step")
        progress = self._progress[id(optimizer)]
        if progress.stage is _Stage.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if progress.stage is _Stage.READY:
            self.unscale_(optimizer)
        assert progress.overflowed is not None, "No inf checks were recorded for this optimizer."
        result = None if progress.known() else optimizer.step(*args, **kwargs)
        progress.stage = _Stage.STEPPED
        return result

    def update(self, new_scale=None):
        """End the iteration: lower the scale after an overflow, raise it after enough good steps, or set it.

        Raises:
            AssertionError: if nothing was scaled, or no gradient looked at.
        """
        if not self._enabled:
            return
        self._need_scale("update")
        if new_scale is not None:
            self._set_scale(new_scale)
        else:
            looked_at = [p.known() for p in self._progress.values() if p.overflowed is not None]
            assert looked_at, "No inf checks were recorded prior to update."
            self._adapt(any(looked_at))
        self._progress.clear()

    def _adapt(self, overflowed):
        self._growth_tracker = 0 if overflowed else self._growth_tracker + 1
        if overflowed:
            self._scale *= self._backoff_factor
        elif self._growth_tracker == self._growth_interval:
            self._growth_tracker = 0
            grown = self._scale * self._growth_factor
            self._scale.copy_(torch.where(grown.isfinite(), grown, self._scale))  # a CUDA graph reads it where it is

    def _set_scale(self, new_scale):
        one = isinstance(new_scale, torch.Tensor) and new_scale.numel() == 1 and not new_scale.requires_grad
        assert isinstance(new_scale, float) or (one and new_scale.dtype is torch.float32), (
            "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with "
            "requires_grad=False."
        )
        self._scale.fill_(float(new_scale))

    def _need_scale(self, what):
        assert self._scale is not None, (
            f"Attempted {what} but _scale is None.  This may indicate your script did not use scaler.scale(loss or "
            "outputs) earlier in the iteration."
        )

    # ---- for a step that is captured: `cuda.make_graphed_step`

    def begin(self, optimizer):
        """Unscale the gradients as at the first time since `update`; return where it will stand whether one overflowed.

        Python does not run when the captured step does; `overflowed` then takes note of what happened.
        """
        self._progress.pop(id(optimizer), None)
        self.unscale_(optimizer)
        return self._progress[id(optimizer)].overflowed

    def overflowed(self, optimizer, answer):
        """Take note of the answer that `begin` returned, for `update`; return it as a bool."""
        progress = self._progress[id(optimizer)]
        progress.stage, progress.overflowed = _Stage.STEPPED, answer
        return progress.known()

    # ---- settings

    def is_enabled(self):
        """Return whether the scaler does anything."""
        return self._enabled

    def get_scale(self):
        """Return the scale as a Python number; 1.0 if the scaler is not enabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self):
        """Return what the scale is multiplied with after enough good steps."""
        return self._growth_factor

    def set_growth_factor(self, new_factor):
        """Set what the scale is multiplied with after enough good steps."""
        self._growth_factor = new_factor

    def get_backoff_factor(self):
        """Return what the scale is multiplied with after an overflow."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor):
        """Set what the scale is multiplied with after an overflow."""
        self._backoff_factor = new_factor

    def get_growth_interval(self):
        """Return how many good steps in a row raise the scale."""
        return self._growth_interval

    def set_growth_interval(self, new_interval):
        """Set how many good steps in a row raise the scale."""
        self._growth_interval = new_interval

    def state_dict(self):
        """Return the settings and the scale, to be saved with the model; empty if the scaler is not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict):
        """Take over what `state_dict` returned, of a scaler here or in PyTorch.

        Raises:
            RuntimeError: if it is empty, as that of a scaler that is not enabled.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]

    def __getstate__(self):
        state = self.__dict__.copy()
        if self._enabled:
            assert not self._progress, (
                "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after "
                "scaler.update()."
            )
            state["_init_scale"], state["_scale"] = self.get_scale(), None
        return state
