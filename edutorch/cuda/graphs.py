"""CUDA graphs: work that is noted once, and then asked for as a whole, as often as one likes.

    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):       # nothing is computed in here, only noted
        y = model(x)
    x.copy_(batch)                      # the graph reads where `x` lies, and writes where `y` lies
    graph.replay()

A step of a small model asks for hundreds of kernels, one by one, and the device waits for Python in between. A replay
asks once. What Python does during the capture is not repeated: addresses, sizes and numbers stay as they were.

This was tried on a stand-in for CuPy that records and replays, and never yet on a GPU.
"""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from ..backends import cuda_backend, device, place
from ..random import generator_at
from .streams import Stream, StreamContext, current_stream

__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing"]


def is_current_stream_capturing():
    """Return whether work is noted for a graph at the moment, instead of being done; no, where there is no device."""
    backend = cuda_backend()
    return backend is not None and backend.xp.cuda.get_current_stream().is_capturing()


def graph_pool_handle():
    """Return memory that several graphs can share, to be handed to `graph(..., pool=handle)`.

    Graphs that share memory must be replayed in the order in which they were captured, and not at the same time.

    Raises:
        AssertionError: if there is no device.
    """
    return place("cuda")[0].xp.cuda.MemoryPool()


class Capture:
    """What is noted while a graph is captured.

    Attributes:
        held: what the graph needs as long as it lives: constants, rooms for libraries to work in.
        library: how cuBLAS is called meanwhile, if a product was asked for (`edutorch/kernels/cuda/cublas.py`).
        numbers: the random numbers that the graph draws.
    """

    def __init__(self, backend):
        self._xp, self._aside = backend.xp, backend.xp.cuda.Stream(non_blocking=True)
        self.held, self.library = [], None
        self.numbers = Numbers(backend.xp, backend.current())

    def constant(self, array):
        """Return an array of the processor on the device. It is copied now, once: each replay finds these numbers."""
        with self._aside:
            copy = self._xp.asarray(array, order="K")
            self._aside.synchronize()
        self.held.append(copy)
        return copy


class Numbers:
    """The random numbers of a graph: each replay draws those that come next on its device.

    Kernels read where to draw from in the device's memory (`kernels/cuda/random.py`); that is written before a replay.
    """

    def __init__(self, xp, index):
        self._xp, self._where = xp, device("cuda", index)
        self._drawer = generator_at(self._where).stream
        self._begin = self._drawer.offset if self._drawer.on_device else 0
        if self._drawer.on_device:
            self._drawer.state_on(
                xp.empty(0)
            )  # a new seed is copied there now; in the capture that would be noted only
        self._drawn = 0

    def end(self):
        """End the capture, in which nothing was drawn yet."""
        drawer = self._drawer
        if drawer.on_device and drawer.offset != self._begin:
            self._drawn, drawer.offset = drawer.offset - self._begin, self._begin
            self._first, self._state = self._begin - drawer.shift, drawer.state_on(self._xp.empty(0))

    def go_on(self):
        """Let the next replay draw from where the device's numbers stand by now."""
        if not self._drawn:
            return
        drawer = generator_at(self._where).stream
        if drawer is self._drawer:
            drawer.state_on(self._state)  # which brings a new seed there
            self._state[1] = np.uint64(drawer.go_on(self._first + drawer.shift))
        else:  # another generator took its place, as after `manual_seed`
            self._state[0] = np.uint64(drawer.initial_seed())
            self._state[1] = np.uint64((drawer.offset - self._first) % 2**64)
        drawer.take(self._drawn)


class CUDAGraph:
    """Work for a device, captured once, to be replayed.

    Replaying reads and writes the memory that the captured work did. Tensors that it read must still be there and hold
    the new values; tensors that it made hold the results, until the next replay. Memory made during the capture comes
    from a pool that the graph keeps, and that `memory_allocated` does not count. Random numbers go on from replay to
    replay, as if the work were done anew.

    Args:
        keep_graph: accepted, and without effect: a graph is ready to run when its capture ends.

    Raises:
        AssertionError: if there is no device.

    Example:
        g = torch.cuda.CUDAGraph()
        with torch.cuda.graph(g):
            loss = train_on(static_input)
        static_input.copy_(batch)
        g.replay()
    """

    def __init__(self, keep_graph=False):
        self._backend = place("cuda")[0]
        self._graph = self._pool = None
        self._capture: Any = None
        self._stream: Any = None
        self._allocating: Any = None

    def capture_begin(self, pool=None, capture_error_mode="global"):
        """Begin to note what is asked of the current stream, which must not be the default one.

        Args:
            pool: memory to share, from `graph_pool_handle` or another graph's `pool`.
            capture_error_mode: accepted; memory may be taken from the device meanwhile, as in "relaxed".

        Raises:
            RuntimeError: on the default stream, while another capture goes on, or if this graph was captured already.
        """
        cuda = self._backend.xp.cuda
        stream = cuda.get_current_stream()
        if self._graph is not None:
            raise RuntimeError(
                "This CUDAGraph instance already owns a captured graph. To capture a new graph, create a new instance."
            )
        if stream == cuda.Stream.null:
            raise RuntimeError(
                "CUDA graphs must be captured on a non-default stream. (However, after capture, it's ok to replay them "
                "on the default stream.)\nUse `with torch.cuda.graph(g):`, which chooses one."
            )
        if self._backend.capture is not None:
            raise RuntimeError("Only one capture at a time is allowed in a process.")
        self._pool = cuda.MemoryPool() if pool is None else pool
        capture = Capture(self._backend)
        self._allocating = cuda.using_allocator(self._pool.malloc)
        self._allocating.__enter__()
        try:
            stream.begin_capture()
        except BaseException:
            self._allocating.__exit__(None, None, None)
            raise
        self._stream, self._backend.capture = stream, capture

    def capture_end(self):
        """End the capture; from now on the graph can be replayed.

        Raises:
            RuntimeError: if something was asked for that no graph can hold.
        """
        capture, self._backend.capture = self._backend.capture, None
        try:
            self._graph = self._stream.end_capture()
        finally:
            self._allocating.__exit__(None, None, None)
            capture.numbers.end()
            self._capture, self._stream, self._allocating = capture, None, None

    def replay(self):
        """Do the captured work again, in the current stream: one request to the device.

        Raises:
            RuntimeError: if nothing was captured.
        """
        if self._graph is None:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        self._capture.numbers.go_on()
        self._graph.launch()

    def reset(self):
        """Forget the captured work, and give its memory back."""
        self._graph = self._pool = self._capture = None

    def pool(self):
        """Return the memory that this graph's tensors lie in, for another graph to share.

        Raises:
            RuntimeError: if nothing was captured.
        """
        if self._graph is None:
            raise RuntimeError("Called CUDAGraph::pool() without a preceding successful capture.")
        return self._pool


class graph:
    """In a `with` block, work for the device is captured into a `CUDAGraph`.

    Args:
        cuda_graph: the graph, an empty one.
        pool: memory to share: `graph_pool_handle()`, or another graph's `pool()`.
        stream: where the captured work is put; by default a stream of its own.
        capture_error_mode: see `CUDAGraph.capture_begin`.
    """

    def __init__(self, cuda_graph, pool=None, stream=None, capture_error_mode="global"):
        self.cuda_graph, self.pool = cuda_graph, pool
        self.capture_stream = Stream() if stream is None else stream
        self._chosen = StreamContext(self.capture_stream)

    def __enter__(self):
        # What stands in line elsewhere must be done: the capture would not know that it comes after it.
        self.capture_stream.wait_stream(current_stream())
        gc.collect()  # Python could free memory of the device in the middle of the capture
        self._chosen.__enter__()
        try:
            self.cuda_graph.capture_begin(pool=self.pool)
        except BaseException:
            self._chosen.__exit__(None, None, None)
            raise

    def __exit__(self, kind, error, trace):
        try:
            self.cuda_graph.capture_end()
        except RuntimeError:
            if error is None:  # else that is the reason, and tells more
                raise
        finally:
            self._chosen.__exit__(kind, error, trace)
            if error is not None:
                self.cuda_graph.reset()
