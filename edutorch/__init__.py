"""edutorch: deep learning on NumPy in PyTorch's API, written to be read.

    import edutorch as torch

is enough for ordinary PyTorch teaching code. Start reading at `op/__init__.py` (how an operator is made),
`ops/arithmetic.py` (what one looks like) and `autograd/engine.py` (the backward pass).
"""

# NumPy, or a sentence about why not
from . import foundation

# Element types and devices
from .dtypes import (
    bfloat16,
    bool,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .backends import AcceleratorError, device, get_default_device, set_default_device
from .backends.settings import *
from math import e, inf, nan, pi

# Tensors, and the modes that say what is recorded
from .tensor import Size, Tensor
from .printing import set_printoptions
from .modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)

# Random numbers
from . import random
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

# Operators, a family a line
from .ops.activation import *
from .ops.adaptive_pooling import *
from .ops.arithmetic import *
from .ops.arrange import *
from .ops.assignment import *
from .ops.average_pooling import *
from .ops.bilinear import *
from .ops.binary_cross_entropy import binary_cross_entropy_with_logits
from .ops.bitwise import *
from .ops.compare import *
from .ops.conv_functions import *
from .ops.contrast import *
from .ops.convert import *
from .ops.memory_formats import *
from .ops.create import *
from .ops.ctc import ctc_loss
from .ops.differences import *
from .ops.distance import *
from .ops.divergence import *
from .ops.division import *
from .ops.dropout import *
from .ops.einsum import *
from .ops.embedding import *
from .ops.expand import *
from .ops.exponential import *
from .ops.exponential_units import *
from .ops.extrema import *
from .ops.fill import *
from .ops.from_data import *
from .ops.gather import *
from .ops.indexing import *
from .ops.join import *
from .ops.legacy import *
from .ops.linalg import cholesky_solve, logdet
from .ops.linalg_legacy import *
from .ops.masks import *
from .ops.matmul import *
from .ops.matrix_exp import matrix_exp
from .ops.norms import dist, renorm
from .ops.padding import *
from .ops.parts import *
from .ops.pixel_shuffle import *
from .ops.pooling import *
from .ops.products import *
from .ops.queries import *
from .ops.ranges import *
from .ops.rectifiers import *
from .ops.recurrent_cells import *
from .ops.recurrent_layers import *
from .ops.reduce import *
from .ops.rounding import *
from .ops.sampling import *
from .ops.scan import *
from .ops.scatter import *
from .ops.sets import *
from .ops.signs import *
from .ops.softmax import *
from .ops.sort import *
from .ops.special import *
from .ops.statistics import *
from .ops.trigonometry import *
from .ops.views import *
from .nn.functional.normalization import group_norm, layer_norm, rms_norm

from . import amp, autograd, cuda, kernels, linalg, nn, serialization, utils
from .amp import GradScaler, autocast
from .amp.autocast_mode import (
    clear_autocast_cache,
    get_autocast_dtype,
    is_autocast_cache_enabled,
    is_autocast_enabled,
)
from .serialization import load, save
from . import version
from .version import __version__

# PyTorch programs that cannot be edited
from . import compiler
from .as_torch import install_as_torch
from .compiler import compile

# Loaded when they are first asked for
from typing import TYPE_CHECKING
from .later import load_later

if TYPE_CHECKING:
    from . import accelerator, cpu, func, hub, optim, profiler, testing

__getattr__, __dir__ = load_later(__name__, "accelerator", "cpu", "func", "hub", "optim", "profiler", "testing")

newaxis = None  # another name for None in an index: x[:, newaxis]
