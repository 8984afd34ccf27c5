"""A Vision Transformer on the digits: patches, a class token, attention by einsum, dropped paths, mixed labels."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class PatchEmbed(nn.Module):
    def __init__(self, img_size=8, patch_size=2, in_chans=1, embed_dim=32):
        super().__init__()
        self.num_patches = (img_size // patch_size) ** 2
        self.proj = nn.Conv2d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self, dim, num_heads=4, qkv_bias=True):
        super().__init__()
        self.num_heads, self.scale = num_heads, (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, C // self.num_heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = torch.einsum("bhnd,bhmd->bhnm", q, k).mul(self.scale).softmax(dim=-1)
        self.last = attn.detach()
        return self.proj(torch.einsum("...nm,...md->...nd", attn, v).transpose(1, 2).reshape(B, N, C))


def drop_path(x, drop_prob: float = 0.0, training: bool = False):
    if drop_prob == 0.0 or not training:
        return x
    keep_prob = 1 - drop_prob
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep_prob).div_(keep_prob)


class DropPath(nn.Module):
    def __init__(self, drop_prob=None):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training)

    def extra_repr(self):
        return f"{self.drop_prob:.3f}"


class Block(nn.Module):
    def __init__(self, dim, num_heads, mlp_ratio=2.0, drop_path=0.0, init_values=0.1):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, num_heads)
        self.gamma_1 = nn.Parameter(init_values * torch.ones(dim), requires_grad=True)
        self.gamma_2 = nn.Parameter(init_values * torch.ones(dim), requires_grad=True)
        self.drop_path = DropPath(drop_path) if drop_path > 0.0 else nn.Identity()
        hidden = int(dim * mlp_ratio)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Dropout(0.1), nn.Linear(hidden, dim))

    def forward(self, x):
        x = x + self.drop_path(self.gamma_1 * self.attn(self.norm1(x)))
        return x + self.drop_path(self.gamma_2 * self.mlp(self.norm2(x)))


class ViT(nn.Module):
    def __init__(self, embed_dim=32, depth=3, num_heads=4, num_classes=10, drop_path_rate=0.1, pool="cls"):
        super().__init__()
        assert pool in {"cls", "mean"}, "pool type must be either cls (cls token) or mean (mean pooling)"
        self.patch_embed, self.pool = PatchEmbed(embed_dim=embed_dim), pool
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed_dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.patch_embed.num_patches + 1, embed_dim))
        dpr = [x.item() for x in torch.linspace(0, drop_path_rate, depth)]
        self.blocks = nn.Sequential(*[Block(embed_dim, num_heads, drop_path=dpr[i]) for i in range(depth)])
        self.norm = nn.LayerNorm(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)
            if isinstance(m, nn.Linear) and m.bias is not None:
                nn.init.constant_(m.bias, 0)

    def no_weight_decay(self):
        return {"pos_embed", "cls_token"}

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return self.head(x.mean(dim=1) if self.pool == "mean" else x[:, 0])


class SoftTargetCrossEntropy(nn.Module):
    def forward(self, x, target):
        return torch.sum(-target * F.log_softmax(x, dim=-1), dim=-1).mean()


def mixup(x, y, lam, num_classes=10):
    target = F.one_hot(y, num_classes).to(x.dtype)
    return x.mul(lam).add_(x.flip(0), alpha=1 - lam), lam * target + (1 - lam) * target.flip(0)


digits = load_digits()
X = torch.from_numpy(digits.images).float().unsqueeze(1).div_(16).sub_(0.3).div_(0.37)
y = torch.from_numpy(digits.target).long()
train_loader = DataLoader(TensorDataset(X[:500], y[:500]), batch_size=100, shuffle=True)
for pool, Criterion in [("cls", SoftTargetCrossEntropy), ("mean", nn.CrossEntropyLoss)]:
    torch.manual_seed(0)
    model = ViT(pool=pool)
    skip = model.no_weight_decay()
    decay = [p for n, p in model.named_parameters() if p.ndim > 1 and n not in skip]
    rest = [p for n, p in model.named_parameters() if p.ndim <= 1 or n in skip]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.05), dict(params=rest, weight_decay=0.0)], lr=3e-3)
    scheduler = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=8),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7, eta_min=1e-5),
        ],
        milestones=[8],
    )
    criterion = Criterion()
    ema = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.8))
    for epoch in range(3):
        model.train()
        losses = []
        for images, labels in train_loader:
            if isinstance(criterion, SoftTargetCrossEntropy):
                images, labels = mixup(images, labels, lam=0.9)
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            ema.update_parameters(model)
            losses.append(loss.item())
        print(f"{pool} epoch {epoch}: loss {sum(losses) / len(losses):.3f} lr {optimizer.param_groups[0]['lr']:.6f}")
    model.eval()
    ema.eval()
    with torch.no_grad():
        logits = model(X[800:1100])
        _, top3 = logits.topk(3, 1, True, True)
        correct = top3.t().eq(y[800:1100].view(1, -1).expand_as(top3.t()))
        print([correct[:k].reshape(-1).float().sum(0).mul_(100.0 / 300).round().item() for k in (1, 3)])
        print("averaged", (ema(X[800:1100]).argmax(1) == y[800:1100]).float().mean().mul(100).round().item())
# attention rollout
result = torch.eye(17)
for block in model.blocks:
    attention = block.attn.last.mean(1)[0] + torch.eye(17)
    result = (attention / attention.sum(-1, keepdim=True)) @ result
print(result[0, 1:].reshape(4, 4))
print(model.blocks[1], sum(p.numel() for p in model.parameters()))
# positions for larger images
grid = model.pos_embed[:, 1:].reshape(1, 4, 4, -1).permute(0, 3, 1, 2)
print(F.interpolate(grid, size=(6, 6), mode="bicubic", align_corners=False).flatten(2).transpose(1, 2)[0, ::9, :3])
