"""Counts tokens as tokenizer.json does, in plain Python: enough to write memos of a wanted length without any package."""
import json
import re

# the pre-tokenizer: pieces of JSON, snake_case keys, words, single digits, runs of ruling characters, spaces, line ends, other signs
PATTERN = (r'":\{"|":\["|"\},"|"\],"|":"|","|\},"|\],"|":|,"|\["|"\]|"\}'
           r"|[a-z]+(?:_[a-z]+)+| ?\p{L}+|\p{N}|-+|=+|\.+| +(?=\p{N})| +(?! )|\n+| ?[^\s\p{L}\p{N}]|\s")
_PYTHON = re.compile(PATTERN.replace(r"[^\s\p{L}\p{N}]", r"(?:[^\s\w]|_)").replace(r"\p{L}", r"[^\W\d_]").replace(r"\p{N}", r"\d"))


class Counter:
    """Byte-level BPE over the pre-tokenizer above; without a tokenizer file it estimates."""

    def __init__(self, path):
        self.ranks = None
        self.cache = {}
        if path.exists():
            merges = json.loads(path.read_text(encoding="utf-8"))["model"]["merges"]
            self.ranks = {tuple(m.split(" ")) if isinstance(m, str) else tuple(m): i for i, m in enumerate(merges)}
            self.alphabet = byte_alphabet()

    def count(self, text):
        if self.ranks is None:
            return round(len(text) / 2.9)
        total = 0
        for piece in _PYTHON.findall(text):
            n = self.cache.get(piece)
            if n is None:
                n = self.cache[piece] = self._merge(piece)
            total += n
        return total

    def _merge(self, piece):
        parts = [self.alphabet[b] for b in piece.encode("utf-8")]
        while len(parts) > 1:
            best = min(range(len(parts) - 1), key=lambda i: self.ranks.get((parts[i], parts[i + 1]), 1 << 30))
            if (parts[best], parts[best + 1]) not in self.ranks:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        return len(parts)


def byte_alphabet():
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in plain}
    for i, b in enumerate(b for b in range(256) if b not in table):
        table[b] = chr(256 + i)
    return table
