"""`emit_nvtx`: each operator as a range that NVIDIA's own tools show, Nsight Systems above all."""

from __future__ import annotations

from ..backends import cuda_backend
from .probes import Probes
from .session import leave, take_over


class emit_nvtx:
    """Mark each operator of a block for `nsys profile python program.py`, which sees what runs on the GPU itself.

    What it marks on a GPU was tried on a stand-in only.

    Args:
        enabled: False marks nothing. record_shapes: put the arguments' shapes into the names.

    Raises:
        AssertionError: if there is no device. RuntimeError: when it is entered a second time.
    """

    def __init__(self, enabled=True, record_shapes=False):
        self.enabled, self.record_shapes = enabled, record_shapes
        self.entered = False

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("NVTX annotation context manager is not reentrant")
        self.entered = True
        backend = cuda_backend()
        if backend is None:
            raise AssertionError(
                "Torch not compiled with CUDA enabled\nThere is no GPU whose tools could show anything."
            )
        self.recorder = _Ranges(backend.xp.cuda.nvtx, self.record_shapes)
        take_over(self)
        self._probes = Probes(self.recorder)
        return self

    def __exit__(self, *exception):
        if self.enabled:
            self.abandon()

    def abandon(self):
        """Let everything be as it was."""
        self._probes.release()
        leave(self)


class _Ranges:
    """Takes the calls of watched functions in a `Recorder`'s place, and puts each into a range."""

    def __init__(self, nvtx, shapes):
        self.nvtx, self.shapes = nvtx, shapes

    def begin_block(self, name):
        self.nvtx.RangePush(name)

    def end_block(self, begun):
        self.nvtx.RangePop()

    def operator(self, name):
        return self.around(lambda args, kwargs: name)

    def around(self, naming, kind="", scope=0):
        def watch(plain):
            def call(args, kwargs):
                name = naming(args, kwargs)
                if self.shapes:
                    shapes = [list(a.shape) if hasattr(a, "shape") else [] for a in (*args, *kwargs.values())]
                    name = f"{name}, sizes = {shapes}"
                self.nvtx.RangePush(name)
                try:
                    return plain(*args, **kwargs)
                finally:
                    self.nvtx.RangePop()

            return call

        return watch

    def gradients(self, plain):
        return self.around(lambda args, kwargs: args[0].name())(plain)

    def accumulate(self, plain):
        return self.around(lambda args, kwargs: "torch::autograd::AccumulateGrad")(plain)

    def backward_pass(self, plain):
        return lambda args, kwargs: plain(*args, **kwargs)

    hooks_before = backward_pass
