"""Which stems and templates belong to which split. Nothing of one split is ever used by the other."""
import zlib

TRAIN = "train"
HELDOUT = "heldout"
SPLITS = (TRAIN, HELDOUT)


def stem_split(stem):
    """Company-name stems are split by a hash: about one in eight is held out."""
    return HELDOUT if zlib.crc32(stem.lower().encode()) % 8 == 0 else TRAIN


class Phrases:
    """Templates of one meaning, every fourth of which is held out."""

    def __init__(self, *templates):
        if len(templates) < 4:
            raise ValueError("too few templates to split: %r" % (templates,))
        self.by_split = {
            TRAIN: tuple(t for i, t in enumerate(templates) if i % 4 != 3),
            HELDOUT: tuple(t for i, t in enumerate(templates) if i % 4 == 3),
        }

    def pick(self, rng, split):
        pool = self.by_split[split]
        return pool[int(rng.random() * len(pool))]
