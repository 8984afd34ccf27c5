"""`affine_grid` and `grid_sample` where the slope jumps: at the middles of pixels, which an identity map looks up."""

import numpy as np
import pytest

import edutorch

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_untouched_picture_has_pytorchs_slopes(dimensions, corners):
    """A spatial transformer starts here: a place rounded to the other side of a middle has another slope."""
    for n in range(2, 60) if dimensions == 2 else range(2, 20):
        found = []
        for t in (torch, edutorch):
            identity = t.eye(dimensions, dimensions + 1).unsqueeze(0)
            grid = t.nn.functional.affine_grid(identity, (1, 1) + (n,) * dimensions, align_corners=corners)
            grid.requires_grad_()
            picture = (t.arange(float(n**dimensions)) * 0.7).sin().view(1, 1, *[n] * dimensions)
            t.nn.functional.grid_sample(picture, grid, align_corners=corners).sum().backward()
            found.append((grid.detach().numpy(), grid.grad.numpy()))
        (places, slopes), (ours, our_slopes) = found
        np.testing.assert_array_equal(ours, places)
        np.testing.assert_allclose(our_slopes, slopes, rtol=1e-4, atol=1e-4)
