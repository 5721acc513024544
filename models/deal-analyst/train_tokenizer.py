#!/usr/bin/env python3
"""Trains tokenizer.json on memos of the train split. Needs the Python package tokenizers.

Byte-level BPE of 4,096 tokens with digits apart. Merges are learned on words without the space before them; only then are
merges "space + frequent lower-case word" appended. So a rare word, a company name above all, is cut into the same tokens
wherever it stands (after a space, a quote, a bracket), which makes copying it into the answer a plain token-by-token copy.
"""
import json
import random
import re
from collections import Counter
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from dealgen import memo
from dealgen.tokens import PATTERN

HERE = Path(__file__).resolve().parent
SPECIAL = ["<|pad|>", "<|bos|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
VOCABULARY = 4096
SPACED = 620


def corpus():
    rng = random.Random("tokenizer")
    for _ in range(3000):
        text, deal = memo.make(rng, "train", rng.uniform(1500, 7000))
        yield text
        yield deal.answer()
        yield deal.answer()


def main():
    texts = list(corpus())
    tokenizer = Tokenizer(models.BPE())
    apart = PATTERN.replace(r" ?\p{L}+", r"\p{L}+").replace(r" ?[^\s", r"[^\s").replace(r" +(?! )", " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(apart), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY - SPACED, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=24))
    spec = json.loads(tokenizer.to_str())
    vocab, merges = spec["model"]["vocab"], spec["model"]["merges"]
    words = Counter(w for t in texts for w in re.findall(r" ([a-z]+|EUR|USD|GBP|CHF|SEK|Mio|EBITDA|[&(|–“])(?![^\W\d_])", t))
    for word, _ in words.most_common():
        encoded = "".join(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0])
        if len(vocab) == VOCABULARY:
            break
        if encoded in vocab and len(word) != 1 or word in "&(|–“a":
            if encoded not in vocab:
                continue
            merges.append(["Ġ", encoded])
            vocab["Ġ" + encoded] = len(vocab)
    spec["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"Regex": PATTERN}
    (HERE / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(len(vocab), "tokens,", len(merges), "merges")


if __name__ == "__main__":
    main()
