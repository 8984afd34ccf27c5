"""Samples of linear algebra, norms and distances.

Eigenvectors and singular vectors are determined up to their sign, and libraries choose differently: they are
compared `through` their absolute values, which any sign leaves alone. `tests/ops/test_linalg.py` puts the factors
together again.
"""

import math

import numpy as np

from tests.samples import Error, Sample, array, bools, ints, randn

inf = math.inf


def symmetric(*shape, salt=0):
    """Return symmetric matrices with well-separated eigenvalues."""
    a = randn(*shape, salt=salt)
    return a + a.swapaxes(-1, -2) + np.diag(np.arange(shape[-1]) * 3.0)


def definite(*shape, salt=0):
    """Return symmetric positive-definite matrices."""
    a = randn(*shape, salt=salt)
    return a @ a.swapaxes(-1, -2) + np.eye(shape[-1])


def regular(*shape, salt=0):
    """Return matrices far from singular."""
    return randn(*shape, salt=salt) + 3 * np.eye(shape[-1])


NO_HALVES = {"dtypes": ("float64", "float32", "int64", "bool")}  # PyTorch's matrix_exp overflows to nan in them


def sizes(results):
    """Return the absolute values of several results."""
    return [r.abs() for r in results]


def first_columns(results):
    """Return |U|, S, |Vh| without the columns that only complete a basis."""
    U, S, Vh = results
    k = S.shape[-1]
    return [U[..., :k].abs(), S, Vh[..., :k, :].abs()]


def first_columns_of_v(results):
    """The same for the older form, which returns V."""
    U, S, V = results
    k = S.shape[-1]
    return [U[..., :k].abs(), S, V[..., :k].abs()]


SIGNS = {"through": sizes}
COMPLETED = {"through": first_columns}
COMPOSED = {"node": False, "reason": "the last step of the composition differs"}
INVERTED = {"grad": False, "reason": "PyTorch's own gradient fails here: it writes to the inverse it has saved"}
EMPTY = {"dtypes": ("float64", "float32")}  # PyTorch lets other dtypes pass where there is nothing to compute
KRON = {"node": False, "strided": False, "reason": "PyTorch views without a check, and refuses some strides"}
TWICE = {"gradgrad": False, "reason": "PyTorch has no second gradient; ours is checked in tests/ops/test_linalg.py"}

SAMPLES = [
    # determinants, inverses, solving
    *[
        Sample(f"linalg.{f}", regular(*shape))
        for f in ("det", "slogdet", "inv")
        for shape in ((3, 3), (2, 3, 3), (1, 1), (2, 1, 2, 2))
    ],
    *[
        Sample(f"linalg.{f}", regular(*shape), opts=EMPTY)
        for f in ("det", "slogdet", "inv")
        for shape in ((0, 0), (2, 0, 0), (0, 2, 2))
    ],
    Sample("linalg.det", randn(4, 4)),
    Sample("linalg.slogdet", randn(4, 4)),
    Sample(
        "linalg.det",
        array([[1.0, 2.0], [2.0, 4.0]]),
        opts={
            "grad": False,
            "dtypes": ("float64", "float32"),
            "reason": "PyTorch's gradient here is zero; the true one is tested in tests/ops/test_linalg.py",
        },
    ),
    Sample(
        "linalg.slogdet",
        array([[1.0, 2.0], [2.0, 4.0]]),
        opts={"grad": False, "reason": "infinite at a singular matrix"},
    ),
    Sample("det", regular(3, 3)),
    Sample("slogdet", regular(3, 3)),
    Sample("logdet", definite(3, 3)),
    Sample("logdet", definite(2, 3, 3)),
    Sample("logdet", -np.eye(3), opts={"grad": False, "reason": "nan"}),
    Sample("inverse", regular(3, 3)),
    Sample("inverse", regular(2, 3, 3)),
    Sample("linalg.solve", regular(3, 3), randn(3)),
    Sample("linalg.solve", regular(3, 3), randn(3, 2)),
    Sample("linalg.solve", regular(2, 3, 3), randn(2, 3, 2)),
    Sample("linalg.solve", regular(2, 3, 3), randn(2, 3)),
    Sample("linalg.solve", regular(2, 3, 3), randn(3, 2)),
    Sample("linalg.solve", regular(2, 3, 3), randn(3)),
    Sample("linalg.solve", regular(3, 3), randn(2, 3, 4)),
    Sample("linalg.solve", regular(3, 3), randn(2, 3), left=False),
    Sample("linalg.solve", regular(2, 3, 3), randn(4, 3), left=False),
    Sample("linalg.solve", regular(0, 0), randn(0), opts=EMPTY),
    *[
        Sample(
            "linalg.solve_triangular",
            regular(3, 3),
            randn(*(2, 3)[:: 1 if not left else -1]),
            upper=upper,
            left=left,
            unitriangular=unit,
        )
        for upper in (True, False)
        for left in (True, False)
        for unit in (True, False)
    ],
    Sample("linalg.solve_triangular", regular(2, 3, 3), randn(2, 3, 2), upper=True),
    Sample("linalg.solve_triangular", regular(2, 3, 3), randn(3, 2), upper=False),
    Sample("linalg.solve_triangular", regular(3, 3), randn(2, 3, 2), upper=True),
    Sample("linalg.solve_triangular", regular(0, 0), randn(0, 2), upper=True),
    # Cholesky
    Sample("linalg.cholesky", definite(3, 3)),
    Sample("linalg.cholesky", definite(2, 3, 3)),
    Sample("linalg.cholesky", definite(3, 3), upper=True),
    Sample("linalg.cholesky", definite(1, 1)),
    Sample("linalg.cholesky", randn(2, 0, 0), opts=EMPTY),
    Sample("cholesky", definite(3, 3)),
    Sample("cholesky", definite(2, 3, 3), True),
    Sample("cholesky_solve", randn(3, 2), regular(3, 3)),
    Sample("cholesky_solve", randn(3, 2), regular(3, 3), upper=True),
    Sample("cholesky_solve", randn(2, 3, 2), regular(2, 3, 3)),
    # eigenvalues
    Sample("linalg.eigh", symmetric(3, 3), opts=SIGNS),
    Sample("linalg.eigh", symmetric(2, 3, 3), opts=SIGNS),
    Sample("linalg.eigh", randn(3, 3), "U", opts=SIGNS),
    Sample("linalg.eigh", randn(3, 3), UPLO="L", opts=SIGNS),
    Sample("linalg.eigh", randn(1, 1), opts=SIGNS),
    Sample("linalg.eigh", randn(0, 0), opts={**SIGNS, **EMPTY}),
    Sample("linalg.eigvalsh", symmetric(3, 3)),
    Sample("linalg.eigvalsh", randn(2, 3, 3), "U"),
    # QR
    *[
        Sample("linalg.qr", randn(*shape))
        for shape in ((3, 3), (4, 3), (3, 4), (2, 4, 3), (2, 3, 5), (4, 1), (1, 4), (3, 0))
    ],
    Sample("linalg.qr", randn(3, 4), "complete"),
    Sample("linalg.qr", randn(3, 3), mode="complete"),
    Sample("linalg.qr", randn(4, 3), "complete", opts={"grad": False, "reason": "has no gradient"}),
    Sample("linalg.qr", randn(4, 3), mode="r", opts={"grad": False, "reason": "has no gradient"}),
    Sample("qr", randn(4, 3)),
    Sample("qr", randn(4, 3), some=False, opts={"grad": False, "reason": "has no gradient"}),
    # singular values
    *[
        Sample("linalg.svd", randn(*shape), opts=COMPLETED)
        for shape in ((3, 3), (4, 3), (3, 4), (2, 4, 3), (2, 3, 4), (1, 1))
    ],
    *[
        Sample("linalg.svd", randn(*shape), full_matrices=False, opts=SIGNS)
        for shape in ((3, 3), (4, 3), (3, 4), (2, 4, 3), (2, 3, 5), (4, 1))
    ],
    Sample("linalg.svd", randn(0, 3), full_matrices=False, opts={**SIGNS, **EMPTY}),
    Sample("svd", randn(4, 3), opts=SIGNS),
    Sample("svd", randn(3, 4), some=False, opts={"through": first_columns_of_v}),
    Sample("svd", randn(4, 3), compute_uv=False),
    *[Sample("linalg.svdvals", randn(*shape)) for shape in ((3, 3), (4, 3), (2, 3, 4))],
    Sample("linalg.svdvals", randn(0, 3), opts=EMPTY),
    Sample(
        "linalg.svdvals", array([[1.0, 0.0], [0.0, 1.0]]), opts={"gradgrad": False, "reason": "equal singular values"}
    ),
    # rank, pseudo-inverse, least squares
    Sample("linalg.matrix_rank", randn(3, 3)),
    Sample("linalg.matrix_rank", array([[1.0, 2.0], [2.0, 4.0]])),
    Sample("linalg.matrix_rank", randn(2, 4, 3), atol=1.0),
    Sample("linalg.matrix_rank", randn(2, 4, 3), rtol=0.3),
    Sample("linalg.matrix_rank", randn(2, 4, 3), atol=0.1, rtol=0.3),
    Sample("linalg.matrix_rank", randn(2, 4, 3), 1.0),
    Sample("linalg.matrix_rank", symmetric(3, 3), hermitian=True),
    Sample("linalg.matrix_rank", randn(2, 0, 3)),
    *[Sample("linalg.pinv", randn(*shape)) for shape in ((3, 3), (4, 3), (3, 4), (2, 4, 3), (0, 3))],
    Sample(
        "linalg.pinv",
        array([[1.0, 2.0], [2.0, 4.0]]),
        opts={"grad": False, "reason": "not continuous where the rank changes"},
    ),
    Sample("linalg.pinv", randn(3, 4), rtol=0.1),
    Sample("linalg.pinv", randn(3, 4), atol=0.1),
    Sample("linalg.pinv", symmetric(3, 3), hermitian=True),
    Sample("pinverse", randn(4, 3)),
    *[
        Sample(
            "linalg.lstsq",
            randn(*a),
            randn(*b),
            opts={"node": False, "reason": "PyTorch marks the unused singular values as constant"},
        )
        for a, b in (((4, 3), (4, 2)), ((3, 4), (3, 2)), ((2, 4, 3), (2, 4, 2)), ((2, 4, 3), (2, 4)), ((3, 3), (3, 1)))
    ],
    *[
        Sample("linalg.lstsq", randn(4, 3), randn(4, 2), driver=d, opts={"node": False, "reason": "as above"})
        for d in ("gels", "gelsd", "gelss", "gelsy")
    ],
    Sample("linalg.lstsq", randn(2, 4, 3), randn(2, 4, 1), driver="gels", opts={"node": False, "reason": "as above"}),
    # norms
    *[Sample("linalg.vector_norm", randn(3, 4), p) for p in (2, 1, 0, 3, 2.5, 1.5, 0.5, -1, -2, inf, -inf)],
    *[Sample("linalg.vector_norm", randn(3, 4), p, dim=1) for p in (2, 1, 0, 3, inf, -inf)],
    Sample("linalg.vector_norm", randn(2, 3, 4), 2, (0, -1), True),
    Sample("linalg.vector_norm", randn(2, 3, 4), 3, (0, 2)),
    Sample("linalg.vector_norm", randn(2, 3, 4), inf, (0, 2), keepdim=True),
    Sample("linalg.vector_norm", randn(), 2),
    Sample("linalg.vector_norm", randn(3, 4), dim=()),
    Sample("linalg.vector_norm", randn(0)),
    Sample("linalg.vector_norm", randn(2, 0), 1, dim=1),
    Sample("linalg.vector_norm", array([1.0, -1.0, 0.0]), inf),
    Sample("linalg.vector_norm", array([0.0, 0.0]), 2, opts={"gradgrad": False, "reason": "a corner"}),
    Sample("linalg.vector_norm", array([0.0, 0.0]), 3, opts={"gradgrad": False, "reason": "a corner"}),
    *[Sample("linalg.matrix_norm", randn(3, 4), p) for p in ("fro", "nuc", 2, -2, 1, -1, inf, -inf)],
    *[
        Sample("linalg.matrix_norm", randn(2, 3, 4), p, dim=(0, 2), keepdim=k)
        for p in ("fro", "nuc", 2, 1, -inf)
        for k in (False, True)
    ],
    *[Sample("linalg.norm", randn(3, 4), p) for p in (None, "fro", "nuc", 2, 1, -inf)],
    *[Sample("linalg.norm", randn(4), p) for p in (None, 2, 1, 0, 3, inf)],
    Sample("linalg.norm", randn(2, 3, 4)),
    Sample("linalg.norm", randn(2, 3, 4), 2, dim=1),
    Sample("linalg.norm", randn(2, 3, 4), 2, dim=(1, 2)),
    Sample("linalg.norm", randn(2, 3, 4), dim=(0, 1), keepdim=True),
    *[Sample("norm", randn(3, 4), p) for p in ("fro", "nuc", 2, 1, 0, 3, inf, -inf, None)],
    *[Sample("norm", randn(3, 4), p, dim=1) for p in ("fro", 2, 1, inf)],
    Sample("norm", randn(3, 4)),
    Sample("norm", randn(3, 4), 2, (0, 1), True),
    Sample("norm", randn(2, 3, 4), "nuc", dim=(0, 2)),
    *[Sample("linalg.cond", regular(3, 3), p, opts=COMPOSED) for p in (None, 2, -2)],
    *[Sample("linalg.cond", regular(3, 3), p, opts=INVERTED) for p in ("fro", "nuc", 1, -1, inf, -inf)],
    Sample("linalg.cond", randn(4, 3), opts=COMPOSED),
    Sample("linalg.cond", regular(2, 3, 3), 1, opts=INVERTED),
    Sample("linalg.cond", array([[1.0, 2.0], [2.0, 4.0]]), 1, opts={"grad": False, "reason": "infinite"}),
    Sample("linalg.cond", randn(2, 0, 0)),
    *[Sample("dist", randn(3, 4), randn(3, 4, salt=1), p) for p in (2, 1, 3, 1.5, inf, -inf)],
    Sample(
        "dist", randn(3, 4), randn(3, 4, salt=1), 0, opts={"grad": False, "reason": "PyTorch's own gradient fails here"}
    ),
    Sample("dist", randn(3, 4), randn(4)),
    # products
    *[Sample("linalg.matrix_exp", randn(3, 3) * size, opts=NO_HALVES) for size in (0.0, 0.01, 0.3, 1.0, 4.0)],
    *[
        Sample("matrix_exp", randn(*shape), opts=NO_HALVES)
        for shape in ((1, 1), (2, 4, 4), (0, 0), (3, 0, 0), (0, 2, 2))
    ],
    *[Sample("linalg.matrix_power", regular(3, 3), n) for n in (0, 1, 2, 3, 4, 5, 7, -1, -3)],
    Sample("linalg.matrix_power", regular(2, 3, 3), 3),
    Sample("matrix_power", regular(3, 3), 2),
    Sample("linalg.multi_dot", [randn(2, 3), randn(3, 4)]),
    Sample("linalg.multi_dot", [randn(2, 3), randn(3, 4), randn(4, 5)]),
    Sample("linalg.multi_dot", [randn(10, 3), randn(3, 8), randn(8, 2), randn(2, 5)]),
    Sample("linalg.multi_dot", [randn(3), randn(3, 4), randn(4, 2)]),
    Sample("linalg.multi_dot", [randn(2, 3), randn(3, 4), randn(4)]),
    Sample("linalg.multi_dot", [randn(3), randn(3, 4), randn(4)]),
    Sample("chain_matmul", randn(2, 3), randn(3, 4), randn(4, 5)),
    Sample("linalg.cross", randn(2, 3), randn(2, 3, salt=1)),
    Sample("linalg.cross", randn(2, 3), randn(1, 3)),
    Sample("linalg.cross", randn(3, 2), randn(3, 2, salt=1), dim=0),
    Sample("cross", randn(2, 3), randn(2, 3, salt=1)),
    Sample("cross", randn(3, 3), randn(3, 3, salt=1)),
    Sample("cross", randn(3, 2, 3), randn(3, 2, 3, salt=1), dim=-1),
    Sample("linalg.vecdot", randn(2, 3), randn(2, 3, salt=1)),
    Sample("linalg.vecdot", randn(2, 3), randn(3)),
    Sample("linalg.vecdot", randn(2, 3), randn(2, 3, salt=1), dim=0),
    Sample("linalg.diagonal", randn(2, 3, 4)),
    Sample("linalg.diagonal", randn(2, 3, 4), offset=1, dim1=0, dim2=2),
    Sample("linalg.matmul", randn(2, 3), randn(3)),
    Sample("kron", randn(2, 3), randn(4, 2), opts=KRON),
    Sample("kron", randn(2), randn(3, 2), opts=KRON),
    Sample("kron", randn(2, 1, 3), randn(2, 2), opts=KRON),
    Sample("kron", randn(), randn(3), opts=KRON),
    Sample("kron", randn(), randn(salt=1), opts=KRON),
    # distances
    *[Sample("cdist", randn(4, 3), randn(5, 3), p, opts=TWICE) for p in (2.0, 1.0, 0.0, 3.0, 1.5, inf)],
    Sample("cdist", randn(2, 4, 3), randn(5, 3), opts=TWICE),
    Sample("cdist", randn(2, 1, 4, 3), randn(3, 4, 3), opts=TWICE),
    Sample("cdist", randn(4, 3), randn(5, 3), compute_mode="use_mm_for_euclid_dist", opts=COMPOSED),
    Sample("cdist", randn(4, 3), randn(5, 3), compute_mode="donot_use_mm_for_euclid_dist", opts=TWICE),
    Sample("cdist", randn(26, 3), randn(2, 3), opts=COMPOSED),
    Sample("cdist", randn(0, 3), randn(5, 3), opts={**TWICE, **EMPTY}),
    Sample("cdist", randn(4, 0), randn(5, 0), opts={**TWICE, **EMPTY}),
    *[Sample("nn.functional.pdist", randn(4, 3), p, opts={**TWICE, **COMPOSED}) for p in (2.0, 1.0, 0.0, 3.0, inf)],
    Sample("pdist", randn(1, 3), opts={**TWICE, **COMPOSED, **EMPTY}),
]

RECT, CUBE, VECTOR = randn(4, 3), randn(2, 3, 3), randn(3)
SINGULAR = np.ones((3, 3))
HALF_SINGULAR = np.stack([regular(3, 3), SINGULAR])
NAMES = (
    "cholesky",
    "det",
    "slogdet",
    "inv",
    "eigh",
    "eigvalsh",
    "matrix_norm",
    "qr",
    "svd",
    "svdvals",
    "pinv",
    "matrix_rank",
    "cond",
)
SQUARE = ("cholesky", "det", "slogdet", "inv", "eigh", "eigvalsh")

ERRORS = [
    *[Error(f"linalg.{f}", VECTOR) for f in NAMES],
    *[Error(f"linalg.{f}", RECT) for f in SQUARE],
    *[Error(f"linalg.{f}", ints(3, 3)) for f in NAMES],
    *[Error(f"linalg.{f}", bools(3, 3)) for f in NAMES],
    *[
        Error(f, x)
        for f in ("logdet", "cholesky", "inverse", "det", "slogdet")
        for x in (VECTOR, RECT, ints(3, 3), bools(3, 3))
    ],
    *[Error(f, x) for f in ("svd", "qr", "pinverse") for x in (VECTOR, ints(3, 3), bools(3, 3))],
    *[Error(f, -definite(*shape)) for f in ("linalg.cholesky", "cholesky") for shape in ((3, 3), (2, 3, 3))],
    Error("linalg.cholesky", np.diag([1.0, 2.0, -1.0, 3.0])),
    *[Error(f, x) for f in ("linalg.inv", "inverse") for x in (SINGULAR, HALF_SINGULAR, np.zeros((3, 3)))],
    Error("linalg.solve", SINGULAR, VECTOR),
    Error("linalg.solve", HALF_SINGULAR, randn(2, 3)),
    Error("linalg.solve", CUBE, RECT),
    Error("linalg.solve", RECT, VECTOR),
    Error("linalg.solve", VECTOR, VECTOR),
    Error("linalg.solve", CUBE, ints(2, 3)),
    Error("linalg.solve", ints(3, 3), ints(3)),
    Error("linalg.solve_triangular", RECT, RECT, upper=True),
    Error("linalg.solve_triangular", CUBE, RECT, upper=True),
    Error("linalg.solve_triangular", CUBE, VECTOR, upper=True),
    Error("linalg.solve_triangular", ints(3, 3), ints(3, 3), upper=True),
    Error("cholesky_solve", VECTOR, CUBE),
    Error("cholesky_solve", CUBE, VECTOR),
    Error("cholesky_solve", CUBE, RECT),
    Error("cholesky_solve", RECT, randn(3, 3)),
    Error("cholesky_solve", CUBE, ints(2, 3, 3)),
    Error("linalg.lstsq", VECTOR, VECTOR),
    Error("linalg.lstsq", RECT, VECTOR),
    Error("linalg.lstsq", RECT, ints(4, 3)),
    Error("linalg.lstsq", ints(4, 3), ints(4, 3)),
    Error("linalg.lstsq", RECT, RECT, driver="gelsx"),
    Error("linalg.eigh", randn(3, 3), "X"),
    Error("linalg.qr", RECT, "x"),
    Error("linalg.svd", np.full((2, 2), math.nan)),
    *[Error("linalg.matrix_norm", CUBE, p) for p in (0, 3, "foo")],
    *[Error("linalg.matrix_norm", CUBE, dim=d) for d in ((1, 1), (1, 5), (1, 2, 0))],
    *[Error("linalg.cond", CUBE, p) for p in (3, "foo")],
    *[Error("linalg.cond", RECT, p) for p in (1, "fro", inf)],
    Error("linalg.vector_norm", randn(0), inf),
    Error("linalg.vector_norm", randn(2, 0), inf, dim=1),
    Error("linalg.vector_norm", randn(0), -1),
    Error("linalg.vector_norm", ints(3)),
    Error("linalg.vector_norm", VECTOR, dim=3),
    Error("linalg.norm", ints(3)),
    *[Error("linalg.norm", CUBE, p) for p in (2, "fro")],
    *[Error("linalg.norm", CUBE, p, dim=(0, 1, 2)) for p in (2, "fro")],
    *[Error("linalg.norm", RECT, p) for p in (0, 3, "foo")],
    Error("linalg.norm", VECTOR, "fro"),
    Error("norm", ints(3)),
    Error("norm", RECT, "foo"),
    Error("norm", CUBE, "nuc"),
    Error("norm", RECT, "nuc", dim=1),
    Error("dist", RECT, randn(2)),
    Error("dist", ints(3), ints(3)),
    Error("linalg.matrix_exp", RECT),
    Error("linalg.matrix_exp", randn(3)),
    Error("linalg.matrix_power", RECT, 2),
    Error("linalg.matrix_power", SINGULAR, -1),
    Error("linalg.matrix_power", CUBE, 2.5),
    Error("linalg.multi_dot", [RECT, RECT]),
    Error("linalg.multi_dot", [RECT]),
    Error("linalg.multi_dot", [CUBE, CUBE]),
    Error("linalg.multi_dot", [RECT, VECTOR, RECT]),
    Error("linalg.multi_dot", [RECT, ints(3, 3)]),
    Error("linalg.cross", randn(4), randn(4)),
    Error("linalg.cross", randn(2, 3), randn(3)),
    Error("linalg.cross", randn(2, 3), randn(4, 3)),
    Error("cross", randn(2, 4), randn(2, 4)),
    Error("linalg.vecdot", randn(3), ints(3)),
    Error("linalg.vecdot", ints(3), ints(3)),
    Error("linalg.vecdot", randn(3), randn(2)),
    Error("cdist", RECT, randn(4, 2)),
    Error("cdist", VECTOR, RECT),
    Error("cdist", RECT, RECT, -1.0),
    Error("cdist", RECT, RECT, 2.0, "foo"),
    Error("cdist", ints(3, 3), ints(3, 3)),
    Error("cdist", randn(2, 4, 3), randn(3, 4, 3)),
    Error("pdist", VECTOR),
    Error("pdist", RECT, -1.0),
    Error("pdist", ints(3, 3)),
]
