"""Attention and Transformers

These exercises belong to lesson 8. You cut vectors into heads, write attention with its masks and put heads and weights
around it, draw the next token, cut words into tokens, keep keys and values for later, and derive attention's gradient.
In the end a small GPT trains on it.
"""

ORDER = (
    "split_heads",
    "attention",
    "multi_head",
    "token_shares",
    "apply_merges",
    "KeyValueCache",
    "attention_backward",
)
