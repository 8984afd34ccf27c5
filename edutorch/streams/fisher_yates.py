"""The shuffle of Fisher and Yates (1938), as one pass over a deck and as array operations.

To shuffle n cards, swap the card in place 0 with one chosen among all n places, then the card in place 1 with
one of the n-1 places from 1 on, and so on:

    for i, j in enumerate(targets):             # i <= j < n
        cards[i], cards[j] = cards[j], cards[i]

Each of the n! orders comes from exactly one sequence of targets, so fair targets make a fair shuffle.

A million such swaps take Python half a second, for each waits for the one before and for the memory.
`shuffled` finds the same order without a loop over cards: it asks of each step where its card came from.
"""

from __future__ import annotations

import numpy as np


def shuffled(targets: np.ndarray) -> np.ndarray:
    """The order of cards 0 to n-1 after step i has swapped places i and targets[i], for each i.

    Shape: targets (n,), with i <= targets[i] < n -> out (n,)

    Step i brings to place i, for good, the card it finds in place targets[i], and takes there the card it
    finds in place i. So a card found in place k is the one left there by the last earlier step that aimed at
    k, or card k itself if there was none.

    Example:
        >>> shuffled(np.array([2, 1, 3, 3]))
        array([2, 1, 3, 0])
    """
    n = len(targets)
    steps = np.arange(n)
    # Sort the steps by target, then by time: a step's left neighbour is the last earlier one with its target.
    aim, step = np.divmod(np.sort(targets * n + steps), max(n, 1))
    again = aim[1:] == aim[:-1]
    earlier = np.full(n, -1)
    earlier[step[1:]] = np.where(again, step[:-1], -1)

    # The last step that aimed at place k before step k came along; step k may aim at k itself, too late.
    final = np.append(~again, True)[:n]
    aim, step = aim[final], step[final]
    last = np.full(n, -1)
    last[aim] = np.where(step == aim, earlier[step], step)

    # The card that step i takes away from place i is the one that step last[i] took away from its own, and so
    # on, back to a step that found its own card. Doubling the jumps finds the start of all chains at once.
    taken = np.where(last < 0, steps, last)
    while not np.array_equal(further := taken[taken], taken):
        taken = further
    return np.where(earlier < 0, targets, taken[earlier])
