"""One step of a convolution: the library's numbers, said in words, and readable."""

import pytest

from edutorch.viz.cells import grey, signed
from edutorch.viz.convolution import KERNELS, explore_convolution, output_size, short, show_convolution

from .readable import assert_texts_apart


@pytest.fixture
def image(torch):
    torch.manual_seed(0)
    return torch.randint(0, 17, (8, 7))


def words(figure, start):
    (line,) = [line for line in str(figure).splitlines() if line.startswith(start)]
    return line.removeprefix(start)


@pytest.mark.parametrize("kernel", [*KERNELS, [[1, 2], [3, 4], [-5, 6]]])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 2, 3)])
def test_output_is_the_librarys(torch, image, kernel, stride, padding, dilation):
    weight = torch.tensor(KERNELS[kernel] if isinstance(kernel, str) else kernel).float()
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    out = torch.nn.functional.conv2d(image.float()[None, None], weight[None, None], **settings)[0, 0]
    height, width = out.shape
    figure = show_convolution(image, kernel, row=height - 1, column=width - 1, **settings)
    shown = [[float(v) for v in line.split()] for line in words(figure, "output up to here: ").split(" / ")]
    assert shown == [pytest.approx(line, rel=0.006, abs=1e-5) for line in out.tolist()]
    assert float(words(figure, "products ").split("sum ")[1]) == pytest.approx(out[-1, -1].item(), rel=0.006, abs=1e-5)
    assert output_size(8, len(weight), *settings.values()) == height
    assert_texts_apart(figure)


def test_window_and_kernel_are_named(torch):
    image = torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    figure = show_convolution(image, "outline", padding=1)
    assert words(figure, "at row 0, column 0 it sees ") == "0 0 0 / 0 1 2 / 0 4 5"
    assert words(figure, "times the kernel ") == "-1 -1 -1 / -1 8 -1 / -1 -1 -1"
    assert words(figure, "products ") == "0 0 0 / 0 8 -2 / 0 -4 -5, sum -3"
    assert words(figure, "output up to here: ") == "-3"
    assert figure.svg.count('stroke-dasharray="2 2"') == 16


def test_only_what_was_made_is_shown(image):
    figure = show_convolution(image, "copy", row=1, column=2)
    rows = words(figure, "output up to here: ").split(" / ")
    assert [len(row.split()) for row in rows] == [5, 3]


def test_blank_picture(torch):
    assert "sum 0" in str(show_convolution(torch.zeros(4, 4), "blur"))


@pytest.mark.parametrize("place", [(6, 0), (0, 5), (-1, 0)])
def test_a_place_outside_is_refused(image, place):
    with pytest.raises(ValueError, match="the output is 6 × 5: it has no row"):
        show_convolution(image, "blur", row=place[0], column=place[1])


def test_a_kernel_too_large_is_refused(image):
    with pytest.raises(ValueError, match="with dilation 4 does not fit a picture of 8 × 7"):
        show_convolution(image, "blur", dilation=4)


def test_widgets_keep_to_the_output(torch, capsys):
    explorer = explore_convolution(torch.rand(2, 6, 6), ["a", "b"])
    left, right = explorer.children[0].children
    place, play = left.children[2].children
    assert place.max == play.max == 15
    place.value = 15
    stride = right.children[0]
    stride.value = 2
    assert place.max == place.value == 3
    assert "output of 2 × 2\nat row 1, column 1" in capsys.readouterr().out


def test_colours():
    assert [grey(v) for v in (-1, 0.25, 2)] == ["#ffffff", "#bfbfbf", "#000000"]
    assert signed(0.5) != signed(-0.5)


def test_numbers_are_short():
    assert [short(v) for v in (1e-12, -2.0, 1234.5)] == ["0", "-2", "1.23e+03"]
