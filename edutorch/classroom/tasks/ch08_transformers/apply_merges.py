r"""Cut a word into tokens

Byte-pair encoding **learns** a list of merges from a text (lesson 8, section 12): the most frequent pair first. To
**use** the list on a new word, one does what learning would have done:

1. begin with single characters;
2. of all pairs of neighbours in the word, take the one that was learned **first**; wherever it stands, from left to
   right, make one token of it;
3. again, until no pair of neighbours is in the list.

Write `apply_merges(word, merges)`. `merges` is a list of pairs of strings, in the order in which they were learned, and
each part of a pair is a character or was made by a pair before it. The result is a list of strings. An empty word has
no tokens.

With the merges `[("h", "e"), ("t", "he")]` the word `"then"` becomes `t, he, n` and then `["the", "n"]`. A pair
cannot use a character twice: with `[("a", "a")]`, `"aaa"` becomes `["aa", "a"]`.
"""

from itertools import pairwise

from edutorch.classroom import Task


def apply_merges(word, merges):
    """Return the tokens of a word, as a list of strings."""
    parts = list(word)
    for pair in merges:
        i = 0
        while i < len(parts) - 1:
            if (parts[i], parts[i + 1]) == pair:
                parts[i : i + 2] = ["".join(pair)]
            i += 1
    return parts


def learned(words, count):
    """Return the first merges that these words teach; of equally frequent pairs the last in the alphabet."""
    cut, merges = [list(word) for word in words], []
    for _ in range(count):
        pairs = [pair for parts in cut for pair in pairwise(parts)]
        if not pairs:
            break
        merges.append(max(pairs, key=lambda pair: (pairs.count(pair), pair)))
        cut = [apply_merges("".join(parts), merges) for parts in cut]
    return merges


def cases(draw):
    """One merge; several places; three alike; who comes first; a long word and learned merges."""
    a, b, c, d = draw.shuffled("abcdefghijklmnopqrstuvwxyz")[:4]
    yield "", [(a, b)]
    yield a + b + c, [(a, b)]
    yield a + b + c + a + b, [(a, b)]
    yield a + a + a, [(a, a)]
    yield a + b + c, [(b, c), (a, b)]
    yield a + b + c, [(b, c), (a, b + c), (a, b)]
    yield a + b + c + d, [(a, b), (c, d), (b, c), (a + b, c)]
    text = "".join(draw.choice([a, b, c, a + b, b + c]) for _ in range(30))
    yield text, learned([text, a + b + a + b + c], 6)


task = Task(
    apply_merges,
    cases=cases,
    minutes=15,
    points=2,
    examples=(("then", [("h", "e"), ("t", "he")]),),
    hints=(
        "Take the list of merges in your hand and go through it from the front: what has to happen for each pair?",
        "For one pair: go through the parts from left to right; where it stands, two parts become one, and the search"
        " goes on *behind* them.",
        "Since a pair's parts were made by earlier pairs, it is enough to go through `merges` once. Inside, an index i"
        " that looks at parts i and i + 1, and replaces both by the joined one.",
    ),
)


def merged(parts, pair):
    """Return the parts with one pair joined."""
    done, i = [], 0
    while i < len(parts):
        hit = tuple(parts[i : i + 2]) == tuple(pair)
        done.append("".join(pair) if hit else parts[i])
        i += 1 + hit
    return done


@task.wrong("A pair was merged at the first place only. Wherever it stands in the word, it becomes one token.")
def first_place_only(word, merges):
    parts = list(word)
    for pair in merges:
        for i in range(len(parts) - 1):
            if (parts[i], parts[i + 1]) == pair:
                parts[i : i + 2] = ["".join(pair)]
                break
    return parts


@task.wrong(
    "The word is read from left to right, and the *first pair that stands there* is merged. Which merge comes first is"
    " decided by the list, not by the place in the word."
)
def by_place(word, merges):
    parts = list(word)
    while any(pair in merges for pair in pairwise(parts)):
        i = next(i for i, pair in enumerate(pairwise(parts)) if pair in merges)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


@task.wrong(
    "You took the longest token that fits, from left to right. Other tokenizers work so (WordPiece does). Byte-pair"
    " encoding repeats the merges in the order in which they were learned."
)
def longest_first(word, merges):
    known, parts = {"".join(pair) for pair in merges}, []
    while word:
        size = next(n for n in range(len(word), 0, -1) if n == 1 or word[:n] in known)
        parts.append(word[:size])
        word = word[size:]
    return parts


@task.wrong(
    "The merges were used in the wrong direction: the last learned came first. The most frequent pairs, those at the"
    " front of the list, have the right of way."
)
def last_learned_first(word, merges):
    parts = list(word)
    while pairs := set(pairwise(parts)) & set(merges):
        parts = merged(parts, max(pairs, key=merges.index))
    return parts


@task.wrong(
    "Of three like characters the *last* two were joined: the word was gone through from right to left. From left to"
    " right is asked for, and a tokenizer has to do the same every time."
)
def from_the_right(word, merges):
    parts = list(word)
    for pair in merges:
        parts = [part[::-1] for part in merged([p[::-1] for p in parts[::-1]], tuple(p[::-1] for p in pair[::-1]))][
            ::-1
        ]
    return parts


@task.wrong(
    "A character was used twice: of three like ones, the middle belongs to the first pair already. After a merge, go on"
    " *behind* it. (Do your tokens, joined, still give the word?)"
)
def used_twice(word, merges):
    parts = list(word)
    for pair in merges:
        hits = [i for i in range(len(parts) - 1) if (parts[i], parts[i + 1]) == pair]
        parts = ["".join(pair) if i in hits else p for i, p in enumerate(parts) if i in hits or i - 1 not in hits]
    return parts


@task.wrong(
    "Only characters are merged: pairs whose parts are tokens themselves never get their turn. The pairs have to be"
    " looked for in what the earlier merges left."
)
def characters_only(word, merges):
    return apply_merges(word, [pair for pair in merges if len("".join(pair)) == 2])


@task.wrong("An empty word has no tokens at all, `[]`; this gives it one, which is empty.")
def one_empty_token(word, merges):
    return apply_merges(word, merges) or [""]


@task.wrong(
    "The pair was looked for in a *text* with blanks between the tokens. There it is found across the border of a"
    " token, too: `e r` stands in `he r`, though `e` is no token there. Compare whole tokens."
)
def by_replacing_text(word, merges):
    text = " ".join(word)
    for one, other in merges:
        text = text.replace(f"{one} {other}", one + other)
    return text.split()


@task.wrong(
    "No pair is ever found: the tokens are all single characters still. A slice of a list is a list, a pair is a tuple,"
    " and `['t', 'h'] == ('t', 'h')` is False."
)
def nothing_merged(word, merges):
    return list(word)


@task.wrong(
    "The list becomes shorter with each merge, while `range` still counts to its old end: an index points behind the"
    " list. A `while` loop asks for the length anew each time."
)
def shrinks_under_the_loop(word, merges):
    parts = list(word)
    for pair in merges:
        for i in range(len(parts) - 1):
            if (parts[i], parts[i + 1]) == pair:
                parts[i : i + 2] = ["".join(pair)]
    return parts
