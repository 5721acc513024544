"""The conversation around a memo, token for token as the router's deal endpoint and the chat template write it."""
INSTRUCTION = "Analyse the deal memo and answer with deal-analysis/v1 JSON."


class Prompts:
    """Token ids of prompts and answers."""

    def __init__(self, encoder):
        self.encoder = encoder
        s = encoder.special
        self.head = [s["<|bos|>"], s["<|system|>"], *encoder.encode(INSTRUCTION), s["<|end|>"], s["<|user|>"]]
        self.tail = [s["<|end|>"], s["<|assistant|>"]]
        self.end = s["<|end|>"]

    def prompt(self, memo):
        return self.head + self.encoder.encode(memo.strip()) + self.tail

    def answer(self, text):
        return self.encoder.encode(text) + [self.end]
