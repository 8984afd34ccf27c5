"""Random generators: where random numbers come from, and how to draw the same ones again.

    torch.manual_seed(0)                        # from here on, every draw is determined
    g = torch.Generator().manual_seed(0)        # a stream of its own, handed to functions as generator=g

The numbers are PyTorch's, digit by digit: `streams` turns a Mersenne Twister's words into them.

Each CUDA device has a generator of its own, which draws from Philox on the device itself (`streams/philox.py`). Its
numbers are not PyTorch's: those depend on the size of the GPU, these only on the seed and on what was drawn before. Its
state is PyTorch's, seed and offset in 16 bytes. Where the devices' kernels are off, their numbers are drawn on the
processor as the CPU's are, and copied.
"""

from __future__ import annotations

import contextlib

import numpy as np

from .backends import BACKENDS, CPU, place, when_joining
from .backends import device as device_of
from .streams import Stream
from .tensor import Tensor, wrap


class Generator:
    """A stream of random numbers with a seed and a state.

    Args:
        device: where the numbers are to lie.

    Example:
        >>> import edutorch as torch
        >>> g = torch.Generator().manual_seed(0)
        >>> torch.rand(2, generator=g)
        tensor([0.4963, 0.7682])
        >>> torch.rand(2, generator=g.manual_seed(0))
        tensor([0.4963, 0.7682])
    """

    def __init__(self, device: str | device_of = "cpu"):
        self.device, made = device_of(device), Stream
        if self.device.type == "cuda":
            backend, index = place(self.device)
            self.device = device_of("cuda", backend.current() if index is None else index)
            made = backend.random_stream or Stream
        elif self.device.type != "cpu":
            raise RuntimeError(f"Cannot get {self.device.type.upper()} generator without such a device")
        self.stream = made()

    def manual_seed(self, seed):
        """Start the sequence that belongs to a seed, and return the generator.

        Args:
            seed: an integer of 64 bits; negative ones count back from 2**64.

        Raises:
            RuntimeError: if it is no integer. ValueError: if it has more than 64 bits.
        """
        if not isinstance(seed, int):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        self.stream.manual_seed(seed)
        return self

    def seed(self):
        """Start a sequence that nobody can foresee, and return its seed."""
        return self.stream.seed()

    def initial_seed(self):
        """Return the seed that the present sequence was started with."""
        return self.stream.initial_seed()

    def get_state(self):
        """Return the state as a tensor of bytes: PyTorch's generators understand it, and the other way round."""
        return wrap(self.stream.get_state())

    def set_state(self, new_state):
        """Go on from a state that `get_state` returned, here or in PyTorch; return the generator.

        Raises:
            TypeError, RuntimeError: if it is no such state.
        """
        if not isinstance(new_state, Tensor) or new_state.array.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        self.stream.set_state(new_state.array)
        return self

    def clone_state(self):
        """Return another generator in the same state."""
        return Generator(self.device).set_state(self.get_state())


default_generator = Generator()
default_generator.seed()  # without `manual_seed`, every run is different
_on_devices: dict[device_of, Generator] = {}  # the CUDA devices' default generators, made when they are first needed
_given: dict[str, int | None] = {"seed": None}  # what `manual_seed` was told last, for those that are made later


@when_joining
def _begin_anew(backend):
    """Forget the generators of devices of another library; they may draw in other ways."""
    _on_devices.clear()


def generator_at(where):
    """Return the default generator of a device."""
    if where.type == "cpu":
        return default_generator
    if where.index is None:
        where = device_of("cuda", place(where)[0].current())
    found = _on_devices.get(where)
    if found is None:
        found = _on_devices[where] = Generator(where)
        found.seed() if _given["seed"] is None else found.manual_seed(_given["seed"])
    return found


def stream_of(generator, where=CPU):
    """Return the stream that a generator draws from; None stands for the default generator of the device.

    Raises:
        TypeError: if the argument is no generator. RuntimeError: if it is one of another kind of device, or if it draws
            on the processor while a CUDA graph is captured.
    """
    stream = _stream_of(generator, where)
    cuda = BACKENDS.get("cuda")
    if cuda is not None and cuda.capture is not None and not (stream.on_device and generator is None):
        raise RuntimeError(
            "Only random numbers of the device's own generator, drawn on the device, can be part of a CUDA graph: each "
            "replay would find the same ones."
        )
    return stream


def _stream_of(generator, where):
    if generator is None:
        return generator_at(where).stream
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    if generator.device.type != where.type:
        raise RuntimeError(
            f"Expected a '{where.type}' device type for generator but found '{generator.device.type}'\n"
            f"Make it with torch.Generator(device='{where.type}')."
        )
    return generator.stream


def manual_seed(seed):
    """Start the sequence that belongs to a seed, for all draws that name no generator, on every device.

    Returns:
        The CPU's default generator.

    Example:
        >>> import edutorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(10, (3,))
        tensor([4, 9, 3])
    """
    seed = int(seed)
    default_generator.manual_seed(seed)
    _given["seed"] = seed
    _on_devices.clear()
    return default_generator


def seed():
    """Start a sequence that nobody can foresee, and return its seed."""
    started = default_generator.seed()
    _given["seed"] = started
    _on_devices.clear()
    return started


def initial_seed():
    """Return the seed that the present sequence was started with."""
    return default_generator.initial_seed()


def get_rng_state():
    """Return the default generator's state, as a tensor of bytes."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Put the default generator into a state that `get_rng_state` returned."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, device_type=None):
    """Draw inside the block as you like: behind it, the default generator goes on as if nothing had been drawn.

    Args:
        devices, device_type: accepted; the generators of all devices are kept. enabled: False does nothing.
    """
    if not enabled:
        yield
        return
    state, given = get_rng_state(), _given["seed"]
    states = {where: generator.get_state() for where, generator in _on_devices.items()}
    try:
        yield
    finally:
        set_rng_state(state)
        _given["seed"] = given
        _on_devices.clear()
        for where, kept in states.items():
            generator_at(where).set_state(kept)
