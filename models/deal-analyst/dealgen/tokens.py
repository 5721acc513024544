"""tokenizer.json in plain Python: counts and encodes without any package. A cache of pieces makes it fast on memos."""
import json
import re

# the pre-tokenizer: pieces of JSON, snake_case keys, words, single digits, runs of ruling characters, spaces, line ends, other signs
PATTERN = (r'":\{"|":\["|"\},"|"\],"|":"|","|\},"|\],"|":|,"|\["|"\]|"\}'
           r"|[a-z]+(?:_[a-z]+)+| ?\p{L}+|\p{N}|-+|=+|\.+| +(?=\p{N})| +(?! )|\n+| ?[^\s\p{L}\p{N}]|\s")
_PYTHON = re.compile(PATTERN.replace(r"[^\s\p{L}\p{N}]", r"(?:[^\s\w]|_)").replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d"))

CACHED_PIECES = 200_000


class Encoder:
    """Byte-level BPE over the pre-tokenizer above. Special tokens' spellings are read as plain text."""

    def __init__(self, path):
        spec = json.loads(path.read_text(encoding="utf-8"))
        self.vocab = spec["model"]["vocab"]
        self.special = {t["content"]: t["id"] for t in spec["added_tokens"]}
        self.ranks = {tuple(m.split(" ")) if isinstance(m, str) else tuple(m): i for i, m in enumerate(spec["model"]["merges"])}
        self.alphabet = byte_alphabet()
        byte_of = {c: b for b, c in self.alphabet.items()}
        self.pieces = {i: b"" if t in self.special else bytes(byte_of[c] for c in t) for t, i in self.vocab.items()}
        self.cache = {}

    def encode(self, text):
        ids = []
        for piece in _PYTHON.findall(text):
            piece_ids = self.cache.get(piece)
            if piece_ids is None:
                piece_ids = [self.vocab[p] for p in self._merge(piece)]
                if len(self.cache) < CACHED_PIECES:
                    self.cache[piece] = piece_ids
            ids += piece_ids
        return ids

    def decode(self, ids):
        """The text of ids without special tokens."""
        return b"".join(map(self.piece, ids)).decode("utf-8", "replace")

    def piece(self, token):
        """The bytes of one token; a special token has none."""
        return self.pieces[token]

    def _merge(self, piece):
        parts = [self.alphabet[b] for b in piece.encode("utf-8")]
        while len(parts) > 1:
            best = min(range(len(parts) - 1), key=lambda i: self.ranks.get((parts[i], parts[i + 1]), 1 << 30))
            if (parts[best], parts[best + 1]) not in self.ranks:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        return parts


class Counter:
    """Counts tokens; without a tokenizer file it estimates."""

    def __init__(self, path):
        self.encoder = Encoder(path) if path.exists() else None

    def count(self, text):
        return len(self.encoder.encode(text)) if self.encoder else round(len(text) / 2.9)


def byte_alphabet():
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in plain}
    for i, b in enumerate(b for b in range(256) if b not in table):
        table[b] = chr(256 + i)
    return table
