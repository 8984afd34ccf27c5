"""Right answers to the tasks of chapter 5, written differently, and mistakes in other words."""

import edutorch as torch

nn, F = torch.nn, torch.nn.functional

# ---- run_rnn


def with_linear(x, h, W_ih, W_hh, b_ih, b_hh):
    out = []
    for t in range(x.shape[0]):
        h = torch.tanh(F.linear(x[t], W_ih, b_ih) + F.linear(h, W_hh, b_hh))
        out.append(h.unsqueeze(0))
    return torch.cat(out), h


def inputs_in_one_product(x, h, W_ih, W_hh, b_ih, b_hh):
    prepared, states = x @ W_ih.mT + (b_ih + b_hh), []
    for p in prepared.unbind(0):
        states.append((p + h @ W_hh.mT).tanh())
        h = states[-1]
    return torch.stack(states, dim=0), states[-1]


def one_weight_for_both(x, h, W_ih, W_hh, b_ih, b_hh):
    W, states = torch.cat([W_ih, W_hh], dim=1), [h]
    for x_t in x:
        states.append(torch.tanh(torch.cat([x_t, states[-1]], dim=1) @ W.T + b_ih + b_hh))
    return torch.stack(states[1:]), states[-1]


def always_from_the_start(x, h, W_ih, W_hh, b_ih, b_hh):
    states = torch.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    return states, states[-1]


# ---- bptt


def by_copies_of_the_weight(grad, x, h0, W_ih, W_hh):
    h, tape = h0, []
    for x_t in x:
        new = torch.tanh(x_t @ W_ih.T + h @ W_hh.T)
        tape.append((x_t, h, new))
        h = new
    later, parts = torch.zeros_like(h0), []
    for (x_t, before, after), g in zip(tape[::-1], grad.flip(0), strict=True):
        dz = (later + g) * (1 - after * after)
        parts.append((torch.einsum("bh,bi->hi", dz, x_t), torch.einsum("bh,bk->hk", dz, before)))
        later = dz @ W_hh
    return sum(p[0] for p in parts), sum(p[1] for p in parts), later


def by_recursion(grad, x, h0, W_ih, W_hh):
    if len(x) == 0:
        return torch.zeros_like(W_ih), torch.zeros_like(W_hh), torch.zeros_like(h0)
    h = torch.tanh(x[0] @ W_ih.T + h0 @ W_hh.T)
    dW_ih, dW_hh, dh = by_recursion(grad[1:], x[1:], h, W_ih, W_hh)
    dz = (dh + grad[0]) / torch.cosh(x[0] @ W_ih.T + h0 @ W_hh.T) ** 2
    return dW_ih + dz.T @ x[0], dW_hh + dz.T @ h0, dz @ W_hh


def weights_at_the_end(grad, x, h0, W_ih, W_hh):
    states = [h0]
    for x_t in x:
        states.append((x_t @ W_ih.T + states[-1] @ W_hh.T).tanh())
    states, sums = torch.stack(states), torch.zeros_like(grad)
    arriving = torch.zeros_like(h0)
    for t in range(len(x) - 1, -1, -1):
        sums[t] = (arriving + grad[t]) * (1 - states[t + 1].square())
        arriving = sums[t] @ W_hh
    flat = sums.flatten(0, 1)
    return flat.T @ x.flatten(0, 1), flat.T @ states[:-1].flatten(0, 1), arriving


def share_of_the_first_step(grad, x, h0, W_ih, W_hh):
    h = torch.tanh(x[0] @ W_ih.T + h0 @ W_hh.T)
    _, _, later = by_recursion(grad[1:], x[1:], h, W_ih, W_hh)
    dz = (grad[0] + later) * (1 - h**2)
    return dz.T @ x[0], dz.T @ h0, dz @ W_hh


# ---- LSTMCell


class CellOfSlices(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.H = H = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(4 * H, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * H, H))
        self.bias_ih = nn.Parameter(torch.empty(4 * H))
        self.bias_hh = nn.Parameter(torch.empty(4 * H))
        for p in self.parameters():
            nn.init.uniform_(p, -1 / H**0.5, 1 / H**0.5)

    def forward(self, x, state=None):
        if state is None:
            state = x.new_zeros(x.shape[0], self.H), x.new_zeros(x.shape[0], self.H)
        h, c = state
        sums, H = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh), self.H
        gates = torch.sigmoid(sums)
        c = gates[:, H : 2 * H] * c + gates[:, :H] * torch.tanh(sums[:, 2 * H : 3 * H])
        h = gates[:, 3 * H :] * torch.tanh(c)
        return h, c


class CellGateByGate(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        b = 1 / hidden_size**0.5
        shapes = {"weight_ih": (input_size,), "weight_hh": (hidden_size,), "bias_ih": (), "bias_hh": ()}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(4 * hidden_size, *shape).uniform_(-b, b)))

    def forward(self, x, state=None):
        H = len(self.bias_ih) // 4
        h, c = (torch.zeros(len(x), H),) * 2 if state is None else state

        def gate(k):
            rows = slice(k * H, (k + 1) * H)
            from_x = x @ self.weight_ih[rows].T + self.bias_ih[rows]
            return from_x + h @ self.weight_hh[rows].T + self.bias_hh[rows]

        new = torch.sigmoid(gate(1)) * c + torch.sigmoid(gate(0)) * torch.tanh(gate(2))
        return torch.sigmoid(gate(3)) * torch.tanh(new), new


class CellInFourRows(CellOfSlices):
    def forward(self, x, state=None):
        h, c = state or (torch.zeros(len(x), self.H), torch.zeros(len(x), self.H))
        sums = torch.cat([x, h], 1) @ torch.cat([self.weight_ih, self.weight_hh], 1).T + self.bias_ih + self.bias_hh
        i, f, g, o = sums.reshape(len(x), 4, self.H).unbind(1)
        c = c * f.sigmoid() + i.sigmoid() * g.tanh()
        return c.tanh() * o.sigmoid(), c


class CellWithOutputThird(CellOfSlices):
    def forward(self, x, state=None):
        h, c = state or (torch.zeros(len(x), self.H), torch.zeros(len(x), self.H))
        sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, o, g = sums.split(self.H, dim=1)
        c = c * f.sigmoid() + i.sigmoid() * g.tanh()
        return c.tanh() * o.sigmoid(), c


# ---- gru_step


def gru_by_slices(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    gates = torch.sigmoid(F.linear(x, W_ih[: 2 * H], b_ih[: 2 * H]) + F.linear(h, W_hh[: 2 * H], b_hh[: 2 * H]))
    r, z = gates[:, :H], gates[:, H:]
    n = torch.tanh(F.linear(x, W_ih[2 * H :], b_ih[2 * H :]) + r * F.linear(h, W_hh[2 * H :], b_hh[2 * H :]))
    return n + z * (h - n)


def gru_block_by_block(x, h, W_ih, W_hh, b_ih, b_hh):
    xr, xz, xn = (x @ W.T + b for W, b in zip(W_ih.chunk(3), b_ih.chunk(3), strict=True))
    hr, hz, hn = (h @ W.T + b for W, b in zip(W_hh.chunk(3), b_hh.chunk(3), strict=True))
    keep = (xz + hz).sigmoid()
    return torch.lerp((xn + (xr + hr).sigmoid() * hn).tanh(), h, keep)


def gru_unit_by_unit(x, h, W_ih, W_hh, b_ih, b_hh):
    out, H = torch.zeros_like(h), h.shape[1]
    for k in range(H):
        r, z = (torch.sigmoid(x @ W_ih[row] + b_ih[row] + h @ W_hh[row] + b_hh[row]) for row in (k, H + k))
        row = 2 * H + k
        n = torch.tanh(x @ W_ih[row] + b_ih[row] + r * (h @ W_hh[row]) + r * b_hh[row])
        out[:, k] = n * (1 - z) + z * h[:, k]
    return out


def gru_of_the_paper(x, h, W_ih, W_hh, b_ih, b_hh):
    (W_r, W_z, W_n), (U_r, U_z, U_n) = W_ih.chunk(3), W_hh.chunk(3)
    (b_r, b_z, b_n), (c_r, c_z, c_n) = b_ih.chunk(3), b_hh.chunk(3)
    r = torch.sigmoid(F.linear(x, W_r, b_r) + F.linear(h, U_r, c_r))
    z = torch.sigmoid(F.linear(x, W_z, b_z) + F.linear(h, U_z, c_z))
    n = torch.tanh(F.linear(x, W_n, b_n) + F.linear(r * h, U_n, c_n))
    return n - z * n + z * h


# ---- last_states


def last_by_gather(output, lengths):
    index = (lengths - 1).reshape(-1, 1, 1).expand(-1, 1, output.shape[2])
    return output.gather(1, index).squeeze(1)


def last_one_by_one(output, lengths):
    return torch.stack([row[n - 1] for row, n in zip(output, lengths.tolist(), strict=True)])


def last_by_mask(output, lengths):
    is_last = torch.arange(output.shape[1]) == (lengths - 1)[:, None]
    return (output * is_last[:, :, None]).sum(dim=1)


def last_column_in_other_words(output, lengths):
    return output.transpose(0, 1)[output.shape[1] - 1]


# ---- masked_cross_entropy


def loss_times_mask(scores, targets, lengths):
    losses = F.cross_entropy(scores.transpose(1, 2), targets, reduction="none")
    mask = (torch.arange(targets.shape[1])[None] < lengths[:, None]).float()
    return (losses * mask).sum() / mask.sum()


def sentence_by_sentence(scores, targets, lengths):
    pairs = [(s[:n], t[:n]) for s, t, n in zip(scores, targets, lengths.tolist(), strict=True)]
    return F.cross_entropy(torch.cat([s for s, _ in pairs]), torch.cat([t for _, t in pairs]))


def with_ignored_targets(scores, targets, lengths):
    behind = torch.arange(targets.shape[1]) >= lengths.unsqueeze(1)
    marked = targets.masked_fill(behind, -100)
    return F.cross_entropy(scores.flatten(0, 1), marked.flatten(), ignore_index=-100)


def by_logsumexp(scores, targets, lengths):
    losses = torch.logsumexp(scores, 2) - scores.gather(2, targets.unsqueeze(2)).squeeze(2)
    return sum(row[:n].sum() for row, n in zip(losses, lengths.tolist(), strict=True)) / lengths.sum()


def whole_rectangle(scores, targets, lengths):
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())


# ---- train_in_pieces


def text_in_splits(model, optimizer, strips, size):
    state, losses = None, []
    pieces = (strips.shape[1] - 1) // size
    inputs, answers = strips[:, :-1].split(size, dim=1), strips[:, 1:].split(size, dim=1)
    for letters, targets in list(zip(inputs, answers, strict=True))[:pieces]:
        optimizer.zero_grad()
        scores, state = model(letters, state if state is None else state.detach())
        loss = F.cross_entropy(scores.transpose(1, 2), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(float(loss))
    return losses


def text_with_a_while(model, optimizer, strips, size):
    start, state, losses = 0, None, []
    while start + size + 1 <= strips.shape[1]:
        piece = strips[:, start : start + size + 1]
        scores, state = model(piece[:, :-1], state)
        loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), piece[:, 1:].reshape(-1))
        for p in model.parameters():
            p.grad = None
        loss.backward()
        state.detach_()
        nn.utils.clip_grad_norm_(list(model.parameters()), 1.0)
        optimizer.step()
        losses += [loss.detach().item()]
        start += size
    return losses


def text_with_its_own_clipping(model, optimizer, strips, size):
    state, losses = torch.zeros(1, len(strips), 8), []
    for k in range((strips.shape[1] - 1) // size):
        letters, targets = strips[:, k * size : (k + 1) * size], strips[:, k * size + 1 : (k + 1) * size + 1]
        scores, new = model(letters, state)
        state = new.detach().clone()
        loss = F.cross_entropy(scores.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
        for p in model.parameters():
            p.grad /= norm.clamp(min=1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def text_with_added_gradients(model, optimizer, strips, size):
    optimizer.zero_grad()
    state, losses = None, []
    for k in range((strips.shape[1] - 1) // size):
        piece = strips[:, k * size : (k + 1) * size + 1]
        scores, state = model(piece[:, :-1], state)
        state = state.detach()
        loss = F.cross_entropy(scores.transpose(1, 2), piece[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


# ---- forecast_windows


def windows_in_a_loop(series, length, ahead, cut):
    mean, std = series[:cut].mean(), series[:cut].std()
    parts = {True: ([], []), False: ([], [])}
    for start in range(len(series) - length - ahead + 1):
        target = start + length + ahead - 1
        windows, targets = parts[target < cut]
        windows.append((series[start : start + length] - mean) / std)
        targets.append((series[target] - mean) / std)
    (a, b), (c, d) = parts[True], parts[False]
    return torch.stack(a), torch.stack(b), torch.stack(c), torch.stack(d)


def windows_by_indices(series, length, ahead, cut):
    past = series[:cut]
    spread = (past - past.mean()).square().sum().div(cut - 1).sqrt()
    scaled = (series - past.mean()) / spread
    targets = torch.arange(length + ahead - 1, len(series))
    rows = targets[:, None] - ahead - torch.arange(length - 1, -1, -1)
    known = targets < cut
    return scaled[rows[known]], scaled[targets[known]], scaled[rows[~known]], scaled[targets[~known]]


def windows_as_strided(series, length, ahead, cut):
    scaled = series.clone()
    scaled -= series[:cut].mean()
    scaled /= series[:cut].std(unbiased=True)
    count = len(series) - length - ahead + 1
    x, y = scaled.as_strided((count, length), (1, 1)), scaled[length + ahead - 1 :]
    train = len(y) - (len(series) - cut)
    return x[:train], y[:train], x[train:], y[train:]


def scaled_by_what_is_to_come(series, length, ahead, cut):
    z = (series - torch.mean(series)) / torch.std(series)
    x, y = z[: len(z) - ahead].unfold(0, length, 1), z[length + ahead - 1 :]
    m = cut - length - ahead + 1
    return x[:m], y[:m], x[m:], y[m:]


# ---- mistakes as a newcomer made them, in the browser


def the_given_loop_half_mended(model, optimizer, strips, size):
    state, losses = None, []
    for start in range(0, strips.shape[1], size):
        letters = strips[:, start : start + size]
        scores, state = model(letters, state)
        loss = F.cross_entropy(scores.flatten(0, 1), letters.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


def a_detach_that_nobody_keeps(model, optimizer, strips, size):
    state, losses = None, []
    for start in range(0, strips.shape[1] - size, size):
        scores, state = model(strips[:, start : start + size], state)
        loss = F.cross_entropy(scores.flatten(0, 1), strips[:, start + 1 : start + size + 1].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state.detach()
        losses.append(loss.item())
    return losses


def loss_with_the_batch_as_it_is(scores, targets, lengths):
    return F.cross_entropy(scores, targets, reduction="mean")


class CellWithPlainTensors(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.weight_ih = torch.rand(4 * hidden_size, input_size)
        self.weight_hh = torch.rand(4 * hidden_size, hidden_size)
        self.bias_ih, self.bias_hh = torch.rand(4 * hidden_size), torch.rand(4 * hidden_size)

    def forward(self, x, state=None):
        return state


RIGHT = {
    "run_rnn": [with_linear, inputs_in_one_product, one_weight_for_both],
    "bptt": [by_copies_of_the_weight, by_recursion, weights_at_the_end],
    "LSTMCell": [CellOfSlices, CellGateByGate, CellInFourRows],
    "gru_step": [gru_by_slices, gru_block_by_block, gru_unit_by_unit],
    "last_states": [last_by_gather, last_one_by_one, last_by_mask],
    "masked_cross_entropy": [loss_times_mask, sentence_by_sentence, with_ignored_targets, by_logsumexp],
    "train_in_pieces": [text_in_splits, text_with_a_while, text_with_its_own_clipping],
    "forecast_windows": [windows_in_a_loop, windows_by_indices, windows_as_strided],
}

REWORDED = {
    "run_rnn": {"state_not_carried": [always_from_the_start]},
    "bptt": {"not_summed": [share_of_the_first_step]},
    "LSTMCell": {"OrderOfThePapers": [CellWithOutputThird], "PlainTensors": [CellWithPlainTensors]},
    "gru_step": {"reset_before_the_product": [gru_of_the_paper]},
    "last_states": {"last_column": [last_column_in_other_words]},
    "masked_cross_entropy": {"padding_counted": [whole_rectangle], "classes_last": [loss_with_the_batch_as_it_is]},
    "train_in_pieces": {
        "never_zeroed": [text_with_added_gradients],
        "own_letters_to_the_end": [the_given_loop_half_mended],
        "not_detached": [a_detach_that_nobody_keeps],
    },
    "forecast_windows": {"scaled_by_all": [scaled_by_what_is_to_come]},
}
