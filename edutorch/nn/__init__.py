"""Neural networks: modules, the functions behind them, their initial values, and what helps to train them."""

from . import functional, init, utils
from .modules import *
from .parameter import *
