"""Right answers to the tasks of chapter 7, written differently, and mistakes in other words."""

import math

import numpy as np

import edutorch as torch
from edutorch.classroom.simulator import cuda

# ---- element_of


def element_by_cases(thread, block, block_size, shape):
    if len(shape) == 1:
        i = block[0] * block_size[0] + thread[0]
        return i if i < shape[0] else None
    column = block[0] * block_size[0] + thread[0]
    row = block[1] * block_size[1] + thread[1]
    if row >= shape[0] or column >= shape[1]:
        return None
    return row * shape[1] + column


def element_by_horner(thread, block, block_size, shape):
    at = tuple(b * s + t for t, b, s in zip(thread, block, block_size, strict=True))[::-1]
    place = 0
    for i, n in zip(at, shape, strict=True):
        if i >= n:
            return None
        place = place * n + i
    return place


def element_by_numpy(thread, block, block_size, shape):
    at = np.asarray(block) * block_size + thread
    try:
        return int(np.ravel_multi_index(tuple(at[::-1]), shape))
    except ValueError:
        return None


def element_without_the_block(thread, block, block_size, shape):
    return element_by_cases(thread, (0,) * len(block), block_size, shape)


# ---- blocks_for


def blocks_by_negative(shape, block_size):
    blocks = tuple(-(-n // size) for n, size in zip(shape[::-1], block_size, strict=True))
    threads = 1
    for count, size in zip(blocks, block_size, strict=True):
        threads *= count * size
    return blocks, threads - math.prod(shape)


def blocks_by_divmod(shape, block_size):
    def up(n, size):
        whole, rest = divmod(n, size)
        return whole + (rest > 0)

    blocks = tuple(map(up, shape[::-1], block_size))
    return blocks, math.prod(blocks) * math.prod(block_size) - math.prod(shape)


def blocks_one_less(shape, block_size):
    if len(shape) == 1:
        count = (shape[0] - 1) // block_size[0] + 1
        return (count,), count * block_size[0] - shape[0]
    (rows, columns), (x, y) = shape, block_size
    beside, below = (columns - 1) // x + 1, (rows - 1) // y + 1
    return (beside, below), beside * x * below * y - rows * columns


def blocks_cut_off(shape, block_size):
    blocks = tuple((n - n % size) // size for n, size in zip(shape[::-1], block_size, strict=True))
    return blocks, math.prod(blocks) * math.prod(block_size) - math.prod(shape)


# ---- saxpy


def saxpy_by_while(a, x, y):
    i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    while i < len(y):
        y[i] = a * x[i] + y[i]
        i += cuda.gridDim.x * cuda.blockDim.x


@cuda.jit
def saxpy_decorated(a, x, y):
    stride = cuda.gridsize(1)
    for j in range(cuda.grid(1), y.shape[0], stride):
        y[j] += x[j] * a


def saxpy_by_rounds(factor, numbers, result):
    threads = cuda.gridsize(1)
    for first in range(0, result.size, threads):
        i = first + cuda.grid(1)
        if i < result.size:
            result[i] += factor * numbers[i]


def saxpy_in_the_first_round(a, x, y):
    i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if i >= y.shape[0]:
        return
    y[i] = a * x[i] + y[i]


# ---- sectors


def sectors_by_unique(first, stride, itemsize):
    return len(np.unique((first + stride * np.arange(32)) * itemsize // 32))


def sectors_by_changes(first, stride, itemsize):
    """The addresses go one way only: a new sector begins where the number changes."""
    found, last = 0, None
    for t in range(32):
        sector = (first + t * stride) * itemsize // 32
        found += sector != last
        last = sector
    return found


def sectors_by_tensor(first, stride, itemsize):
    elements = first + stride * torch.arange(32)
    return len(torch.unique(elements * itemsize // 32))


def sectors_of_eight_bytes_less(first, stride, itemsize):
    return len({(first + stride * t) // 32 for t in range(32)})


# ---- block_max


def max_interleaved(x, out):
    shared = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    shared[t] = -np.inf
    if i < x.size:
        shared[t] = x[i]
    cuda.syncthreads()
    step = 1
    while step < 8:
        if t % (2 * step) == 0:
            shared[t] = max(shared[t + step], shared[t])
        cuda.syncthreads()
        step *= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@cuda.jit
def max_unrolled(x, out):
    part = cuda.shared.array(shape=(8,), dtype=np.float32)
    t = cuda.threadIdx.x
    i = cuda.blockIdx.x * 8 + t
    part[t] = x[i] if i < len(x) else np.float32(-np.inf)
    cuda.syncthreads()
    if t < 4:
        part[t] = max(part[t], part[t + 4])
    cuda.syncthreads()
    if t < 2:
        part[t] = max(part[t], part[t + 2])
    cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = max(part[0], part[1])


def max_of_a_scan(x, out):
    """Everybody compares, with a barrier between reading and writing."""
    shared = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    shared[t] = x[i] if i < x.size else -np.inf
    for distance in (1, 2, 4):
        cuda.syncthreads()
        other = shared[t - distance] if t >= distance else -np.inf
        cuda.syncthreads()
        shared[t] = max(shared[t], other)
    if t == 7:
        out[cuda.blockIdx.x] = shared[7]


def max_by_asking_first(x, out):
    shared = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    shared[t] = x[i] if i < x.size else -np.inf
    cuda.syncthreads()
    for half in (4, 2, 1):
        if t < half and shared[t + half] > shared[t]:
            shared[t] = shared[t + half]
        cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


def max_with_the_last_again(x, out):
    """Threads without an element bring the last one once more."""
    shared = cuda.shared.array(8, np.float32)
    t = cuda.threadIdx.x
    largest = x[min(cuda.grid(1), x.size - 1)]
    for bit in (1, 2, 4):
        shared[t] = largest
        cuda.syncthreads()
        largest = max(largest, shared[t ^ bit])
        cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = largest


def max_without_the_if(x, out):
    shared = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    shared[t] = x[i] if i < x.size else -np.inf
    cuda.syncthreads()
    for half in (4, 2, 1):
        shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


def max_with_a_barrier_for_some(x, out):
    shared = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    shared[t] = x[i] if i < x.size else -np.inf
    cuda.syncthreads()
    for half in (4, 2, 1):
        if t < half:
            if shared[t + half] > shared[t]:
                shared[t] = shared[t + half]
            cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


def max_without_the_first_barrier(x, out):
    part = cuda.shared.array(8, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    part[t] = -np.inf
    if i < x.size:
        part[t] = x[i]
    for half in (4, 2, 1):
        if t < half:
            part[t] = max(part[t], part[t + half])
        cuda.syncthreads()
    if t == 0:
        out[cuda.blockIdx.x] = part[0]


# ---- tiled_matmul


def matmul_by_counted_tiles(a, b, c):
    A = cuda.shared.array(shape=(4, 4), dtype=np.float32)
    B = cuda.shared.array(shape=(4, 4), dtype=np.float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    row = cuda.blockIdx.y * cuda.blockDim.y + ty
    col = cuda.blockIdx.x * cuda.blockDim.x + tx
    acc = np.float32(0)
    for t in range((a.shape[1] + 3) // 4):
        A[ty, tx] = 0
        B[ty, tx] = 0
        if row < a.shape[0] and t * 4 + tx < a.shape[1]:
            A[ty, tx] = a[row, t * 4 + tx]
        if t * 4 + ty < b.shape[0] and col < b.shape[1]:
            B[ty, tx] = b[t * 4 + ty, col]
        cuda.syncthreads()
        for k in range(4):
            acc += A[ty, k] * B[k, tx]
        cuda.syncthreads()
    if row < c.shape[0] and col < c.shape[1]:
        c[row, col] = acc


@cuda.jit
def matmul_with_b_on_its_side(a, b, c):
    """The tile of b is stored transposed, and read transposed."""
    A = cuda.shared.array((4, 4), np.float32)
    B = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    col, row = cuda.grid(2)
    acc = np.float32(0)
    for first in range(0, a.shape[1], 4):
        A[y][x] = a[row][first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        B[x][y] = b[first + y][col] if col < b.shape[1] and first + y < b.shape[0] else 0
        cuda.syncthreads()
        for k in range(4):
            acc += A[y][k] * B[x][k]
        cuda.syncthreads()
    if row < c.shape[0] and col < c.shape[1]:
        c[row, col] = acc


def matmul_in_one_shared_array(a, b, c):
    tiles = cuda.shared.array((2, 4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    col, row = cuda.grid(2)
    acc = np.float32(0)
    first = 0
    while first < b.shape[0]:
        cuda.syncthreads()
        tiles[0, y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tiles[1, y, x] = b[first + y, col] if first + y < b.shape[0] and col < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(min(4, b.shape[0] - first)):
            acc += tiles[0, y, k] * tiles[1, k, x]
        first += 4
    if row < c.shape[0] and col < c.shape[1]:
        c[row, col] = acc


def matmul_with_everybody_for_himself(a, b, c):
    col, row = cuda.grid(2)
    if row >= c.shape[0] or col >= c.shape[1]:
        return
    acc = 0.0
    for k in range(b.shape[0]):
        acc += a[row, k] * b[k, col]
    c[row, col] = acc


# ---- matmul_time


def time_by_the_ridge(rows, inner, columns, itemsize, peak, bandwidth):
    flops = 2 * rows * inner * columns
    moved = (rows * inner + inner * columns + rows * columns) * itemsize
    intensity = flops / moved
    if intensity >= peak / bandwidth:
        return intensity, flops / peak, "flops"
    return intensity, moved / bandwidth, "bytes"


def time_by_the_roof(rows, inner, columns, itemsize, peak, bandwidth):
    flops = rows * columns * inner * 2
    intensity = flops / (itemsize * (inner * (rows + columns) + rows * columns))
    speed = min(peak, intensity * bandwidth)
    return intensity, flops / speed, "flops" if speed == peak else "bytes"


def time_by_max_of_pairs(rows, inner, columns, itemsize, peak, bandwidth):
    flops = 2.0 * rows * inner * columns
    sizes = [(rows, inner), (inner, columns), (rows, columns)]
    moved = sum(n * m * itemsize for n, m in sizes)
    time, word = max((flops / peak, "flops"), (moved / bandwidth, "bytes"), key=lambda pair: pair[0])
    return flops / moved, time, word


def time_without_the_result(rows, inner, columns, itemsize, peak, bandwidth):
    flops, moved = 2 * rows * inner * columns, itemsize * inner * (rows + columns)
    return (
        flops / moved,
        max(flops / peak, moved / bandwidth),
        "flops" if flops / peak >= moved / bandwidth else "bytes",
    )


# ---- time_of


def time_by_total(device, work, repeats):
    for _ in range(3):
        work()
    device.synchronize()
    begin = device.now()
    for _ in range(repeats):
        work()
    device.synchronize()
    end = device.now()
    return (end - begin) / repeats


def time_by_while(device, work, repeats):
    device.synchronize()
    work()
    device.synchronize()
    total, left = -device.now(), repeats
    while left:
        work()
        left -= 1
    device.synchronize()
    total += device.now()
    return total / repeats


def time_by_function(device, work, repeats):
    def moment():
        device.synchronize()
        return device.now()

    work()
    start = moment()
    [work() for _ in range(repeats)]
    return (moment() - start) / repeats


def time_to_put(device, work, repeats):
    work()
    device.synchronize()
    start = device.now()
    for _ in range(repeats):
        work()
    total = device.now() - start
    device.synchronize()
    return total / repeats


# ---- move_model


def move_by_names(model, move):
    for _, p in model.named_parameters():
        with torch.no_grad():
            old = p.grad
            p.grad = None
            p.data = move(p.detach())
            p.grad = None if old is None else move(old)
    for path, buffer in list(model.named_buffers()):
        where, _, name = path.rpartition(".")
        setattr(model.get_submodule(where), name, move(buffer))
    return model


def move_recursively(model, move):
    for child in model.children():
        move_recursively(child, move)
    for p in model.parameters(recurse=False):
        p.data = move(p.data)
        if p.grad is not None:
            p.grad.data = move(p.grad.data)
    for name, buffer in dict(model.named_buffers(recurse=False)).items():
        model.register_buffer(name, move(buffer))
    return model


def move_buffers_in_place(model, move):
    for t in [*model.parameters(), *model.buffers()]:
        gradient, t.grad = t.grad, None
        t.data = move(t.data)
        if gradient is not None:
            t.grad = move(gradient)
    return model


def move_to_new_parameters(model, move):
    for module in model.modules():
        for name, p in dict(module.named_parameters(recurse=False)).items():
            new = torch.nn.Parameter(move(p.data))
            if p.grad is not None:
                new.grad = move(p.grad)
            setattr(module, name, new)
        for name, buffer in dict(module.named_buffers(recurse=False)).items():
            setattr(module, name, move(buffer))
    return model


# ---- mixed_step


def mixed_by_parameters(model, optimizer, scaler, x, y, max_norm):
    with torch.amp.autocast("cpu", torch.float16):
        loss = torch.nn.MSELoss()(model(x), y)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], max_norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


def mixed_by_hand(model, optimizer, scaler, x, y, max_norm):
    """The clipping is done by hand, on the gradients as they are."""
    optimizer.zero_grad(set_to_none=False)
    with torch.autocast(device_type="cpu", dtype=torch.float16):
        loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    gradients = [p.grad for p in model.parameters()]
    length = torch.stack([g.norm() for g in gradients]).norm()
    for g in gradients:
        g.mul_((max_norm / (length + 1e-6)).clamp(max=1.0))
    scaler.step(optimizer)
    scaler.update()
    return loss.detach().clone()


def mixed_with_everything_inside(model, optimizer, scaler, x, y, max_norm):
    with torch.autocast("cpu", dtype=torch.half):
        optimizer.zero_grad()
        out = model(x)
        loss = torch.nn.functional.mse_loss(out, y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        scaler.step(optimizer)
        scaler.update()
    with torch.no_grad():
        return loss + 0


def mixed_unscaled_too_late(model, optimizer, scaler, x, y, max_norm):
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = torch.nn.functional.mse_loss(model(x), y)
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()


# ---- train_without_waits


def train_with_a_list(model, optimizer, batches, every):
    losses, report = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if len(losses) == every:
            report.append(torch.stack(losses).mean().item())
            losses.clear()
    return report


def train_and_look_at_the_end(model, optimizer, batches, every):
    losses = []
    for x, y in batches:
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    full = len(losses) // every
    return torch.stack(losses[: full * every]).view(full, every).mean(dim=1).tolist()


def train_in_groups(model, optimizer, batches, every):
    report = []
    for start in range(0, len(batches), every):
        group = batches[start : start + every]
        mean = torch.zeros(())
        for x, y in group:
            loss = torch.nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                mean += loss / every
        if len(group) == every:
            report.append(float(mean))
    return report


def train_by_float(model, optimizer, batches, every):
    report, group = [], []
    for x, y in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        group.append(float(loss))
        if len(group) == every:
            report.append(sum(group) / every)
            group = []
    return report


RIGHT = {
    "element_of": [element_by_cases, element_by_horner, element_by_numpy],
    "blocks_for": [blocks_by_negative, blocks_by_divmod, blocks_one_less],
    "saxpy": [saxpy_by_while, saxpy_decorated, saxpy_by_rounds],
    "sectors": [sectors_by_unique, sectors_by_changes, sectors_by_tensor],
    "block_max": [
        max_interleaved,
        max_unrolled,
        max_of_a_scan,
        max_by_asking_first,
        max_with_the_last_again,
    ],
    "tiled_matmul": [matmul_by_counted_tiles, matmul_with_b_on_its_side, matmul_in_one_shared_array],
    "matmul_time": [time_by_the_ridge, time_by_the_roof, time_by_max_of_pairs],
    "time_of": [time_by_total, time_by_while, time_by_function],
    "move_model": [move_by_names, move_recursively, move_buffers_in_place],
    "mixed_step": [mixed_by_parameters, mixed_by_hand, mixed_with_everything_inside],
    "train_without_waits": [train_with_a_list, train_and_look_at_the_end, train_in_groups],
}

REWORDED = {
    "element_of": {"thread_alone": [element_without_the_block]},
    "blocks_for": {"rounded_down": [blocks_cut_off]},
    "saxpy": {"one_element_each": [saxpy_in_the_first_round]},
    "sectors": {"elements_for_bytes": [sectors_of_eight_bytes_less]},
    "block_max": {
        "barrier_inside_the_if": [max_with_a_barrier_for_some],
        "no_barrier_after_bringing": [max_without_the_first_barrier],
        "begins_at_the_block": [max_without_the_if],
    },
    "tiled_matmul": {"without_tiles": [matmul_with_everybody_for_himself]},
    "matmul_time": {"result_not_written": [time_without_the_result]},
    "time_of": {"no_wait_at_the_end": [time_to_put]},
    "move_model": {"new_parameters": [move_to_new_parameters]},
    "mixed_step": {"clipped_with_the_scale": [mixed_unscaled_too_late]},
    "train_without_waits": {"item_in_every_step": [train_by_float]},
}
