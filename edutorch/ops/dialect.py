"""The namespace that stands for `xp` when a gradient formula runs on Tensors.

Formulas are written in NumPy's words (`xp.where`, `xp.concatenate(…, axis=)`). For arrays `xp` is numpy or cupy; for
Tensors it is `dialect`, to which each family of operators adds the words it can speak, beside the operators.
"""

from __future__ import annotations

from types import SimpleNamespace

from ..backends import XP
from ..tensor import Tensor

dialect = SimpleNamespace()
XP[Tensor] = dialect


def speak(**words):
    """Add words to the Tensor namespace: `speak(exp=exp)`."""
    vars(dialect).update(words)
