"""The layers."""

from .activation import ReLU
from .container import Sequential
from .linear import Identity, Linear
from .loss import MSELoss
from .module import Module

__all__ = ["Identity", "Linear", "MSELoss", "Module", "ReLU", "Sequential"]
