"""Pictures and explorers for the lessons and for your own notebooks.

Every picture is made by a plain function that returns a `Drawing` (SVG with a text alternative); `explore_*`
puts widgets before it. A name is looked up in its module on first use, so `import edutorch` pays for none of
them, and matplotlib and ipywidgets are imported only by the functions that need them. The functions use
nothing but a tensor's public interface: they draw PyTorch's tensors as well.
"""

from importlib import import_module

_HOME = {
    "Canvas": "svg",
    "Drawing": "svg",
    "show_strides": "strides",
    "explore_strides": "strides",
    "show_broadcast": "broadcast",
    "explore_broadcast": "broadcast",
    "show_images": "images",
    "show_curves": "curves",
    "show_line": "curves",
    "explore_line": "curves",
    "show_residuals": "curves",
    "show_intervals": "curves",
    "Surface": "surfaces",
    "show_contours": "surfaces",
    "show_learning_rate": "surfaces",
    "explore_learning_rate": "surfaces",
    "Landscape": "race",
    "show_race": "race",
    "explore_race": "race",
    "show_schedule": "schedules",
    "explore_schedule": "schedules",
    "show_convolution": "convolution",
    "explore_convolution": "convolution",
    "show_feature_maps": "feature_maps",
    "explore_feature_maps": "feature_maps",
    "show_receptive_field": "feature_maps",
    "explore_receptive_field": "feature_maps",
    "show_shifted": "shifts",
    "explore_shifted": "shifts",
    "show_tables": "shifts",
    "show_lookup": "lookup",
    "explore_lookup": "lookup",
    "show_attention": "attention",
    "explore_attention": "attention",
    "show_sampling": "sampling",
    "explore_sampling": "sampling",
    "show_fading": "recurrence",
    "explore_fading": "recurrence",
    "show_gates": "gates",
    "explore_gates": "gates",
    "show_packing": "packing",
    "show_merges": "merges",
    "explore_merges": "merges",
    "show_launch": "launches",
    "explore_launch": "launches",
    "record": "warps",
    "show_warp": "warps",
    "explore_warp": "warps",
    "show_banks": "warps",
    "explore_banks": "warps",
    "show_tiles": "tiles",
    "explore_tiles": "tiles",
    "show_timeline": "timeline",
    "explore_timeline": "timeline",
    "Machine": "roofline",
    "PUBLISHED": "roofline",
    "show_roofline": "roofline",
    "show_limit": "roofline",
    "explore_limit": "roofline",
    "show_graph": "graph",
    "show_chain_rule": "chain_rule",
    "explore_chain_rule": "chain_rule",
    "BackwardTrace": "stepper",
    "show_backward": "stepper",
    "explore_backward": "stepper",
}

__all__ = [*_HOME]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_HOME})
