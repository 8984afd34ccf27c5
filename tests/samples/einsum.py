"""Samples of einsum and tensordot."""

from tests.samples import Error, Sample, bools, ints, randn

LAST = dict(node=False, reason="PyTorch's last step is another where it folds the operands differently")


def samples(equation, *shapes, **opts):
    """Return a sample of an equation on operands of the given shapes."""
    return Sample("einsum", equation, *[randn(*shape, salt=i) for i, shape in enumerate(shapes)], opts=opts)


SAMPLES = [
    samples("ij,jk->ik", (4, 3), (3, 5)),
    samples("ij,jk", (4, 3), (3, 5)),
    samples("ij->ji", (4, 3)),
    samples("ba", (4, 3)),
    samples("ij->", (4, 3)),
    samples("ij->i", (4, 3)),
    samples("ij->j", (4, 3)),
    samples("ii->i", (3, 3)),
    samples("ii", (3, 3)),
    samples("iii->i", (3, 3, 3)),
    samples("iij->ij", (3, 3, 2)),
    samples("iijj->ij", (3, 3, 2, 2)),
    samples("i,i", (3,), (3,)),
    samples("i,i->", (3,), (3,)),
    samples("i,j->ij", (3,), (4,)),
    samples("i,j->ji", (3,), (4,)),
    samples("ij,j->i", (4, 3), (3,)),
    samples("ij,j->ij", (4, 3), (3,)),
    samples("j,ij->i", (3,), (4, 3)),
    samples("ij,ij->", (4, 3), (4, 3)),
    samples("ij,ij->i", (4, 3), (4, 3)),
    samples("ij,ij->ij", (4, 3), (4, 3)),
    samples("ij,ji->", (4, 3), (3, 4)),
    samples("bij,bjk->bik", (2, 4, 3), (2, 3, 5)),
    samples("bij,bjk->ikb", (2, 4, 3), (2, 3, 5), **LAST),
    samples("bi,bi->b", (2, 3), (2, 3)),
    samples("bi,bj->b", (2, 3), (2, 4)),
    samples("bi,bj->b", (2, 3), (1, 4)),
    samples("bn,anm,bm->ba", (2, 3), (5, 3, 4), (2, 4)),
    samples("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    samples("a,b,c->abc", (2,), (3,), (4,)),
    samples("ij,ij,ij->j", (4, 3), (4, 3), (4, 3)),
    samples("i,->i", (3,), ()),
    samples(",", (), ()),
    samples("", ()),
    samples("...i", (4, 3)),
    samples("...ij,...jk->...ik", (2, 4, 3), (2, 3, 5)),
    samples("...ij,...jk", (2, 4, 3), (3, 5)),
    samples("...ij,...jk->...ik", (2, 1, 4, 3), (5, 3, 2)),
    samples("i...->...", (4, 3)),
    samples("...i->...", (4, 3)),
    samples("ij->i...", (4, 3)),
    samples("...->...", (4, 3)),
    samples("...ij->ij", (2, 4, 3)),
    samples("i...j,j...->...i", (4, 2, 3), (3, 2), **LAST),
    samples("...ii->...i", (2, 3, 3)),
    samples(" i j , j k -> i k ", (4, 3), (3, 5)),
    samples("iJ,Jk", (4, 3), (3, 5)),
    samples("zZ", (4, 3)),
    samples("bhid,bhjd->bhij", (2, 3, 4, 5), (2, 3, 6, 5)),
    samples("bhij,bhjd->bihd", (2, 3, 4, 6), (2, 3, 6, 5), **LAST),
    samples("bshd,bthd->bhst", (2, 4, 3, 5), (2, 6, 3, 5), **LAST),
    samples("ij,jk->ik", (1, 3), (3, 1)),
    samples("ij,jk->ik", (4, 1), (3, 5)),
    samples("ij,jk->ik", (0, 3), (3, 5)),
    samples("ij,jk->ik", (4, 0), (0, 5)),
    samples("nchw,cd->ndhw", (2, 3, 4, 5), (3, 6), **LAST),
    Sample("einsum", "ij,jk", [randn(4, 3), randn(3, 5)]),
    Sample("einsum", randn(4, 3), [0, 1], randn(3, 5), [1, 2], [0, 2]),
    Sample("einsum", randn(4, 3), [0, 1], randn(3, 5), [1, 2]),
    Sample("einsum", randn(2, 4, 3), [..., 0, 1], randn(3, 5), [1, 2], [..., 2]),
    Sample("einsum", randn(4, 3), [51, 26]),
    Sample("tensordot", randn(2, 4, 3), randn(4, 3, 5)),
    Sample("tensordot", randn(4, 3), randn(4, 3, salt=1)),
    Sample("tensordot", randn(4, 3), randn(3, 5), 1),
    Sample("tensordot", randn(4, 3), randn(2, 5), dims=0),
    Sample("tensordot", randn(4, 3, 2), randn(3, 5), dims=([1], [0])),
    Sample("tensordot", randn(4, 3, 2), randn(2, 5, 4), dims=([0, 2], [2, 0])),
    Sample("tensordot", randn(4, 3, 2), randn(2, 5, 4), dims=([-3, -1], [-1, 0])),
    Sample("tensordot", randn(4, 3), randn(1, 3), ([0], [0])),
    Sample("tensordot", randn(4, 3), randn(2, 3), ([], [])),
]

RECT, SQUARE = randn(4, 3), randn(3, 3)

ERRORS = [
    *[
        Error("einsum", equation, *operands)
        for equation, operands in [
            ("ij,jk->ik", (RECT, RECT)), ("ij,jk", (RECT, SQUARE, SQUARE)), ("ij,jk", (RECT,)), ("ijk", (RECT,)), ("i", (RECT,)),
            ("ijk...", (RECT,)), ("ij->ijk", (RECT,)), ("ij->ii", (RECT,)), ("i1", (RECT,)), ("ij->i->j", (RECT,)), ("i.j", (RECT,)),
            ("..ij", (RECT,)), ("...ij...", (RECT,)), ("ij->...i...", (RECT,)), ("ii", (RECT,)), ("ij,", (RECT,)),
            ("ij,jk->ik", (RECT, ints(3, 2))), ("ij,jk->ik", (bools(4, 3), bools(3, 2))), ("i->ij", (randn(3),)), ("ij-", (RECT,)),
            ("ij>", (RECT,)), ("ij->i$", (RECT,)), ("$", (randn(3),)), ("i.. .", (RECT,)), ("ij . . .", (RECT,)), ("ij,jk->ik", ()),
            ("...i,...i", (randn(2, 3), randn(4, 3))), ("ij->i.", (RECT,)),
        ]
    ],
    Error("einsum"),
    Error("einsum", RECT, [0, 52]),
    Error("einsum", RECT, [0, -1]),
    Error("tensordot", RECT, SQUARE, -1),
    Error("tensordot", RECT, SQUARE, 3),
    Error("tensordot", RECT, SQUARE, 1.5),
    Error("tensordot", RECT, SQUARE, ([1], [0, 1])),
    Error("tensordot", RECT, SQUARE, ([0], [0])),
    Error("tensordot", RECT, SQUARE, ([5], [0])),
    Error("tensordot", SQUARE, SQUARE, ([0, 0], [0, 1])),
    Error("tensordot", RECT, ints(3, 3), 1),
]  # fmt: skip
