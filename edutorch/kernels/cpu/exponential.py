"""The quickest exponential that NumPy has on this processor.

In float32, NumPy's 2^x takes half the time of its e^x where it uses AVX-512, and is no less exact; elsewhere it takes
several times as long. Who multiplies the exponent by a constant anyway may take the base for nothing.
"""

from __future__ import annotations

import functools
import math

import numpy as np


@functools.cache
def quickest(dtype):
    """Return a function b^x for arrays of a dtype, and log_b e: b^(x log_b e) = e^x."""
    if dtype == np.float32:
        versions = np.lib.introspect.opt_func_info("^exp2$", "^float32$").get("exp2", {})
        if any(not version["current"].startswith("baseline") for version in versions.values()):
            return np.exp2, 1 / math.log(2)
    return np.exp, 1.0
