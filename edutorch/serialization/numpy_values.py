"""NumPy's numbers and arrays in files, such as a best accuracy that `np.mean` computed.

Each function stands for one of NumPy's that pickles name, and makes nothing but numbers.
"""

from __future__ import annotations

import numpy as np

from .refusal import senseless, shown

ndarray = np.ndarray


def element_type(code, align=False, copy=False):
    """Return the element type of a code such as "f8" (`numpy.dtype`)."""
    if not isinstance(code, str) or len(code) > 4:
        raise senseless(f"the element type {shown(code)}")
    kind = np.dtype(code)
    if kind.kind not in "biufcSU" or kind.fields:
        raise senseless(f"NumPy's element type {kind}")
    return kind


def check_element_type_state(kind, state):
    """Accept what a pickle says about an element type besides its code, if it is nothing new."""
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else None
    if order not in ("<" if np.little_endian else ">", "|", "="):
        raise senseless(f"NumPy's element type {kind} in another byte order")


def scalar(kind, content):
    """Return a number of NumPy's."""
    if not isinstance(kind, np.dtype) or not isinstance(content, bytes) or len(content) != kind.itemsize:
        raise senseless("a NumPy number that is none")
    return np.frombuffer(content, kind)[0]


def empty_array(kind, shape, code):
    """Return an array whose content is said next."""
    if kind is not np.ndarray or shape != (0,):
        raise senseless("a NumPy array of another class")
    return np.empty(0, np.int8)


def fill_array(array, state):
    """Give an array from `empty_array` its shape, element type and content."""
    if not isinstance(state, tuple) or len(state) != 5:
        raise senseless("a NumPy array without its content")
    _, shape, kind, _, content = state
    sizes = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not sizes or not isinstance(kind, np.dtype) or not isinstance(content, (bytes, str)):  # Python 2 wrote texts
        raise senseless("a NumPy array that is none")
    array.__setstate__(state)  # which compares the content's length with the shape
