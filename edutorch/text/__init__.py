"""Texts: tokenizers and their vocabularies, batches of unequal length, data sets, and a GPT that writes.

    from edutorch import text
    topics = text.PythonTopics()
    tokenizer = text.BPETokenizer.train([topics.text], vocab_size=512)

It is imported only when it is asked for, and is written in the library's public words, as a program of your own
would be.
"""

from edutorch import __version__

from .bpe import *
from .cache import *
from .collate import *
from .datasets import *
from .generation import *
from .gpt import *
from .sampling import *
from .tokenizers import *
from .vocab import *
