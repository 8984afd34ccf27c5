"""The figures of the GPU lesson: each says in words what it draws, draws it readably, and follows its controls."""

import pytest

from edutorch.cuda.accesses import SECTOR
from edutorch.viz.launches import elements_of, explore_launch, show_launch
from edutorch.viz.roofline import PUBLISHED, Machine, add_cost, explore_limit, linear_cost, show_limit, show_roofline
from edutorch.viz.tiles import explore_tiles, global_loads, show_tiles
from edutorch.viz.timeline import explore_timeline, run_queue, show_timeline
from edutorch.viz.warps import explore_banks, explore_warp, show_banks, show_warp

from .readable import assert_texts_apart

FIGURES = {
    "launch": lambda: show_launch(10, 3, 4),
    "launch with a loop": lambda: show_launch(40, 2, 8, loop=True),
    "launch with too few": lambda: show_launch(25, 2, 4),
    "warp": lambda: show_warp(),
    "warp, all one": lambda: show_warp(0),
    "warp, wide": lambda: show_warp(32, 31, size=8),
    "banks": lambda: show_banks(6),
    "banks, worst": lambda: show_banks(32),
    "tiles": lambda: show_tiles(16, 4, block=6, step=2),
    "single elements": lambda: show_tiles(16, 1, block=255, step=15),
    "queue": lambda: show_timeline(),
    "queue with waits": lambda: show_timeline(12, launch=5, work=40, wait_every=1),
    "roofline": lambda: show_limit(),
    "roofline, small": lambda: show_limit("x + y", 1, 32),
    "roofline, measured": lambda: show_roofline({"here": Machine(2e10, 8e9), **PUBLISHED}, {"A @ B": (170.0, 2e10)}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_readable_and_the_same_each_time(name):
    figure = FIGURES[name]()
    assert_texts_apart(figure)
    assert figure.text
    assert figure.svg == FIGURES[name]().svg


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize(("n", "blocks", "threads"), [(10, 3, 4), (25, 2, 4), (64, 8, 8), (1, 1, 1)])
def test_each_element_has_one_thread(n, blocks, threads, loop):
    given = [i for b in range(blocks) for t in range(threads) for i in elements_of(b, t, blocks, threads, n, loop)]
    assert sorted(given) == [*range(n if loop else min(n, blocks * threads))]


def test_what_is_missing_is_said():
    assert "elements without a thread: 8 to 24" in str(show_launch(25, 2, 4))
    assert "threads without an element: 2" in str(show_launch(10, 3, 4))
    with pytest.raises(ValueError, match="1 to 64 elements and threads"):
        show_launch(65, 1, 1)


@pytest.mark.parametrize(("stride", "size", "moved"), [(0, 4, 1), (1, 4, 4), (8, 4, 32), (32, 4, 32), (1, 8, 8)])
def test_a_warp_moves_sectors(stride, size, moved):
    assert f"moved: {moved} sectors of {SECTOR} bytes" in str(show_warp(stride, size=size))


@pytest.mark.parametrize(("stride", "passes"), [(0, 1), (1, 1), (2, 2), (32, 32), (33, 1)])
def test_banks(stride, passes):
    figure = show_banks(stride)
    assert f"passes: {passes}\n" in str(figure)
    lanes = [label.string for label in figure.labels].count("31")
    assert lanes == (1 if stride == 0 else 2)  # the bank's number, and the lane


def test_impossible_pictures_are_refused():
    for call in (
        lambda: show_warp(33),
        lambda: show_warp(1, size=2),
        lambda: show_banks(-1),
        lambda: show_tiles(16, 3),
    ):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(ValueError, match="blocks go from 0 to 15 and steps to 3"):
        show_tiles(16, 4, block=16)


@pytest.mark.parametrize("tile", [1, 2, 4, 8, 16])
def test_tiles_save_their_own_size(tile):
    assert global_loads(16, tile) * tile == 2 * 16**3


def test_a_queue_played_by_hand():
    line = run_queue(3, launch=2.0, work=5.0, wait_every=2)
    assert line.launches == [(0.0, 2.0), (2.0, 4.0), (12.0, 14.0)]
    assert line.work == [(2.0, 7.0), (7.0, 12.0), (14.0, 19.0)]
    assert line.waits == [(4.0, 12.0)]
    assert line.end == 19.0
    assert line.busy == pytest.approx(15 / 19)


@pytest.mark.parametrize(
    ("launch", "work", "wait", "decides"),
    [(5, 1, 0, "launches decide"), (5, 40, 0, "the work decides"), (5, 5, 1, "waiting decides")],
)
def test_who_decides(launch, work, wait, decides):
    assert str(show_timeline(12, launch=launch, work=work, wait_every=wait)).endswith(decides)


def test_the_roof_is_the_lower_of_two_limits():
    machine = Machine(flops=100.0, bandwidth=10.0)
    assert machine.ridge == 10
    assert [machine.attainable(x) for x in (1, 10, 1000)] == [10, 100, 100]
    assert linear_cost(2, 3) == (36, 84)
    assert add_cost(2, 3, size=2) == (6, 36)
    words = str(show_limit("x @ W", 1, 4096))
    assert words.count("memory decides") == 2
    assert str(show_limit("x @ W", 4096, 4096)).count("arithmetic decides") == 2


def said(capsys):
    return capsys.readouterr().out


def test_every_control_changes_the_picture(capsys):
    for explorer, values in (
        (explore_launch, {0: 40, 1: 8, 2: 8, 3: True}),
        (explore_warp, {0: 7, 1: 9, 2: 8}),
        (explore_banks, {0: 2}),
        (explore_tiles, {1: 3, 2: 1, 0: 8}),
        (explore_timeline, {0: 9.0, 1: 30.0, 2: 1}),
        (explore_limit, {0: "x + y", 1: 1024, 2: 64}),
    ):
        controls = explorer().children
        before = said(capsys)
        for i, value in values.items():
            controls[i].value = value
            after = said(capsys)
            assert after
            assert after != before, (explorer.__name__, controls[i].description)
            before = after


def test_a_smaller_grid_of_tiles_holds_the_block_and_the_step(capsys):
    tile, block, step, *_ = explore_tiles(16).children
    block.value, step.value = 15, 3
    tile.value = 8
    assert (block.max, block.value, step.max, step.value) == (3, 3, 1, 1)
    assert "Block 3 computes rows 8 to 15" in said(capsys)


@pytest.mark.parametrize("n", [1, 2, 4, 6, 8, 12])
def test_tiles_of_matrices_of_other_sizes(n):
    tile, block, step, *_ = explore_tiles(n).children
    for size in tile.options:
        tile.value = size
        assert (block.max, step.max) == ((n // size) ** 2 - 1, n // size - 1)
