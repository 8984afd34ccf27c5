"""The parts a DataLoader is made of, in the order a batch passes through them.

`fetch` takes samples from a dataset and `collate` makes a batch of them; `iterate` does so batch by batch in this
process; `parallel` lets other processes do it, of which `pool` is what this process knows, `worker` is what they do
themselves, and `transport` is how a batch gets from one to the other.
"""

from . import collate, fetch, worker
