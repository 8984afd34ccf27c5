"""`DataParallel` on one device, so that programs written for several run, and their saved weights load."""

from __future__ import annotations

from ...tensor import Tensor
from ..modules.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Call a module with the whole batch, on the device where its parameters are.

    PyTorch's splits the batch over several GPUs; the results are the same. The names in its state_dict begin with
    "module.", as PyTorch's do.

    Args:
        module: what to call; it is the attribute `module`.
        device_ids, output_device, dim: accepted, and without effect.

    Example:
        >>> from edutorch import nn
        >>> list(nn.DataParallel(nn.Linear(1, 1)).state_dict())
        ['module.weight', 'module.bias']
    """

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module, self.device_ids = module, []

    def forward(self, *inputs, **kwargs):
        """Call the module, with its arguments on its device."""
        first = next(self.module.parameters(), None)
        if first is not None and first.is_cuda:
            inputs, kwargs = _moved(inputs, first.device), _moved(kwargs, first.device)
        return self.module(*inputs, **kwargs)


def _moved(value, device):
    """Return a value with all tensors in it on a device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, (list, tuple)):
        return type(value)([_moved(v, device) for v in value])
    if isinstance(value, dict):
        return {key: _moved(v, device) for key, v in value.items()}
    return value
