"""Recurrent networks

These exercises belong to lesson 5. You take a recurrent cell through time and its gradient back, build an LSTM and a
GRU, keep padding out of results and losses, mend a training loop, and prepare a series so that the future stays hidden.
Some of them go into the library, and a network learns with your code.
"""

ORDER = (
    "run_rnn",
    "bptt",
    "LSTMCell",
    "gru_step",
    "last_states",
    "masked_cross_entropy",
    "train_in_pieces",
    "forecast_windows",
)
