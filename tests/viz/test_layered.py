"""The layered layout, on random graphs: no box on another, edges run rightwards and around boxes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edutorch.viz.layered import layered_layout
from edutorch.viz.svg import Box


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 9))
    sizes = draw(st.lists(st.tuples(st.integers(10, 90), st.integers(10, 60)), min_size=count, max_size=count))
    pairs = [(a, b) for b in range(count) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []
    return sizes, edges


def rectangle(place):
    return Box(place.x, place.y, place.x + place.width, place.y + place.height)


@given(graphs())
def test_boxes_keep_their_distance(graph):
    layout = layered_layout(*graph, row_gap=24)
    for one, other in itertools.combinations(map(rectangle, layout.boxes), 2):
        grown = Box(one.left, one.top - 22, one.right, one.bottom + 22)  # 24, less the rounding to whole pixels
        assert not grown.overlaps(other)
    assert [(place.width, place.height) for place in layout.boxes] == graph[0]
    assert all(0 <= place.x <= place.x + place.width <= layout.width for place in layout.boxes)
    assert all(0 <= place.y <= place.y + place.height <= layout.height for place in layout.boxes)


@given(graphs())
def test_routes_run_rightwards_between_the_boxes(graph):
    layout = layered_layout(*graph)
    for (a, b), route in zip(graph[1], layout.routes, strict=True):
        start, end = layout.boxes[a], layout.boxes[b]
        assert route[0] == (start.x + start.width, start.middle)
        assert route[-1][0] == end.x
        assert end.y < route[-1][1] < end.y + end.height
        assert [x for x, _ in route] == sorted(x for x, _ in route)
        # Between its ends a route crosses columns on level pieces: (left side, right side) of each column.
        for (left, y), (right, same) in zip(route[1:-1:2], route[2:-1:2], strict=True):
            assert y == same
            assert not any(rectangle(box).overlaps(Box(left, y - 1, right, y + 1)) for box in layout.boxes)


@given(graphs())
def test_the_same_graph_gets_the_same_picture(graph):
    assert layered_layout(*graph) == layered_layout(*graph)


def test_equal_edges_end_apart():
    routes = layered_layout([(40, 40), (40, 40)], [(0, 1), (0, 1)]).routes
    assert routes[0][-1] != routes[1][-1]


def test_a_chain_is_straight():
    layout = layered_layout([(40, 30), (60, 50), (40, 20)], [(0, 1), (1, 2)])
    assert len({place.middle for place in layout.boxes}) == 1


def test_a_crossing_that_need_not_be_is_avoided():
    # 0 and 1 are sources, 2 and 3 use them the other way round.
    layout = layered_layout([(40, 20)] * 4, [(0, 3), (1, 2)])
    sources, users = layout.boxes[:2], layout.boxes[2:]
    assert (sources[0].y < sources[1].y) == (users[1].y < users[0].y)


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        layered_layout([(40, 20)] * 2, [(0, 1), (1, 0)])
