"""Samples for `edutorch/ops/convert.py`; conversions between dtypes are in `tests/test_convert.py`."""

from tests.samples import Error, Sample, ints, randn

SAMPLES = [
    Sample("clone", randn(2, 3)),
    Sample("clone", randn()),
    Sample("clone", ints(2, 0)),
]

ERRORS = [Error("clone", 2)]
