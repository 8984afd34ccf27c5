"""The Mandelbrot set in real arithmetic, drawn with characters."""

import torch

y, x = torch.meshgrid(torch.linspace(-1.2, 1.2, 17), torch.linspace(-2.1, 0.7, 48), indexing="ij")
a, b = torch.zeros_like(x), torch.zeros_like(y)
age = torch.zeros(x.shape, dtype=torch.long)
for _ in range(30):
    a, b = a * a - b * b + x, 2 * a * b + y
    inside = a * a + b * b < 4
    age += inside
    a, b = a.clamp(-10, 10), b.clamp(-10, 10)
for row in age:
    print("".join(" .:-=+*#%@"[min(9, int(n) // 3)] for n in row))
print(age.unique(), age.float().mean(), age.max(), (age == 30).sum(), age.flatten().bincount()[:6])
y, x = torch.meshgrid(torch.arange(3), torch.arange(2), indexing="xy")
print(y, x, torch.hypot(torch.tensor(3.0), torch.tensor(4.0)))
