"""Differences, slopes, areas."""

from tests.samples import Error, Sample, array, bools, randn

FLOATS = {"dtypes": ("float64", "float32", "float16", "bfloat16")}
IN_C = dict(node=False, reason="PyTorch's own C++ multiplies by a number under another name, MulBackward1")
IN_C |= dict(dtypes=FLOATS["dtypes"] + ("int64", "int32"))
POINTS = array([0.0, 1.0, 3.0, 3.5, 5.0])

SAMPLES = [
    Sample("diff", randn(5)),
    Sample("diff", randn(3, 4), n=2),
    Sample("diff", randn(3, 4), 1, 0),
    Sample("diff", randn(3, 4), n=5, dim=0),
    Sample("diff", randn(3, 4), n=0, opts=dict(node=False, reason="PyTorch copies: CopyBackwards")),
    Sample("diff", randn(3, 4), prepend=randn(3, 1), append=randn(3, 2, salt=1)),
    Sample("diff", bools(6)),
    Sample("trapezoid", randn(5), opts=IN_C),
    Sample("trapezoid", randn(3, 4), dx=0.5, opts=IN_C),
    Sample("trapezoid", randn(3, 4), dim=0, opts=IN_C),
    Sample("trapezoid", randn(3, 4), randn(3, 4, salt=1), opts=IN_C),
    Sample("trapezoid", randn(3, 4), randn(4, salt=1), opts=IN_C),
    Sample("trapezoid", randn(3, 4), randn(3, salt=1), dim=0, opts=IN_C),
    Sample("trapezoid", randn(1), opts=IN_C),
    Sample("trapezoid", randn(0), opts=IN_C),
    Sample("trapz", randn(3, 4), opts=IN_C),
    Sample("trapz", randn(3, 4), randn(4, salt=1), opts=IN_C),
    Sample("cumulative_trapezoid", randn(5), opts=IN_C),
    Sample("cumulative_trapezoid", randn(3, 4), dx=0.5, dim=0, opts=IN_C),
    Sample("cumulative_trapezoid", randn(3, 4), randn(4, salt=1), opts=IN_C),
    Sample("gradient", randn(5), opts=FLOATS),
    Sample("gradient", randn(2), opts=FLOATS),
    Sample("gradient", randn(3, 4), opts=FLOATS),
    Sample("gradient", randn(3, 4), dim=1, opts=FLOATS),
    Sample("gradient", randn(3, 4), dim=(1, 0), spacing=[0.5, 2.0], opts=FLOATS),
    Sample("gradient", randn(3, 4), spacing=2.0, edge_order=2, opts=FLOATS),
    Sample("gradient", randn(5), spacing=[POINTS], opts=FLOATS),
    Sample("gradient", randn(5), spacing=[POINTS], edge_order=2, opts=FLOATS),
    Sample("gradient", randn(3, 5, 2), spacing=[POINTS], dim=-2, opts=FLOATS),
    Sample("gradient", randn()),
]

ERRORS = [
    Error("diff", randn()),
    Error("diff", randn(3), n=-1),
    Error("diff", randn(3), dim=1),
    Error("diff", randn(2, 3), prepend=randn(3)),
    Error("diff", randn(2, 3), append=randn(3, 1)),
    Error("trapezoid", randn(2, 3), randn(4)),
    Error("gradient", randn(1)),
    Error("gradient", randn(2), edge_order=2),
    Error("gradient", randn(3), edge_order=3),
    Error("gradient", randn(3, 4), spacing=[1.0]),
    Error("gradient", randn(3), dim=1),
]
