"""Grad mode and its relatives: small switches that the tape consults, one setting per thread.

A `ContextVar` is the cheapest thread-local switch Python has (about 20 ns to read), and every tracked operator
reads one.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from contextvars import ContextVar
from typing import Any

grad_mode = ContextVar("grad_enabled", default=True)
_inference = ContextVar("inference_mode", default=False)
_anomaly = ContextVar("anomaly_mode", default=False)
_check_nan = ContextVar("anomaly_check_nan", default=True)
autocast_state: ContextVar[Any] = ContextVar("autocast", default=None)  # see `op/autocast.py`

is_grad_enabled = grad_mode.get
is_inference_mode_enabled = _inference.get
is_anomaly_enabled = _anomaly.get
is_anomaly_check_nan_enabled = _check_nan.get


class Switch:
    """A setting that lasts for a `with` block, or for every call of a decorated function."""

    def __init__(self):
        self._tokens = []

    def _settings(self):
        """Return the (variable, value) pairs that hold inside the block."""
        raise NotImplementedError

    def __enter__(self):
        self._tokens.append([(variable, variable.set(value)) for variable, value in self._settings()])

    def __exit__(self, *exception):
        for variable, token in reversed(self._tokens.pop()):
            variable.reset(token)

    def clone(self):
        """Return a fresh switch with the same setting: a decorated function may call itself."""
        return type(self)()

    def __call__(self, function):
        if inspect.isclass(function):
            raise TypeError("a grad mode decorates functions, not classes: decorate the methods instead")
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)

        @functools.wraps(function)
        def inside(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return inside

    def _wrap_generator(self, function):
        # The mode must hold while the generator runs, not while its consumer does: enter it anew at each step.
        @functools.wraps(function)
        def inside(*args, **kwargs):
            generator = function(*args, **kwargs)
            step, value = generator.send, None
            while True:
                try:
                    with self.clone():
                        produced = step(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, value = generator.send, (yield produced)
                except GeneratorExit:
                    with self.clone():
                        generator.close()
                    raise
                except BaseException as error:  # handed to the generator, which may catch it
                    step, value = generator.throw, error

        return inside


class _PlainSwitch(Switch):
    """A switch without arguments may decorate without parentheses: `@no_grad`."""

    def __new__(cls, function=None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_PlainSwitch):
    """Record nothing inside: results do not require grad, and nothing is kept for a backward pass.

    Example:
        >>> import edutorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    def _settings(self):
        return [(grad_mode, False)]


class enable_grad(_PlainSwitch):
    """Record again, inside a `no_grad` block."""

    def _settings(self):
        return [(grad_mode, True)]


class set_grad_enabled(Switch):
    """Set grad mode at once; used with `with`, put it back at the end of the block."""

    def __init__(self, mode):
        super().__init__()
        if not isinstance(mode, bool):
            kind = type(mode).__name__
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {kind}")
        self.mode = mode
        self.previous = grad_mode.get()
        grad_mode.set(self.mode)

    def __enter__(self):
        grad_mode.set(self.mode)

    def __exit__(self, *exception):
        grad_mode.set(self.previous)

    def __call__(self, function):
        grad_mode.set(self.previous)
        return super().__call__(function)

    def clone(self):
        return set_grad_enabled(self.mode)


class inference_mode(Switch):
    """`no_grad`, and more: tensors made inside may never take part in a later backward pass."""

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode=True):
        super().__init__()
        self.mode = mode

    def _settings(self):
        return [(_inference, True), (grad_mode, False)] if self.mode else [(_inference, False), (grad_mode, True)]

    def clone(self):
        return inference_mode(self.mode)


class set_detect_anomaly(Switch):
    """Set anomaly detection: remember where each node was made, and stop at the first NaN gradient."""

    def __init__(self, mode, check_nan=True):
        super().__init__()
        self.mode, self.check_nan = bool(mode), check_nan
        self.previous = _anomaly.get(), _check_nan.get()
        self.__enter__()

    def __enter__(self):
        _anomaly.set(self.mode)
        _check_nan.set(self.check_nan)

    def __exit__(self, *exception):
        _anomaly.set(self.previous[0])
        _check_nan.set(self.previous[1])

    def clone(self):
        return set_detect_anomaly(self.mode, self.check_nan)


class detect_anomaly(Switch):
    """Anomaly detection for a `with` block: a NaN gradient raises, naming the forward line that led to it."""

    def __init__(self, check_nan=True):
        super().__init__()
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def _settings(self):
        return [(_anomaly, True), (_check_nan, self.check_nan)]

    def clone(self):
        return detect_anomaly(self.check_nan)
