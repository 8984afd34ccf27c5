"""Looking inside a network: its layers cut and replaced, features by hooks, Grad-CAM, saliency, a table of shapes."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(4)


class Block(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(o, o, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.downsample = nn.Conv2d(i, o, 1, stride, bias=False) if stride != 1 or i != o else None

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += identity
        return self.relu(out)


class Tiny(nn.Module):
    def __init__(self, n=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.layer1 = nn.Sequential(*[Block(8, 8) for _ in range(2)])
        self.layer2 = Block(8, 16, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=(1, 1))
        self.fc = nn.Linear(16, n)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(self.stem(x)))), 1))


def summary(model, size):
    rows, hooks = OrderedDict(), []

    def register(module):
        def hook(module, inputs, output):
            name = str(module.__class__).split(".")[-1].split("'")[0]
            rows[f"{name}-{len(rows) + 1}"] = list(output.size()), sum(p.numel() for p in module.parameters())

        if not list(module.children()):
            hooks.append(module.register_forward_hook(hook))

    model.apply(register)
    model(torch.rand(2, *size).type(torch.FloatTensor))
    for h in hooks:
        h.remove()
    for name, (shape, count) in rows.items():
        print("{:>20} {:>18} {:>8}".format(name, str(shape), "{:,}".format(count)))


net = Tiny()
summary(net, (3, 12, 12))
x, y = torch.randn(4, 3, 12, 12), torch.tensor([0, 1, 2, 1])
features = nn.Sequential(*list(net.children())[:-1])
print(features(x).shape, [name for name, _ in net.named_children()], len(list(net.modules())))

for p in net.parameters():
    p.requires_grad = False
net.fc = nn.Linear(net.fc.in_features, 3)
for p in net.layer2.parameters():
    p.requires_grad_(True)
groups = [{"params": net.fc.parameters(), "lr": 0.1}, {"params": net.layer2.parameters()}]
optimizer = torch.optim.SGD(groups, lr=1e-3, momentum=0.9)
for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.4f}", net.stem.weight.grad)
optimizer.add_param_group({"params": [net.stem.weight], "lr": 0.5})
print([(group["lr"], len(group["params"])) for group in optimizer.param_groups])

activations, gradients = [], []
forward = net.layer2.register_forward_hook(lambda module, inputs, output: activations.append(output))
backward = net.layer2.register_full_backward_hook(lambda module, inputs, outputs: gradients.append(outputs[0]))
net.eval()
scores = net(x.requires_grad_())
scores[:, scores.argmax(1)[0]].sum().backward()
forward.remove()
backward.remove()
weights = gradients[0].mean(dim=(2, 3), keepdim=True)
cam = F.relu((weights * activations[0]).sum(1, keepdim=True))
cam = F.interpolate(cam, size=x.shape[2:], mode="bilinear", align_corners=False)
cam = (cam - cam.min()) / (cam.max() - cam.min() + 1e-8)
print(cam.shape, f"mean {cam.mean():.3f}, saliency {x.grad.abs().max():.4f}")

inner = net.stem(torch.randn(1, 3, 12, 12)).requires_grad_()
inner.retain_grad()
seen = []
inner.register_hook(lambda g: seen.append(g.norm().item()) or g * 2)
net.fc(net.avgpool(net.layer2(net.layer1(inner))).flatten(1)).max().backward()
print(f"{inner.grad.norm():.4f} is twice {seen[0]:.4f}")

state = {k.replace("layer2.", "module.layer2."): v for k, v in net.state_dict().items()}
found = Tiny(3).load_state_dict(state, strict=False)
print(found.missing_keys[:2], found.unexpected_keys[:2], len(found.missing_keys))
print(Tiny(3).load_state_dict({k.replace("module.", ""): v for k, v in state.items()}))
for wrong in (net.state_dict(), state):
    try:
        Tiny(7).load_state_dict(wrong)
    except RuntimeError as error:
        print(str(error)[:200])
del net.layer1[1]
net.layer1.append(nn.Identity())
net.layer1.insert(0, nn.Dropout2d(0.1))
net.layer1[1] = nn.Tanh()
print(net.layer1, net.layer1[-1:], net.get_submodule("layer1.1"))
