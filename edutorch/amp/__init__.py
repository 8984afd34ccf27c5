"""Automatic mixed precision: products in half precision, everything that needs its digits in float32.

    scaler = torch.amp.GradScaler("cpu")
    with torch.autocast("cpu", dtype=torch.float16):
        loss = loss_fn(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()

Which operator runs how is a table: `edutorch/op/autocast.py`. The idea is from Micikevicius et al., "Mixed Precision
Training", 2018, https://arxiv.org/abs/1710.03740.
"""

from .autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from .grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
