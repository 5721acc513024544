"""Which company-name stems and which wordings belong to which split.

train     for training
fresh     company names that training never sees, in the wordings of train
heldout   company names and wordings that training never sees
"""
import zlib

from . import variety

TRAIN = "train"
FRESH = "fresh"
HELDOUT = "heldout"
SPLITS = (TRAIN, FRESH, HELDOUT)


def stem_allowed(stem, split):
    """Company-name stems are split by a hash: about one in eight is kept from training."""
    return (zlib.crc32(stem.lower().encode()) % 8 == 0) == (split != TRAIN)


class Phrases:
    """Templates of one meaning, every fourth of which is held out.

    more: further templates for the train split, with alternatives in brackets; most of its sentences come from them.
    keep: words that carry the meaning; the others may be replaced and all may move a little in the train split. None: no such noise.
    framed: sentences may get a source before them and a remark after them in the train split.
    """

    def __init__(self, *templates, more=(), keep=None, framed=False):
        if len(templates) < 4:
            raise ValueError("too few templates to split: %r" % (templates,))
        heldout = tuple(t for i, t in enumerate(templates) if i % 4 == 3)
        self.by_split = {TRAIN: tuple(t for i, t in enumerate(templates) if i % 4 != 3), HELDOUT: heldout}
        self.heldout_lower = frozenset(map(str.lower, heldout))
        self.more, self.keep, self.framed = tuple(more), keep, framed

    def pick(self, rng, split):
        if split == HELDOUT:
            return _one(rng, self.by_split[HELDOUT])
        text = self._training_wording(rng)
        if self.keep is not None:
            if rng.random() < 0.35:
                text = variety.loosen(rng, text, self.keep)
            if rng.random() < 0.15:
                text = variety.jumble(rng, text)
        if self.framed:
            text = variety.frame(rng, text)
        return text[0].upper() + text[1:] if text[0].isalpha() else text


    def _training_wording(self, rng):
        """A wording that is not held out, be it by accident of its alternatives."""
        while True:
            text = variety.expand(rng, _one(rng, self.more if self.more and rng.random() < 0.85 else self.by_split[TRAIN]))
            if text.lower() not in self.heldout_lower:
                return text


def _one(rng, options):
    return options[int(rng.random() * len(options))]
