"""Array libraries and devices: NumPy on the processor, CuPy on CUDA devices."""

from . import cuda, cudnn, mps
from .arrays import (
    BACKENDS,
    DEVICE_TYPE,
    HOST,
    XP,
    backend_of,
    join,
    leave,
    like,
    on_host,
    read_only,
    to_host,
    when_joining,
)
from .asserts import AcceleratorError, expect_inside
from .devices import (
    CPU,
    array_module,
    cuda_backend,
    device,
    get_default_device,
    making_on,
    place,
    requested,
    set_default_device,
)
