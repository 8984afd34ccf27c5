"""Linear regression

These exercises belong to lesson 3. You prepare data without leakage, derive gradients, solve for the best line, cut
data into batches and folds, write the layer and the loss that the library uses, and repair a training loop."""

ORDER = (
    "standardize",
    "mse_backward",
    "least_squares_line",
    "ridge_gradient",
    "k_folds",
    "minibatches",
    "Linear",
    "train_model",
)
