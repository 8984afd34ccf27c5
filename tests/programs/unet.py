"""U-Nets on synthetic masks: skip connections, learned or bilinear upsampling, Dice and BCE, IoU."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, random_split


class DoubleConv(nn.Module):
    """(convolution => [BN] => ReLU) * 2"""

    def __init__(self, in_channels, out_channels, mid_channels=None):
        super().__init__()
        if not mid_channels:
            mid_channels = out_channels
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, mid_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(mid_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(mid_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, in_channels, out_channels, bilinear=True):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(in_channels, out_channels, in_channels // 2)
        else:
            self.up = nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)
            self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, x1, x2):
        x1 = self.up(x1)
        diffY = x2.size()[2] - x1.size()[2]
        diffX = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
        return self.conv(torch.cat([x2, x1], dim=1))


class UNet(nn.Module):
    def __init__(self, n_channels, n_classes, bilinear=False, width=8):
        super().__init__()
        self.n_channels, self.n_classes, self.bilinear = n_channels, n_classes, bilinear
        factor = 2 if bilinear else 1
        self.inc = DoubleConv(n_channels, width)
        self.down1 = Down(width, 2 * width)
        self.down2 = Down(2 * width, 4 * width // factor)
        self.up1 = Up(4 * width, 2 * width // factor, bilinear)
        self.up2 = Up(2 * width, width, bilinear)
        self.outc = nn.Conv2d(width, n_classes, kernel_size=1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        return self.outc(self.up2(self.up1(x3, x2), x1))


class Shapes(Dataset):
    """Discs on noise, and where they are."""

    def __init__(self, n, size=22, classes=1):
        g = torch.Generator().manual_seed(5)
        ys, xs = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        centre = torch.randint(5, size - 5, (n, 2, 1, 1), generator=g)
        radius = torch.randint(3, 7, (n, 1, 1), generator=g)
        self.masks = ((ys - centre[:, 0]) ** 2 + (xs - centre[:, 1]) ** 2 <= radius**2).float()
        if classes > 1:
            self.masks = self.masks.long() * (1 + (xs > size // 2).long())
        self.images = 0.5 * torch.randn(n, 1, size, size, generator=g) + self.masks.unsqueeze(1)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, idx):
        return {"image": self.images[idx].contiguous(), "mask": self.masks[idx].contiguous()}


def dice_coeff(input, target, reduce_batch_first=False, epsilon=1e-6):
    assert input.size() == target.size()
    assert input.dim() == 3 or not reduce_batch_first
    sum_dim = (-1, -2) if input.dim() == 2 or not reduce_batch_first else (-1, -2, -3)
    inter = 2 * (input * target).sum(dim=sum_dim)
    sets_sum = input.sum(dim=sum_dim) + target.sum(dim=sum_dim)
    sets_sum = torch.where(sets_sum == 0, inter, sets_sum)
    return ((inter + epsilon) / (sets_sum + epsilon)).mean()


def dice_loss(input, target, multiclass=False):
    if multiclass:
        input, target = input.flatten(0, 1), target.flatten(0, 1)
    return 1 - dice_coeff(input, target, reduce_batch_first=True)


def iou(prediction, target):
    prediction, target = prediction.bool(), target.bool()
    intersection = (prediction & target).float().sum((1, 2))
    union = (prediction | target).float().sum((1, 2))
    return ((intersection + 1e-6) / (union + 1e-6)).mean()


@torch.inference_mode()
def evaluate(net, loader, classes):
    net.eval()
    score = overlap = 0
    for batch in loader:
        pred = net(batch["image"])
        if classes == 1:
            pred = (torch.sigmoid(pred) > 0.5).float().squeeze(1)
            score += dice_coeff(pred, batch["mask"])
            overlap += iou(pred, batch["mask"])
        else:
            truth = F.one_hot(batch["mask"], classes).permute(0, 3, 1, 2).float()
            pred = F.one_hot(pred.argmax(dim=1), classes).permute(0, 3, 1, 2).float()
            score += dice_coeff(pred[:, 1:].flatten(0, 1), truth[:, 1:].flatten(0, 1))
            overlap += iou(pred[:, 1:].flatten(0, 1), truth[:, 1:].flatten(0, 1))
    net.train()
    return score / len(loader), overlap / len(loader)


def train(net, classes, epochs=3):
    dataset = Shapes(32, classes=classes)
    train_set, val_set = random_split(dataset, [0.75, 0.25], generator=torch.Generator().manual_seed(0))
    loader_args = dict(batch_size=8, num_workers=0, pin_memory=torch.cuda.is_available())
    train_loader = DataLoader(train_set, shuffle=True, **loader_args)
    val_loader = DataLoader(val_set, shuffle=False, drop_last=True, **loader_args)
    if classes == 1:
        optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3, weight_decay=1e-8, momentum=0.9, foreach=True)
    else:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", patience=5)
    criterion = nn.CrossEntropyLoss() if classes > 1 else nn.BCEWithLogitsLoss()
    for epoch in range(1, epochs + 1):
        net.train()
        epoch_loss = 0
        for batch in train_loader:
            images = batch["image"].to(device=device, dtype=torch.float32, memory_format=torch.channels_last)
            true_masks = batch["mask"].to(device=device)
            masks_pred = net(images)
            if classes == 1:
                loss = criterion(masks_pred.squeeze(1), true_masks.float())
                loss += dice_loss(F.sigmoid(masks_pred.squeeze(1)), true_masks.float())
            else:
                loss = criterion(masks_pred, true_masks)
                one_hot = F.one_hot(true_masks, classes).permute(0, 3, 1, 2).float()
                loss += dice_loss(F.softmax(masks_pred, dim=1).float(), one_hot, multiclass=True)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            epoch_loss += loss.item()
        val_score, overlap = evaluate(net, val_loader, classes)
        scheduler.step(val_score)
        print(f"epoch {epoch}: loss {epoch_loss / len(train_loader):.3f} dice {val_score:.3f} IoU {overlap:.3f}")


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
for bilinear, classes in [(False, 1), (True, 3)]:
    torch.manual_seed(0)
    net = UNet(n_channels=1, n_classes=classes, bilinear=bilinear)
    net = net.to(memory_format=torch.channels_last)
    print(
        f"Network: {net.n_channels} input channels, {net.n_classes} output channels (classes), "
        f"{'Bilinear' if net.bilinear else 'Transposed conv'} upscaling, {sum(p.numel() for p in net.parameters()):,}"
    )
    net.to(device=device)
    train(net, classes)
print(net.up1)
state = UNet(1, 3, bilinear=False).state_dict()
print([name for name in state if name.startswith("up1.up")], state["up1.up.weight"].shape)
