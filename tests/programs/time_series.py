"""Forecasting a noisy wave: sliding windows, an LSTM that keeps its state, LSTM cells, a temporal convolution, GRUs."""

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.parametrizations import weight_norm

np.random.seed(2)
torch.manual_seed(0)
t = np.arange(300)
series = (np.sin(t / 7) + 0.3 * np.sin(t / 2.3) + 0.05 * np.random.randn(300)).astype("float32")
train_series, test_series = series[:240], series[240:]
low, high = train_series.min(), train_series.max()
scaled = torch.FloatTensor((train_series - low) / (high - low) * 2 - 1).view(-1)


def create_inout_sequences(input_data, tw):
    inout_seq = []
    for i in range(len(input_data) - tw):
        inout_seq.append((input_data[i : i + tw], input_data[i + tw : i + tw + 1]))
    return inout_seq


windows = scaled.unfold(0, 21, 1)
pairs = create_inout_sequences(scaled, 20)
x, y = windows[:, :-1], windows[:, -1:]
print(x.shape, x.stride(), torch.equal(x[7], pairs[7][0]), torch.equal(y[7], pairs[7][1]))


class LSTM(nn.Module):
    def __init__(self, input_size=1, hidden_layer_size=16, output_size=1):
        super().__init__()
        self.hidden_layer_size = hidden_layer_size
        self.lstm = nn.LSTM(input_size, hidden_layer_size)
        self.linear = nn.Linear(hidden_layer_size, output_size)
        self.reset()

    def reset(self):
        self.hidden_cell = (torch.zeros(1, 1, self.hidden_layer_size), torch.zeros(1, 1, self.hidden_layer_size))

    def forward(self, input_seq):
        lstm_out, self.hidden_cell = self.lstm(input_seq.view(len(input_seq), 1, -1), self.hidden_cell)
        return self.linear(lstm_out.view(len(input_seq), -1))[-1]


model = LSTM()
loss_function = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(2):
    for seq, labels in pairs[::3]:
        optimizer.zero_grad()
        model.reset()
        single_loss = loss_function(model(seq), labels)
        single_loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {single_loss.item():.6f}")
model.eval()
test_inputs = scaled[-20:].tolist()
for _ in range(6):
    seq = torch.FloatTensor(test_inputs[-20:])
    with torch.no_grad():
        model.reset()
        test_inputs.append(model(seq).item())
print(np.round((np.array(test_inputs[20:]) + 1) / 2 * (high - low) + low, 3), test_series[:6].round(3))


class Sequence(nn.Module):
    """Two LSTM cells that run on into the future."""

    def __init__(self, hidden=12):
        super().__init__()
        self.lstm1, self.lstm2 = nn.LSTMCell(1, hidden), nn.LSTMCell(hidden, hidden)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, input, future=0):
        outputs, state1, state2 = [], None, None
        for input_t in input.split(1, dim=1):
            state1 = self.lstm1(input_t, state1)
            state2 = self.lstm2(state1[0], state2)
            output = self.linear(state2[0])
            outputs += [output]
        for _ in range(future):
            state1 = self.lstm1(output, state1)
            state2 = self.lstm2(state1[0], state2)
            output = self.linear(state2[0])
            outputs += [output]
        return torch.cat(outputs, dim=1)


waves = torch.stack([torch.sin((torch.arange(25) + shift) / 4.0) for shift in range(6)]).double()
seq = Sequence().double()
optimizer = torch.optim.LBFGS(seq.parameters(), lr=0.8, max_iter=6)
for i in range(2):

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(seq(waves[1:, :-1]), waves[1:, 1:])
        if torch.is_grad_enabled():
            loss.backward()
        return loss

    print(f"LBFGS {i}: {optimizer.step(closure).item():.5f}")
with torch.no_grad():
    pred = seq(waves[:1, :-1], future=4)
    print(pred.dtype, pred.shape, pred[0, -4:])


class Chomp1d(nn.Module):
    def __init__(self, chomp_size):
        super().__init__()
        self.chomp_size = chomp_size

    def forward(self, x):
        return x[:, :, : -self.chomp_size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, dilation, dropout=0.1):
        super().__init__()
        padding = (kernel_size - 1) * dilation
        layers = []
        for size in (n_inputs, n_outputs):
            conv = nn.Conv1d(size, n_outputs, kernel_size, padding=padding, dilation=dilation)
            layers += [weight_norm(conv), Chomp1d(padding), nn.ReLU(), nn.Dropout(dropout)]
        self.net = nn.Sequential(*layers)
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None

    def forward(self, x):
        res = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.net(x) + res)


class TCN(nn.Module):
    def __init__(self, channels, kernel_size=3):
        super().__init__()
        pairs = zip([1, *channels], channels)
        self.network = nn.Sequential(*[TemporalBlock(a, b, kernel_size, 2**i) for i, (a, b) in enumerate(pairs)])
        self.linear = nn.Linear(channels[-1], 1)

    def forward(self, x):
        return self.linear(self.network(x.unsqueeze(1))[:, :, -1])


class GRUForecaster(nn.Module):
    def __init__(self, hidden=12, layers=2):
        super().__init__()
        self.gru = nn.GRU(1, hidden, layers, batch_first=True, dropout=0.1)
        self.norm = nn.LayerNorm(hidden)
        self.fc = nn.Linear(hidden, 1)
        for name, param in self.gru.named_parameters():
            if "weight_ih" in name:
                nn.init.xavier_uniform_(param.data)
            elif "weight_hh" in name:
                for gate in param.data.chunk(3, 0):
                    nn.init.orthogonal_(gate)
            elif "bias" in name:
                param.data.fill_(0)

    def forward(self, x):
        h0 = torch.zeros(self.gru.num_layers, x.size(0), self.gru.hidden_size).requires_grad_()
        out, _ = self.gru(x.unsqueeze(-1), h0.detach())
        return self.fc(self.norm(out[:, -1]))


for name, net in ("TCN", TCN([8, 8])), ("GRU", GRUForecaster()):
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=4)
    best, patience, best_state = float("inf"), 0, None
    for epoch in range(8):
        net.train()
        for idx in torch.randperm(180).split(45):
            optimizer.zero_grad(set_to_none=True)
            nn.SmoothL1Loss()(net(x[idx]), y[idx]).backward()
            optimizer.step()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            val = nn.functional.l1_loss(net(x[180:]), y[180:]).item()
        if val < best:
            best, patience = val, 0
            best_state = {k: v.clone() for k, v in net.state_dict().items()}
        else:
            patience += 1
            if patience >= 3:
                break
    print(f"{name}: stopped after {epoch + 1}, best {best:.4f}, {net.load_state_dict(best_state)}")
print(f"as the last value: {(x[180:, -1:] - y[180:]).abs().mean():.4f}")
print(list(TCN([4]).state_dict())[:4])
