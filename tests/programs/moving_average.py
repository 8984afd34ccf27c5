"""Moving averages and filters with unfold; smoothing by exponential weights; autocorrelation."""

import torch

torch.manual_seed(9)
t = torch.arange(24.0)
series = torch.sin(t / 4) + 0.2 * torch.randn(24)
windows = series.unfold(0, 5, 1)
print(windows.shape, windows.stride(), windows.mean(-1))
print(windows.median(-1).values[:4], windows.amax(1)[:4], windows.max(1).indices[:4], windows.std(-1)[:4])
kernel = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
print(windows @ kernel)
total = torch.cat([torch.zeros(1), series.cumsum(0)])
print(torch.allclose((total[5:] - total[:-5]) / 5, windows.mean(-1), atol=1e-5))
weights = 0.7 ** torch.arange(24.0).flip(0)
print((weights * series).sum() / weights.sum())
smooth, kept = series[0], []
for value in series:
    smooth = torch.lerp(smooth, value, 0.3)
    kept.append(smooth)
print(torch.stack(kept)[-5:])
centred = series - series.mean()
print(torch.stack([(centred[: 24 - k] * centred[k:]).sum() for k in range(4)]) / centred.square().sum())
print(
    series.as_strided((3, 4), (8, 1))[0, :2] == series[:2],
    series.view(4, 6).mean(1),
    series[::2].shape,
    series.diff(n=2)[:3],
)
print(
    torch.trapezoid(series, t),
    torch.cumulative_trapezoid(series[:4]),
    torch.searchsorted(t, torch.tensor([3.5, 7.0])),
    torch.bucketize(series[:4], torch.tensor([0.0, 0.5])),
)
print(
    torch.nn.functional.relu(series[:4]),
    series.histc(4, -1, 1),
    series.kthvalue(3),
    series.argsort()[:3],
    series.quantile(torch.tensor([0.25, 0.75])),
)
