"""Samples for `edutorch/ops/pixel_shuffle.py`."""

from tests.samples import Error, Sample, ints, randn

F = "nn.functional."

SAMPLES = [
    Sample("pixel_shuffle", randn(2, 8, 3, 4), 2),
    Sample("pixel_shuffle", randn(9, 3, 4), 3),
    Sample("pixel_unshuffle", randn(2, 2, 6, 4), 2),
    Sample("channel_shuffle", randn(2, 6, 3), 3),
    Sample("channel_shuffle", randn(2, 0, 3), 3, opts={"grad": False, "reason": "PyTorch divides by zero channels"}),
    *(Sample(F + name, randn(2, 8, 4, 4), 2) for name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle")),
    Sample(F + "pixel_shuffle", ints(4, 3, 4), 2),
    Sample(F + "pixel_shuffle", randn(1, 2, 8, 4, 4), 1),
]

ERRORS = [
    Error("pixel_shuffle", randn(2, 6, 3, 4), 2),
    Error("pixel_shuffle", randn(4, 3, 4), 1.5),
    Error("pixel_unshuffle", randn(3, 4), 2),
    Error("channel_shuffle", randn(2, 5, 4), 2),
]
