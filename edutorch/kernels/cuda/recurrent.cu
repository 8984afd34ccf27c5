// What an LSTM, a GRU and a simple recurrent network do in a time step beside the product with the state: one launch.
//
// The sums of all steps' inputs come from one product, before the first step. In a step, cuBLAS adds the state's part to
// them, and a thread of these kernels makes of the sums of one unit, in one sequence, the unit's new state. The step's
// rows are neighbours in memory (`edutorch/ops/time_steps.py` says why), `n` of them; the state has the first `n` of its
// rows changed. `begun` notes the state before the step: the gradient of the weights needs it.
//
// Sums, gates and the LSTM's memory are kept in float32 where the numbers are halves: errors of many steps add up.

template <typename S> __device__ S sigmoid(S x) { return 1 / (1 + exp(-x)); }

// The unit and the row of a thread's turn; all kernels here take one turn after the other in the same way.
#define EACH_UNIT                                                                                         \
    for (u32 i = blockIdx.x * blockDim.x + threadIdx.x, row = i / size, unit = i % size; i < n * size;      \
         i += gridDim.x * blockDim.x, row = i / size, unit = i % size)

// ---- LSTM: c = f c + i g, h = o tanh(c)

template <typename T>
__global__ void lstm_forward(wide<T>* gates, const T* bias, T* h, wide<T>* c, T* output, wide<T>* cells, T* begun, u32 n,
                             u32 size) {
    EACH_UNIT {
        wide<T>* gate = gates + row * 4 * size + unit;
        wide<T> in = sigmoid(gate[0] + load(bias[unit]));
        wide<T> keep = sigmoid(gate[size] + load(bias[size + unit]));
        wide<T> candidate = tanh(gate[2 * size] + load(bias[2 * size + unit]));
        wide<T> out = sigmoid(gate[3 * size] + load(bias[3 * size + unit]));
        wide<T> cell = keep * c[i] + in * candidate;
        gate[0] = in;  // kept for the backward pass, in the place of the sums
        gate[size] = keep;
        gate[2 * size] = candidate;
        gate[3 * size] = out;
        begun[i] = h[i];
        c[i] = cells[i] = cell;
        h[i] = output[i] = store<T>(out * tanh(cell));
    }
}

// dh and dc hold what the later step says of h and c, and leave with what this one says to the earlier: dc here, dh after
// the product of the slopes with the weights. A sequence's memory before the step is that of the `before` rows of the
// step that came first, if it took part in it, else c_0.
template <typename T>
__global__ void lstm_backward(const wide<T>* gates, const wide<T>* cells, const wide<T>* cells_before, const T* c_0,
                              const T* of_output, const wide<T>* dh, wide<T>* dc, T* slopes, u32 before, u32 n, u32 size) {
    EACH_UNIT {
        const wide<T>* gate = gates + row * 4 * size + unit;
        T* slope = slopes + row * 4 * size + unit;
        wide<T> in = gate[0], keep = gate[size], candidate = gate[2 * size], out = gate[3 * size];
        wide<T> shown = tanh(cells[i]), start = row < before ? cells_before[i] : load(c_0[i]);
        wide<T> of_h = dh[i] + load(of_output[i]);
        wide<T> of_c = dc[i] + of_h * out * (1 - shown * shown);
        slope[0] = store<T>(of_c * candidate * in * (1 - in));
        slope[size] = store<T>(of_c * start * keep * (1 - keep));
        slope[2 * size] = store<T>(of_c * in * (1 - candidate * candidate));
        slope[3 * size] = store<T>(of_h * shown * out * (1 - out));
        dc[i] = of_c * keep;
    }
}

// ---- GRU: n = tanh(W x + r m) with m what the state recalls, h = (1 - z) n + z h

template <typename T>
__global__ void gru_forward(wide<T>* gates, const wide<T>* from_state, const T* bias, const T* state_bias, T* h, T* output,
                            wide<T>* recalled, T* begun, u32 n, u32 size) {
    EACH_UNIT {
        wide<T>* gate = gates + row * 3 * size + unit;
        const wide<T>* state = from_state + row * 3 * size + unit;
        wide<T> r = sigmoid(gate[0] + load(bias[unit]) + state[0] + load(state_bias[unit]));
        wide<T> z = sigmoid(gate[size] + load(bias[size + unit]) + state[size] + load(state_bias[size + unit]));
        wide<T> m = state[2 * size] + load(state_bias[2 * size + unit]);
        wide<T> candidate = tanh(gate[2 * size] + load(bias[2 * size + unit]) + r * m);
        wide<T> old = load(h[i]);
        gate[0] = r;
        gate[size] = z;
        gate[2 * size] = candidate;
        recalled[i] = m;
        begun[i] = h[i];
        h[i] = output[i] = store<T>(candidate + z * (old - candidate));
    }
}

template <typename T>
__global__ void gru_backward(const wide<T>* gates, const wide<T>* recalled, const T* begun, const T* of_output, wide<T>* dh,
                             T* of_input, T* of_state, u32 n, u32 size) {
    EACH_UNIT {
        u32 first = row * 3 * size + unit;
        wide<T> r = gates[first], z = gates[first + size], candidate = gates[first + 2 * size];
        wide<T> of_h = dh[i] + load(of_output[i]);
        wide<T> dn = of_h * (1 - z) * (1 - candidate * candidate);
        wide<T> dz = of_h * (load(begun[i]) - candidate) * z * (1 - z);
        wide<T> dr = dn * recalled[i] * r * (1 - r);
        of_input[first] = of_state[first] = store<T>(dr);
        of_input[first + size] = of_state[first + size] = store<T>(dz);
        of_input[first + 2 * size] = store<T>(dn);
        of_state[first + 2 * size] = store<T>(dn * r);
        dh[i] = of_h * z;  // the product adds the rest
    }
}

// ---- the simple network: h = tanh(sum), or relu

template <typename T, bool relu>
__global__ void rnn_forward(const wide<T>* sums, const T* bias, T* h, T* output, T* states, u32 n, u32 size) {
    EACH_UNIT {
        wide<T> sum = sums[i] + load(bias[unit]);
        h[i] = output[i] = states[i] = store<T>(!relu ? tanh(sum) : sum > 0 || sum != sum ? sum : 0);
    }
}

template <typename T, bool relu>
__global__ void rnn_backward(const T* states, const T* states_before, const T* h_0, const T* of_output, const wide<T>* dh,
                             T* slopes, T* begun, u32 before, u32 n, u32 size) {
    EACH_UNIT {
        wide<T> h = load(states[i]), of_h = dh[i] + load(of_output[i]);
        slopes[i] = store<T>(of_h * (!relu ? 1 - h * h : h > 0 ? 1 : 0));
        begun[i] = row < before ? states_before[i] : h_0[i];
    }
}
