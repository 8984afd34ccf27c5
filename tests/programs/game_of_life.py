"""Conway's game of life with roll: a glider crosses a torus."""

import torch


def step(world):
    neighbours = sum(world.roll((dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)
    return ((neighbours == 3) | ((neighbours == 2) & world.bool())).int()


def show(world):
    return "\n".join("".join(".#"[cell] for cell in row) for row in world)


world = torch.zeros(8, 8, dtype=torch.int32)
world[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
start = world.clone()
for generation in range(33):
    if generation % 16 == 0:
        print(generation, world.sum().item())
        print(show(world))
    world = step(world)
print(torch.equal(step(start.roll((3, 2), (0, 1))), step(start).roll((3, 2), (0, 1))), world.nonzero().tolist())

torch.manual_seed(2)
soup = (torch.rand(12, 12) < 0.4).int()
alive = []
for _ in range(20):
    alive.append(soup.sum().item())
    soup = step(soup)
print(alive)
padded = torch.zeros(14, 14, dtype=torch.int32)
padded[1:-1, 1:-1] = soup
windows = padded.unfold(0, 3, 1).unfold(1, 3, 1)
print(
    windows.shape, windows.sum((-1, -2))[0], soup.any(dim=0).int(), soup.rot90()[0], soup.fliplr()[0], soup.flipud()[0]
)
