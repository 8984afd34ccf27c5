"""CUDA devices, through CuPy: whether there are any, which one is current, waiting for it, its memory and its seeds.

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

A device works while the program goes on: what is asked of it stands in line, in a stream. Only `.item()`, printing,
`.cpu()` and the like wait for it. To measure time, wait with `synchronize`, or let events note the time.
"""

from ..later import load_later
from .devices import (
    current_device,
    device,
    device_count,
    get_arch_list,
    get_device_capability,
    get_device_name,
    get_device_properties,
    init,
    is_available,
    is_bf16_supported,
    is_initialized,
    set_device,
    synchronize,
)
from .memory import (
    empty_cache,
    max_memory_allocated,
    max_memory_reserved,
    mem_get_info,
    memory_allocated,
    memory_reserved,
    memory_stats,
    memory_summary,
    reset_max_memory_allocated,
    reset_peak_memory_stats,
)
from .seeds import (
    get_rng_state,
    get_rng_state_all,
    initial_seed,
    manual_seed,
    manual_seed_all,
    seed,
    seed_all,
    set_rng_state,
    set_rng_state_all,
)
from .streams import Event, Stream, StreamContext, current_stream, default_stream, set_stream, stream

_TYPES = ("BFloat16", "Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")

__getattr__, __dir__ = load_later(
    __name__,
    "amp",
    "nvtx",
    make_graphed_step="graphed_step",
    GraphedStep="graphed_step",
    **dict.fromkeys(("CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing"), "graphs"),
    **{f"{name}Tensor": "tensor_types" for name in _TYPES},
)
