"""A Wasserstein GAN with gradient penalty: the loss holds a gradient, so `backward` goes through convolutions twice."""

import torch
from sklearn.datasets import load_digits
from torch import autograd, nn, optim

torch.manual_seed(3)
digits = torch.from_numpy(load_digits().images).float()[:512, None] / 8 - 1

generator = nn.Sequential(
    nn.Linear(8, 64),
    nn.LayerNorm(64),
    nn.ReLU(),
    nn.Unflatten(1, (4, 4, 4)),
    nn.Upsample(scale_factor=2),
    nn.Conv2d(4, 8, 3, padding=1, bias=False),
    nn.InstanceNorm2d(8, affine=True),
    nn.ReLU(),
    nn.Conv2d(8, 1, 3, padding=1),
    nn.Tanh(),
)
critic = nn.Sequential(
    nn.Conv2d(1, 8, 3, 2, 1),
    nn.LeakyReLU(0.2),
    nn.Conv2d(8, 16, 3, 2, 1),
    nn.GroupNorm(2, 16),
    nn.ELU(),
    nn.AvgPool2d(2),
    nn.Flatten(),
    nn.Linear(16, 1),
)


def gradient_penalty(real, fake):
    share = torch.rand(real.size(0), 1, 1, 1)
    between = (share * real + (1 - share) * fake).requires_grad_(True)
    score = critic(between)
    gradient = autograd.grad(
        outputs=score,
        inputs=between,
        grad_outputs=torch.ones_like(score),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradient.view(gradient.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


g_optimizer = optim.Adam(generator.parameters(), 1e-3, betas=(0.0, 0.9))
c_optimizer = optim.Adam(critic.parameters(), 1e-3, betas=(0.0, 0.9))
for step in range(6):
    for p in critic.parameters():
        p.requires_grad = True
    for _ in range(2):
        real = digits[torch.randint(0, len(digits), (32,))]
        critic.zero_grad()
        fake = generator(torch.randn(32, 8)).data
        penalty = gradient_penalty(real, fake)
        c_loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        c_loss.backward()
        c_optimizer.step()
    for p in critic.parameters():
        p.requires_grad_(False)
    generator.zero_grad()
    g_loss = -critic(generator(torch.randn(32, 8))).mean()
    g_loss.backward()
    g_optimizer.step()
    print(f"{step}: critic {c_loss.item():.4f}, penalty {penalty.item():.4f}, generator {g_loss.item():.4f}")
