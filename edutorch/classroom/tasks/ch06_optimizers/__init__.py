"""Optimizers

These exercises belong to lesson 6. You find out how fast descent may go, write momentum and Adam as the library does
and train the lesson's network with them, choose which weights decay, plan a schedule, clip gradients, and make a
small memory do the work of a large one.
"""

ORDER = (
    "learning_rates",
    "SGD",
    "warmup_cosine",
    "clip_gradients",
    "Adam",
    "decay_groups",
    "step_in_parts",
)
