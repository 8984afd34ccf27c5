"""Reading strips of drawn digits without knowing where each is: convolutions, a BiLSTM, CTC, collapsed paths."""

import torch
import torch.nn as nn
import torch.nn.functional as F

glyphs = {
    1: ["..#..", ".##..", "..#..", "..#..", ".###."],
    2: ["###..", "...#.", "..#..", ".#...", "####."],
    3: ["####.", "...#.", ".##..", "...#.", "###.."],
    4: ["#..#.", "#..#.", "####.", "...#.", "...#."],
}
BLANK = 0
drawn = {d: torch.tensor([[float(c == "#") for c in row] for row in rows]) for d, rows in glyphs.items()}


def make_sample(generator, longest=4):
    n = int(torch.randint(1, longest + 1, (1,), generator=generator))
    digits = torch.randint(1, 5, (n,), generator=generator)
    columns = []
    for d in digits.tolist():
        columns.append(torch.zeros(5, int(torch.randint(0, 3, (), generator=generator))))
        columns.append(drawn[d])
    strip = torch.cat(columns, dim=1)
    return strip + 0.1 * torch.randn(strip.shape, generator=generator), digits


def collate(samples):
    strips, targets = zip(*samples)
    width = max(s.size(1) for s in strips)
    images = torch.stack([F.pad(s, (0, width - s.size(1))) for s in strips]).unsqueeze(1)
    lengths = torch.tensor([s.size(1) for s in strips])
    return images, lengths, torch.cat(targets), torch.tensor([len(t) for t in targets])


class CRNN(nn.Module):
    def __init__(self, num_classes, hidden=24):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 8, (5, 3), padding=(0, 1)), nn.BatchNorm2d(8), nn.LeakyReLU(0.1, inplace=True)
        )
        self.rnn = nn.LSTM(8, hidden, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, num_classes)

    def forward(self, x):
        conv = self.cnn(x)
        assert conv.size(2) == 1, "the height of conv must be 1"
        features, _ = self.rnn(conv.squeeze(2).permute(2, 0, 1))
        return F.log_softmax(self.fc(features), dim=2)


def greedy(log_probs, lengths):
    texts = []
    for best, n in zip(log_probs.argmax(2).t(), lengths):
        path = torch.unique_consecutive(best[:n])
        texts.append(path[path != BLANK].tolist())
    return texts


def edit_distance(a, b):
    d = torch.zeros(len(a) + 1, len(b) + 1, dtype=torch.int)
    d[:, 0], d[0] = torch.arange(len(a) + 1), torch.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
    return d[-1, -1].item()


generator = torch.Generator().manual_seed(0)
torch.manual_seed(0)
model = CRNN(5)
criterion = nn.CTCLoss(blank=BLANK, zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-2, eps=1e-3)
for step in range(60):
    images, lengths, targets, target_lengths = collate([make_sample(generator) for _ in range(16)])
    log_probs = model(images)
    loss = criterion(log_probs, targets, lengths, target_lengths)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5)
    optimizer.step()
    if step % 15 == 14:
        print(f"step {step + 1}: {loss.item():.3f}", tuple(log_probs.shape))

model.eval()
with torch.no_grad():
    images, lengths, targets, target_lengths = collate([make_sample(generator) for _ in range(6)])
    log_probs = model(images)
    truth = [t.tolist() for t in targets.split(target_lengths.tolist())]
    guesses = greedy(log_probs, lengths)
    print(list(zip(truth, guesses)))
    print("character errors:", sum(edit_distance(a, b) for a, b in zip(truth, guesses)), "of", len(targets))
    padded = nn.utils.rnn.pad_sequence(list(targets.split(target_lengths.tolist())), batch_first=True)
    both = [F.ctc_loss(log_probs, t, lengths, target_lengths, reduction="none") for t in (targets, padded)]
    print(both[0].mean(), torch.equal(*both))
    print(
        F.ctc_loss(log_probs, targets, tuple(lengths.tolist()), tuple(target_lengths.tolist()), reduction="sum").round()
    )
    impossible = F.ctc_loss(log_probs[:2, :1], torch.tensor([[1, 1]]), [2], [2])
    print(impossible, F.ctc_loss(log_probs[:2, :1], torch.tensor([[1, 1]]), [2], [2], zero_infinity=True))
