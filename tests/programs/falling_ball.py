"""Physics: simulate a falling ball with drag, and fit the drag by going backward through the simulation."""

import torch


def simulate(drag, steps=30, dt=0.1):
    height, speed = torch.tensor(100.0), torch.tensor(0.0)
    heights = []
    for _ in range(steps):
        acceleration = -9.81 - drag * speed * speed.abs()
        speed = speed + dt * acceleration
        height = height + dt * speed
        heights.append(height)
    return torch.stack(heights)


observed = simulate(torch.tensor(0.05))
print(observed[::6])
drag = torch.tensor(0.01, requires_grad=True)
for step in range(30):
    loss = (simulate(drag) - observed).square().mean()
    (slope,) = torch.autograd.grad(loss, drag)
    with torch.no_grad():
        drag -= (1e-4 * slope).clamp(-0.01, 0.01)
    if step % 6 == 0:
        print(f"{step:2d} loss {loss:.4f} drag {drag:.4f}")
print(drag)

# An orbit by the leapfrog rule conserves energy.
position, velocity = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)


def potential(q):
    return -1 / q.norm()


def force(q):
    q = q.clone().requires_grad_()
    (g,) = torch.autograd.grad(potential(q), q)
    return -g


for step in range(1, 101):
    velocity = velocity + 0.05 / 2 * force(position)
    position = position + 0.05 * velocity
    velocity = velocity + 0.05 / 2 * force(position)
    if step % 25 == 0:
        energy = 0.5 * velocity @ velocity + potential(position)
        print(step, position, f"{energy:.6f}")
angle = torch.atan2(position[1], position[0])
print(f"{angle:.4f} {torch.rad2deg(angle):.2f}", torch.hypot(*position), torch.stack([angle.cos(), angle.sin()]))
