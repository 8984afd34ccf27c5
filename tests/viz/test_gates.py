"""Gates: those that make the layer's own output, said in words, and readable."""

import pytest

from edutorch.viz.gates import ROWS, explore_gates, gates_of, show_gates

from .readable import assert_texts_apart

WORDS = ["A", "few", "letters", "M", "."]


@pytest.fixture(params=[True, False], ids=["bias", "no bias"])
def lstm(torch, request):
    torch.manual_seed(0)
    return torch.nn.LSTM(3, 4, bias=request.param)


@pytest.fixture
def inputs(torch):
    torch.manual_seed(1)
    return torch.randn(5, 3)


def test_gates_make_the_layers_output(lstm, inputs):
    gates = gates_of(lstm, inputs)
    output, (_, c) = lstm(inputs)
    assert list(gates) == list(ROWS)
    for seen, state in zip(gates["hidden state h"], output.tolist(), strict=True):
        assert seen == pytest.approx(state, abs=1e-6)
    assert gates["cell c"][-1] == pytest.approx(c[0].tolist(), abs=1e-6)
    i, f, g = (gates[name] for name in ("input gate i", "forget gate f", "candidate g"))
    for t in range(1, 5):
        for k in range(4):
            cell = f[t][k] * gates["cell c"][t - 1][k] + i[t][k] * g[t][k]
            assert gates["cell c"][t][k] == pytest.approx(cell, abs=1e-6)


def test_words_give_the_numbers_up_to_the_step(lstm, inputs):
    gates = gates_of(lstm, inputs)
    figure = show_gates(lstm, inputs, WORDS, unit=2, step=1)
    lines = str(figure).splitlines()
    assert lines[:2] == ["Unit 2 of an LSTM, reading A few letters M .", "step 2 of 5, reading 'few'"]
    for name, line in zip(ROWS, lines[2:], strict=True):
        said = [float(v) for v in line.removeprefix(f"{name}: ").split()]
        assert said == pytest.approx([state[2] for state in gates[name][:2]], abs=0.0051)
    assert "-0.00" not in figure.svg


@pytest.mark.parametrize("step", [0, 3, None])
def test_readable_and_deterministic(lstm, inputs, step):
    figure = show_gates(lstm, inputs, WORDS, step=step)
    assert_texts_apart(figure)
    assert figure.svg == show_gates(lstm, inputs, WORDS, step=step).svg


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"unit": 4}, "the layer has 4 units: there is no unit 4"),
        ({"step": 5}, "there are 5 steps: there is no step 5"),
        ({"words": ["A"]}, "got 1 words for 5 steps"),
    ],
)
def test_nonsense_is_refused(lstm, inputs, where, message):
    with pytest.raises(ValueError, match=message):
        show_gates(lstm, inputs, **{"words": WORDS} | where)


def test_explorer_follows_the_length_of_a_sequence(lstm, inputs):
    pytest.importorskip("ipywidgets")
    which, unit, step, *_ = explore_gates(lstm, [inputs, inputs[:3]], [WORDS, WORDS[:3]]).children
    assert [c.description for c in (which, unit, step)] == ["sequence", "unit", "read up to"]
    assert (unit.max, step.max, step.value) == (3, 5, 5)
    which.value = 1
    assert (step.max, step.value) == (3, 3)
