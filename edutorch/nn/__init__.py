"""Neural networks: modules, the functions behind them, and their initial values."""

from . import functional, init
from .modules import Identity, Linear, Module, MSELoss, ReLU, Sequential
from .parameter import Buffer, Parameter

__all__ = [
    "Buffer",
    "Identity",
    "Linear",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "functional",
    "init",
]
