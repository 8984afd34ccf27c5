"""The Tensor: an array, and what autograd needs to know about it.

No mathematics is here. Operators (`edutorch/ops/`) attach themselves as methods, and so does autograd.
"""

from __future__ import annotations

import copy
import functools
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from ml_dtypes import bfloat16

from . import dtypes, printing
from .backends import CPU, DEVICE_TYPE, backend_of, device, place, to_host
from .errors import dimension_out_of_range, not_a_tensor, with_remedy

_new = object.__new__


class Size(tuple):
    """A tensor's shape: a tuple that prints as `torch.Size([2, 3])`."""

    def __repr__(self):
        return f"torch.Size({list(self)})"

    def numel(self):
        """Return the number of elements: the product of the sizes."""
        return math.prod(self)

    def __getitem__(self, index):
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other):
        return Size(super().__add__(tuple(other)))


APPARENT = "apparent"  # views made under no_grad show requires_grad=True, as in PyTorch, but no gradient reaches them


class Tensor:
    """A multi-dimensional array of one dtype that can remember how it was computed.

    Its attributes are the engine's own; users see the properties below.

    Attributes:
        array: the NumPy or CuPy array that holds the elements.
        tracked: whether gradients flow to this tensor (`requires_grad`). `APPARENT`: they seem to, and do not.
        node: the graph node that produced it, or None for a leaf (`grad_fn`).
        base: the tensor whose memory this one is a differentiable view of, or None.
        replay: how the view was taken: (function, arguments, replay of the view it was taken from).
        origin: of a view that must not be written: "many", one of several views; "no_grad", made under it.
        reshaped: the time at which the tensor itself last took another shape (`t_`).
        linked: the time at which a view's `node` was last brought in line with its base.
        storage: the write record shared by everything that aliases this memory, once there is a need for one.

    A fresh result only stores `array`, and `node` when it is tracked: the rest are class-level defaults.
    """

    array: Any
    tracked = False
    node: Any = None
    base: Tensor | None = None
    replay: Any = None
    origin: str | None = None
    linked = 0
    reshaped = 0
    storage: Any = None
    inference = False
    hooks: Any = None  # of a leaf: functions on its gradient
    accumulated_hooks: Any = None  # of a leaf: functions called after its gradient was stored
    role = "leaf"  # what the backward pass does with it, as an edge of the graph
    _grad: Tensor | None = None
    __array_priority__ = 1000  # NumPy's operators give way to ours: ndarray * tensor is a tensor

    if TYPE_CHECKING:  # operators attach themselves

        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, index) -> Any: ...
        def __setitem__(self, index, value) -> None: ...
        def __iter__(self) -> Any: ...

    # ---- shape and memory

    @property
    def shape(self):
        """The size of each dimension."""
        return Size(self.array.shape)

    @property
    def ndim(self):
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self):
        """The type of the elements."""
        return dtypes.of(self.array)

    @property
    def device(self):
        """Where the elements lie."""
        if type(self.array) is np.ndarray:
            return CPU
        backend = backend_of(self.array)
        return device(backend.type, backend.index_of(self.array))

    @property
    def is_cuda(self):
        """Whether the elements lie on a CUDA device."""
        return DEVICE_TYPE[type(self.array)] == "cuda"

    @property
    def itemsize(self):
        """Bytes per element."""
        return self.array.itemsize

    @property
    def nbytes(self):
        """Bytes of all elements together."""
        return self.array.nbytes

    def size(self, dim=None):
        """Return the shape, or the size of dimension `dim`."""
        return self.shape if dim is None else self.array.shape[self._dim(dim)]

    def dim(self):
        """Return the number of dimensions."""
        return self.array.ndim

    ndimension = dim

    def numel(self):
        """Return the number of elements."""
        return self.array.size

    nelement = numel

    def element_size(self):
        """Return the bytes per element."""
        return self.array.itemsize

    def stride(self, dim=None):
        """Return how many elements to step in memory to reach the next one along each dimension (or along `dim`)."""
        if self.array.flags.c_contiguous:  # NumPy leaves the strides of empty and size-1 axes open: give PyTorch's
            strides, step = [], 1
            for n in reversed(self.array.shape):
                strides.append(step)
                step *= max(n, 1)
            strides = tuple(reversed(strides))
        else:
            strides = [s // self.array.itemsize for s in self.array.strides]
            for i in range(len(strides) - 1, -1, -1):
                if self.array.shape[i] == 1 and not strides[i]:  # a dimension that `None` made
                    strides[i] = self.array.shape[i + 1] * strides[i + 1] if i + 1 < len(strides) else 1
            strides = tuple(strides)
        return strides if dim is None else strides[self._dim(dim)]

    def _dim(self, dim):
        n = max(self.array.ndim, 1)
        if not -n <= dim < n:
            raise dimension_out_of_range(self.array.ndim, dim)
        return dim

    def storage_offset(self):
        """Return how many elements into its memory block the tensor starts."""
        return (self.data_ptr() - backend_of(self.array).address(memory_of(self.array))) // self.array.itemsize

    def data_ptr(self):
        """Return the address of the first element: tensors that share memory can be told by it."""
        return backend_of(self.array).address(self.array)

    def is_floating_point(self):
        """Whether the dtype is a floating one."""
        return self.dtype.is_floating_point

    def is_complex(self):
        """Whether the dtype is complex: never, here."""
        return False

    def is_signed(self):
        """Whether the dtype can hold negative numbers."""
        return self.dtype.is_signed

    def get_device(self):
        """Return the index of the CUDA device, or -1 on the CPU."""
        return -1 if not self.is_cuda else self.device.index

    # ---- values

    def item(self):
        """Return the value of a one-element tensor as a Python number.

        Raises:
            RuntimeError: if there is not exactly one element.
        """
        array = self.array
        if array.size != 1:
            raise RuntimeError(
                with_remedy(
                    f"a Tensor with {array.size} elements cannot be converted to Scalar",
                    f"It has shape {array.shape}: choose one element, reduce it (.sum(), .mean()), or use .tolist().",
                )
            )
        if type(array) is not np.ndarray:
            array = to_host(array)
        value = array.item()
        return float(value) if type(value) is bfloat16 else value

    def tolist(self):
        """Return the values as nested Python lists (a number for a 0-d tensor)."""
        array = to_host(self.array)
        return (array.astype(dtypes.FLOAT32) if array.dtype == dtypes.BFLOAT16 else array).tolist()

    def numpy(self, *, force=False):
        """Return the elements as a NumPy array that shares the tensor's memory.

        Args:
            force: detach and move to the CPU first, where needed.

        Raises:
            RuntimeError: if the tensor requires grad: the array could be changed behind autograd's back.
            TypeError: for bfloat16, which NumPy does not have, and for CUDA tensors.
        """
        if force:
            return self.detach().cpu().numpy()
        if self.is_cuda:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                "host memory first."
            )
        if self.tracked:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.array.dtype == dtypes.BFLOAT16:
            raise TypeError("Got unsupported ScalarType BFloat16\nNumPy has no bfloat16: use x.float().numpy().")
        return hand_out(self)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __len__(self):
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __bool__(self):
        array = self.array
        if array.size != 1:
            what = "no values" if not array.size else "more than one value"
            raise RuntimeError(
                with_remedy(
                    f"Boolean value of Tensor with {what} is ambiguous",
                    "Say which you mean: x.any(), x.all(), or x.numel() > 0; `and` and `or` of masks are & and |.",
                )
            )
        return bool(array if type(array) is np.ndarray else to_host(array))

    def __float__(self):
        return float(self._only_element())

    def __int__(self):
        return int(self._only_element())

    def __complex__(self):
        return complex(self._only_element())

    def _only_element(self):
        if self.array.size != 1:
            raise ValueError(
                with_remedy(
                    "only one element tensors can be converted to Python scalars",
                    f"This one has shape {self.array.shape}: use .tolist().",
                )
            )
        return self.item()

    def __index__(self):
        if self.array.size != 1 or self.array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(to_host(self.array).item())

    def __contains__(self, value):
        other = value.array if isinstance(value, Tensor) else value
        return bool(to_host((self.array == other).any()))

    def __format__(self, spec):
        if not self.array.ndim:
            return format(self.item(), spec)
        if spec:
            raise TypeError(
                with_remedy(
                    "unsupported format string passed to Tensor.__format__",
                    f"Its shape is {self.array.shape}; a format like {spec!r} is for one number.",
                )
            )
        return repr(self)

    def __repr__(self):
        suffixes = []
        if self.node is not None:
            suffixes.append(f"grad_fn=<{self.grad_fn.name().removeprefix('torch::autograd::')}>")
        elif self.tracked:
            suffixes.append("requires_grad=True")
        where = str(self.device) if self.is_cuda else None
        return printing.format_tensor(to_host(self.array), device=where, suffixes=suffixes)

    __hash__ = object.__hash__

    # ---- copies and pickles

    def __reduce_ex__(self, protocol):
        for hook in self.hooks or ():
            warnings.warn(f"backward hook {hook!r} on tensor will not be serialized.", stacklevel=2)
        where = (self.device,) if self.is_cuda else ()
        made = _rebuild, (type(self), to_host(self.array), bool(self.tracked), *where)
        return (*made, self._remarks()) if len(vars(self)) > 1 else made

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        if self.node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at "
                "the moment. Detach it first: x.detach()."
            )
        copied = _rebuild(type(self), _copied(self.array, memo), bool(self.tracked))
        memo[id(self)] = copied
        if self._grad is not None:
            copied._grad = self._grad.__deepcopy__(memo)
        vars(copied).update(copy.deepcopy(self._remarks(), memo))
        return copied

    def _remarks(self):
        """Return the attributes that users gave the tensor."""
        return {name: value for name, value in vars(self).items() if name not in _OWN}


_OWN = frozenset(name for name in vars(Tensor) if not name.startswith("__")) | {"array"}


def _rebuild(cls, array, tracked, where=CPU):
    t = _new(cls)
    own = dtypes.of(array).numpy
    t.array = array if array.dtype is own else array.view(own)  # pickle makes equal dtype objects, not the same
    if where is not CPU:
        backend, index = place(where)
        t.array = backend.put(t.array, index)
    if tracked:
        t.tracked = True
    return t


def _copied(array, memo):
    """Return a copy of an array in a copy of its memory, which the `memo` of a deepcopy finds again for other views."""
    if type(array) is not np.ndarray:
        return array.copy()
    memory = memory_of(array) if array.size else array
    if not memory.flags.forc or type(memory) is not np.ndarray:  # an order, or a kind, that its bytes do not tell
        memory = array
    if id(memory) not in memo:
        memo[id(memory)] = memory.copy(order="K")
    copied = memo[id(memory)]
    if memory is array:
        return copied
    start = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    view = np.ndarray(array.shape, array.dtype, copied.reshape(-1, order="A").view(np.uint8), start, array.strides)
    if not array.flags.writeable:
        view.flags.writeable = False
    return view


def hand_out(tensor):
    """Return a tensor's array for writes that nobody notes: whoever watches the memory is told to rely on nothing."""
    storage = tensor.storage if tensor.base is None else tensor.base.storage
    if storage is not None:
        storage.watched = False
    return tensor.array


def memory_of(array):
    """Return the array that owns an array's memory: itself, or what it is a view of in the end."""
    root, owner = array, array.base
    while owner is not None:  # `as_strided` puts an object in between that is no array, but has a base
        root = owner if type(owner) in DEVICE_TYPE or isinstance(owner, np.ndarray) else root
        owner = getattr(owner, "base", None)
    return root


def array_of(value):
    """Return the array behind a tensor, or the array itself: gradient formulas are given either."""
    return value.array if isinstance(value, Tensor) else value


def wrap(array):
    """Return a new tensor around an array, sharing its memory."""
    t = _new(Tensor)
    t.array = array
    return t


def method(function):
    """Attach a function to Tensor under its own name, and return it in the form for users of the namespace."""
    setattr(Tensor, function.__name__, function)
    return first_checked(function)


def first_checked(function):
    """Return a method as a function that raises PyTorch's error if its first argument is no tensor."""
    parameter = function.__code__.co_varnames[0] if function.__code__.co_argcount else "input"

    @functools.wraps(function)
    def call(*args, **kwargs):
        first = args[0] if args else kwargs.get(parameter)
        if isinstance(first, Tensor) or not (args or kwargs):
            return function(*args, **kwargs)
        raise not_a_tensor(function.__name__, "input" if parameter == "self" else parameter, 1, first)

    return call
