"""Helpers around modules: gradient clipping, flat parameter vectors, parametrizations, padded and packed sequences.

`prune` is imported by itself: `import edutorch.nn.utils.prune as prune`.
"""

from typing import TYPE_CHECKING

from ...later import load_later
from . import rnn
from .clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .init import skip_init
from .spectral_norm import remove_spectral_norm, spectral_norm
from .weight_norm import remove_weight_norm, weight_norm

if TYPE_CHECKING:
    from . import parametrizations, parametrize

__getattr__, __dir__ = load_later(__name__, "parametrizations", "parametrize")
