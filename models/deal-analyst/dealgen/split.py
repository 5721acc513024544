"""Which stems and templates belong to which split. Nothing of one split is ever used by the other."""
import re
import zlib

TRAIN = "train"
HELDOUT = "heldout"
SPLITS = (TRAIN, HELDOUT)


def stem_split(stem):
    """Company-name stems are split by a hash: about one in eight is held out."""
    return HELDOUT if zlib.crc32(stem.lower().encode()) % 8 == 0 else TRAIN


_CHOICE = re.compile(r"\[([^\[\]]*)\]")


class Phrases:
    """Templates of one meaning, every fourth of which is held out.

    more: further templates for the train split, with alternatives in brackets; they are drawn for two sentences in three.
    """

    def __init__(self, *templates, more=()):
        if len(templates) < 4:
            raise ValueError("too few templates to split: %r" % (templates,))
        self.by_split = {
            TRAIN: tuple(t for i, t in enumerate(templates) if i % 4 != 3),
            HELDOUT: tuple(t for i, t in enumerate(templates) if i % 4 == 3),
        }
        self.more = tuple(more)

    def pick(self, rng, split):
        if split == TRAIN and self.more and rng.random() < 0.67:
            text = self.more[int(rng.random() * len(self.more))]
            while "[" in text:
                text = _CHOICE.sub(lambda m: _one(rng, m.group(1)), text)
            return text[0].upper() + text[1:] if text[0].isalpha() else text
        pool = self.by_split[split]
        return pool[int(rng.random() * len(pool))]


def _one(rng, choices):
    options = choices.split("|")
    return options[int(rng.random() * len(options))]
