"""A spatial transformer, which learns how to turn its input; weight and spectral normalization; a schedule per step."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

torch.manual_seed(8)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.localization = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2, stride=2), nn.ReLU(True))
        self.fc_loc = nn.Sequential(nn.Linear(4 * 3 * 3, 8), nn.ReLU(True), nn.Linear(8, 3 * 2))
        self.fc_loc[2].weight.data.zero_()
        self.fc_loc[2].bias.data.copy_(torch.tensor([1, 0, 0, 0, 1, 0], dtype=torch.float))
        self.conv = spectral_norm(nn.Conv2d(1, 8, 3))
        self.fc = weight_norm(nn.Linear(8 * 9, 10))

    def stn(self, x):
        theta = self.fc_loc(self.localization(x).view(-1, 4 * 3 * 3)).view(-1, 2, 3)
        grid = F.affine_grid(theta, x.size(), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False), theta

    def forward(self, x):
        x, _ = self.stn(x)
        x = F.relu(F.max_pool2d(self.conv(x), 2))
        return F.log_softmax(self.fc(x.view(-1, 8 * 9)), dim=1)


images, labels = load_digits(return_X_y=True)
x = torch.tensor(images[:256], dtype=torch.float).view(-1, 1, 8, 8) / 16
y = torch.tensor(labels[:256])
model = Net()
print(model)
print([name for name, _ in model.named_parameters()])
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=12)
for epoch in range(3):
    for index in torch.randperm(256).split(64):
        optimizer.zero_grad()
        loss = F.nll_loss(model(x[index]), y[index])
        loss.backward()
        optimizer.step()
        scheduler.step()
    print(f"{epoch} {loss.item():.4f} lr {scheduler.get_last_lr()[0]:.5f}")
model.eval()
with torch.no_grad():
    turned, theta = model.stn(x[:2])
    print(turned.shape, [f"{value:.3f}" for value in theta[0].flatten().tolist()])
    print(f"{torch.linalg.matrix_norm(model.conv.weight.flatten(1), 2).item():.3f}")
