#!/usr/bin/env python3
"""Writes synthetic deal memos with their answers, one JSON object a line: {"id", "memo", "answer", "inconsistent"}.

    python3 generate.py --split heldout --count 300 --seed 1 --min-tokens 500 --max-tokens 6000 --out heldout.jsonl

Needs Python 3.11 and nothing else. The same arguments always write the same file. Lengths are spread evenly between the
limits; they are exact counts by tokenizer.json where that file is present beside this script.
"""
import argparse
import json
import random
from pathlib import Path

from dealgen import memo
from dealgen.split import SPLITS
from dealgen.tokens import Counter

CHARS_PER_TOKEN = 2.9


def examples(split, count, seed, low, high):
    """Yields (id, memo, deal); memo lengths lie in [low, high] tokens."""
    counter = Counter(Path(__file__).resolve().parent / "tokenizer.json")
    for i in range(count):
        rng = random.Random("%s/%d/%d" % (split, seed, i))
        wanted = rng.uniform(low, high)
        chars = wanted * CHARS_PER_TOKEN
        for attempt in range(40):
            text, deal = memo.make(rng, split, chars)
            tokens = counter.count(text)
            if low <= tokens <= high:
                break
            chars *= max(0.5, min(1.5, wanted / tokens))
        else:
            raise SystemExit("no memo between %d and %d tokens: widen the limits" % (low, high))
        yield "%s-%d-%05d" % (split, seed, i), text, deal


def main():
    parser = argparse.ArgumentParser(description="Write synthetic deal memos with their answers.")
    parser.add_argument("--split", choices=SPLITS, default="heldout")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--min-tokens", type=int, default=500)
    parser.add_argument("--max-tokens", type=int, default=6000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    with open(args.out, "w", encoding="utf-8") as out:
        for name, text, deal in examples(args.split, args.count, args.seed, args.min_tokens, args.max_tokens):
            json.dump({"id": name, "memo": text, "answer": deal.answer(), "inconsistent": deal.inconsistent}, out, ensure_ascii=False)
            out.write("\n")


if __name__ == "__main__":
    main()
