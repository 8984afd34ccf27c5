"""Looking into a network: the maps are the layer's, the model stays as it was, receptive fields obey autograd."""

import re

import pytest

from edutorch.viz.feature_maps import (
    at_rest,
    explore_feature_maps,
    explore_receptive_field,
    feature_maps,
    receptive_field,
    show_feature_maps,
    show_receptive_field,
)

from .readable import assert_texts_apart


@pytest.fixture
def model(torch):
    nn = torch.nn
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.Dropout(0.5),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 4, 3),
        nn.Flatten(),
        nn.Linear(16, 3),
    )


@pytest.fixture
def image(torch):
    torch.manual_seed(1)
    return torch.rand(8, 8)


def test_maps_are_what_the_layer_makes(torch, model, image):
    expected = model[0](image.reshape(1, 1, 8, 8))[0]
    assert torch.equal(feature_maps(model, image, "0"), expected.detach())
    assert tuple(feature_maps(model, image.unsqueeze(0), "4").shape) == (4, 2, 2)


def test_the_model_stays_as_it_was(torch, model, image):
    model.train()
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    feature_maps(model, image, "4")
    assert [part.training for part in model] == [True, True, False, True, True, True, True]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not model[4]._forward_hooks


def test_at_rest_comes_back_after_an_error(model):
    with pytest.raises(KeyError), at_rest(model):
        assert not model[1].training
        raise KeyError
    assert all(part.training for part in model.modules())


def test_no_such_layer(model, image):
    with pytest.raises(ValueError, match="no layer 'conv9'; it has 0, 1, 2, 3, 4, 5, 6"):
        feature_maps(model, image, "conv9")
    with pytest.raises(ValueError, match=r"makes \(1, 3\), not maps"):
        feature_maps(model, image, "6")


@pytest.mark.parametrize("layer", ["0", "3", "4"])
def test_figure(model, image, layer):
    maps = feature_maps(model, image, layer)
    figure = show_feature_maps(model, image, layer, columns=4)
    assert f"{len(maps)} maps of {maps.shape[1]} × {maps.shape[2]}" in str(figure)
    for k, one in enumerate(maps):
        assert f"map {k}: {one.min().item():.4g} to {one.max().item():.4g}" in str(figure)
    assert {label.string for label in figure.labels} == {"picture", *map(str, range(len(maps)))}
    assert figure.svg == show_feature_maps(model, image, layer, columns=4).svg
    assert_texts_apart(figure)


def test_filters_stand_beside_the_maps_of_the_first_layer_only(model, image):
    frames = [show_feature_maps(model, image, layer).svg.count('stroke="#878e95"') for layer in ("0", "4")]
    assert frames == [1 + 6 + 6, 1 + 4]


def test_blank_page(torch, model):
    assert "6 maps" in str(show_feature_maps(model, torch.zeros(8, 8), "0"))


def test_choose_layer(model, torch, capsys):
    explorer = explore_feature_maps(model, torch.rand(2, 8, 8), ["0", "4"])
    layer = explorer.children[0].children[1]
    layer.value = "4"
    assert "What 4 makes" in capsys.readouterr().out


def stacks(nn):
    return [
        [nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(1, 1, 3, padding=1)],
        [nn.Conv2d(1, 1, 3, dilation=2), nn.Conv2d(1, 1, 2, stride=2)],
        [nn.Conv2d(1, 1, (5, 5), stride=3, padding=2), nn.Conv2d(1, 1, 3)],
    ]


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("place", [0, 1])
def test_receptive_field_is_where_the_gradient_is(torch, which, place):
    layers = [layer for layer in stacks(torch.nn)[which] if hasattr(layer, "kernel_size")]
    for layer in layers:
        for parameter in layer.parameters():
            torch.nn.init.ones_(parameter)
    x = torch.zeros(1, 1, 12, 12, requires_grad=True)
    torch.nn.Sequential(*layers)(x)[0, 0, place, 1].backward()
    touched = [i for i, row in enumerate(x.grad[0, 0].tolist()) if any(row)]
    first, last = receptive_field(layers, place)[0]
    assert (touched[0], touched[-1]) == (max(0, first), min(11, last))


def test_receptive_field_figure(torch):
    layers = stacks(torch.nn)[0]
    figure = show_receptive_field(layers, 12, row=2, column=0, names=["page", "a", "pool", "b"])
    lines = str(figure).splitlines()
    assert lines[0] == "What one unit of b sees"
    assert lines[1] == "page, 12 × 12: rows 1 to 8, columns -3 to 4"
    assert lines[-1] == "b, 6 × 6: rows 2 to 2, columns 0 to 0"
    seen = len(re.findall('fill="#c25400" stroke="#878e95"', figure.svg))
    assert seen == 8 * 5 + 6 * 4 + 3 * 2 + 1
    assert_texts_apart(figure)


def test_receptive_field_refuses(torch):
    nn = torch.nn
    with pytest.raises(ValueError, match="the last map is 6 × 6: it has no row 6"):
        show_receptive_field(stacks(nn)[0], 12, row=6)
    with pytest.raises(ValueError, match="only square windows"):
        receptive_field([nn.Conv2d(1, 1, (3, 5))], 0)


def test_depth_moves_the_limits(torch, capsys):
    explorer = explore_receptive_field(stacks(torch.nn)[0], 12, ["page", "a", "pool", "b"])
    depth, row, column, *_ = explorer.children
    assert (depth.value, row.max, column.max) == (3, 5, 5)
    depth.value = 1
    row.value = 11
    assert "one unit of a sees" in capsys.readouterr().out
    depth.value = 3
    assert row.value == row.max == 5
