"""Neural networks: modules, the functions behind them, their initial values, and what helps to train them."""

from . import functional, init, parallel, utils
from .modules import *
from .parallel import DataParallel
from .parameter import *
