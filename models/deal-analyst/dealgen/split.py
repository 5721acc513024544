"""Which company-name stems and which wordings belong to which split.

train     for training
fresh     company names that training never sees, in the wordings of train
heldout   company names and wordings that training never sees
"""
import re
import zlib

from .variety import MEANING, NEUTRAL

TRAIN = "train"
FRESH = "fresh"
HELDOUT = "heldout"
SPLITS = (TRAIN, FRESH, HELDOUT)


def stem_allowed(stem, split):
    """Company-name stems are split by a hash: about one in eight is kept from training."""
    return (zlib.crc32(stem.lower().encode()) % 8 == 0) == (split != TRAIN)


_WORD = re.compile(r"(?<![{\w-])[A-Za-z][a-z]{2,}(?![}\w-])")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


class Phrases:
    """Templates of one meaning, every fourth of which is held out.

    more: further templates for the train split, with alternatives in brackets; they are drawn for two sentences in three.
    loose: in some sentences of the train split, words that carry no meaning are replaced by any others.
    """

    def __init__(self, *templates, more=(), loose=False):
        if len(templates) < 4:
            raise ValueError("too few templates to split: %r" % (templates,))
        self.by_split = {
            TRAIN: tuple(t for i, t in enumerate(templates) if i % 4 != 3),
            HELDOUT: tuple(t for i, t in enumerate(templates) if i % 4 == 3),
        }
        self.more, self.loose = tuple(more), loose

    def pick(self, rng, split):
        pool = self.by_split[HELDOUT if split == HELDOUT else TRAIN]
        if split != HELDOUT and self.more and rng.random() < 0.67:
            pool = self.more
        text = pool[int(rng.random() * len(pool))]
        if split == HELDOUT or not self.more:
            return text
        while "[" in text:
            text = _CHOICE.sub(lambda m: _one(rng, m.group(1)), text)
        if self.loose and rng.random() < 0.4:
            rate = 0.1 + 0.5 * rng.random()
            text = _WORD.sub(lambda m: m.group() if m.group().lower() in MEANING or rng.random() > rate else _one_of(rng, NEUTRAL), text)
        return text[0].upper() + text[1:] if text[0].isalpha() else text


def _one(rng, choices):
    return _one_of(rng, choices.split("|"))


def _one_of(rng, options):
    return options[int(rng.random() * len(options))]
