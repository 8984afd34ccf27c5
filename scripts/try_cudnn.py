"""Let NVIDIA's package look at the graphs that edutorch describes to cuDNN, as far as it does without a GPU.

    pip install 'nvidia-cudnn-frontend>=1.18,<1.23' nvidia-cudnn-cu13 && python scripts/try_cudnn.py

`validate` checks names, arguments, sizes and layouts, and finds the sizes of results by itself: these are compared with
ours. What comes after it asks a device. cuDNN takes 900 MB, so `make kernels` does without this; the tests' stand-in
holds every graph to the package's list of names, and to its order of steps.
"""

from __future__ import annotations

import itertools

import cudnn

from edutorch.kernels.cuda import attention, conv

KINDS = cudnn.data_type
LAST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}  # pixel by pixel: the dimensions, the slowest first


def strides(dim, order):
    """Return the strides of an array whose dimensions lie in an order, the slowest first."""
    found, step = [0] * len(dim), 1
    for d in reversed(order):
        found[d], step = step, step * dim[d]
    return found


def looked_at(kind, describe, inputs, outputs, orders, statistics=(), **parameters):
    """Describe a graph as `edutorch/kernels/cuda/cudnn.py` does; return the sizes that the package has for the results.

    Those of a convolution it finds by itself, of all else it is told them.

    Args:
        statistics: the numbers of the tensors that are float32 in every case.
    """
    graph = cudnn.pygraph(
        io_data_type=kind, intermediate_data_type=KINDS.FLOAT, compute_data_type=KINDS.FLOAT, sm_version=90
    )
    kinds = [KINDS.FLOAT if i in statistics else kind for i in range(len(inputs) + len(outputs))]
    tensors = [
        graph.tensor(dim=list(dim), stride=strides(dim, order), data_type=kinds[i], uid=i + 1)
        for i, (dim, order) in enumerate(zip(inputs, orders, strict=False))
    ]
    found = describe(graph, tensors, **parameters)
    for i, (tensor, dim) in enumerate(zip(found, outputs, strict=True), len(inputs)):
        tensor.set_output(True).set_uid(i + 1).set_data_type(kinds[i])
        if describe is not conv.cudnn_forward:
            tensor.set_dim(list(dim)).set_stride(strides(dim, orders[i]))
    graph.validate()
    return [tuple(tensor.get_dim()) for tensor in found]


def convolutions():
    """Look at convolutions of pictures and volumes, and both their gradients, in every dtype and layout."""
    cases = [
        ((2, 8, 9, 7), (16, 8, 3, 3), (2, 16, 5, 7), {"stride": (2, 1), "padding": (1, 1), "dilation": (1, 1)}),
        ((2, 8, 1, 9), (16, 4, 1, 3), (2, 16, 1, 5), {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 2)}),
        ((2, 8, 4, 5, 6), (8, 8, 2, 2, 2), (2, 8, 3, 4, 5), dict.fromkeys(("stride", "dilation"), (1,) * 3)),
    ]
    for (x, w, y, steps), kind, last in itertools.product(cases, (KINDS.FLOAT, KINDS.HALF, KINDS.BFLOAT16), (0, 1)):
        steps = {"padding": (0,) * (len(x) - 2), **steps}
        orders = [LAST[len(x)] if last else tuple(range(len(x)))] * 3
        for describe, inputs, output in (
            (conv.cudnn_forward, (x, w), y),
            (conv.cudnn_to_input, (y, w), x),
            (conv.cudnn_to_weight, (x, y), w),
        ):
            assert looked_at(kind, describe, inputs, [output], orders, **steps) == [output]
            yield describe.__name__, kind.name, inputs


def attentions():
    """Look at attention and its gradients, with heads as they are split from one projection."""
    q, k, v, o, logs = (2, 4, 16, 32), (2, 4, 24, 32), (2, 4, 24, 64), (2, 4, 16, 64), (2, 4, 16, 1)
    orders = [(0, 2, 1, 3)] * 9
    for kind, causal in itertools.product((KINDS.HALF, KINDS.BFLOAT16), (False, True)):
        named = {"scale": 0.2, "causal": causal}
        assert looked_at(kind, attention.flash, (q, k, v), [o, logs], orders, (4,), **named) == [o, logs]
        yield "attention", kind.name, (q, k, v)
        inputs = (q, k, v, o, o, logs)
        for repeats in (False, True):
            named["repeats"] = repeats
            assert looked_at(kind, attention.flash_gradients, inputs, [q, k, v], orders, (5,), **named) == [q, k, v]
            yield "its gradients", kind.name, inputs


if __name__ == "__main__":
    for what in itertools.chain(convolutions(), attentions()):
        print("ok ", *what)
