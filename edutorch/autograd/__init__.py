"""Reverse-mode automatic differentiation: the graph, the backward pass, views, versions.

Read in this order: `graph.py` (nodes), `engine.py` (the backward pass), `versions.py` (were saved values overwritten?),
`views.py` (in-place writes and views), `backward.py` (what users call), `function.py` (write your own).
"""

from ..modes import detect_anomaly, enable_grad, inference_mode, no_grad, set_detect_anomaly, set_grad_enabled
from . import function, functional, profiler, variable
from .backward import backward, grad
from .function import Function
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .graph import Node
from .variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Node",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
]
