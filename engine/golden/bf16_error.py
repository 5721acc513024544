"""How far from the golden logits an engine may be that computes in bf16.

Runs the golden models in float32, once as transformers does and once with everything rounded to bf16
that the CUDA backend keeps in bf16: weights, KV, what goes into a matrix product, and what comes out of
one into another kernel. The residual and the sums stay float32. Prints, for the positions that the
golden files hold, the relative error of each of the two, and for random sequences how far two batches
may be apart: sums in another order (here: disturbed by a few units in the last place), and kernels for
few rows and single tokens that round less.

    python3 bf16_error.py

Needs numpy.
"""

import base64
import json
import pathlib
import struct

import numpy as np

ORDER_NOISE = 3e-6
RANDOM_SEQUENCES = 20
RANDOM_LENGTH = 170


def float32(x):
    return np.asarray(x, np.float32)


def bf16(x):
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def read_tensors(folder):
    tensors = {}
    for file in folder.glob("*.safetensors"):
        data = file.read_bytes()
        start = 8 + struct.unpack("<Q", data[:8])[0]
        for name, entry in json.loads(data[8:start]).items():
            if name == "__metadata__":
                continue
            first, end = entry["data_offsets"]
            raw = data[start + first:start + end]
            if entry["dtype"] == "BF16":
                values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
            else:
                values = np.frombuffer(raw, {"F16": "<f2", "F32": "<f4"}[entry["dtype"]])
            tensors[name] = values.astype(np.float32).reshape(entry["shape"])
    return tensors


def frequencies(config):
    rope = config.get("rope_parameters") or config["rope_scaling"] | {"rope_theta": config["rope_theta"]}
    dim = config["head_dim"]
    plain = 1 / rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    if rope["rope_type"] != "llama3":
        return float32(plain)
    turns = rope["original_max_position_embeddings"] * plain / (2 * np.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    share = np.clip((turns - low) / (high - low), 0, 1)
    return float32((1 - share) * plain / rope["factor"] + share * plain)


class Model:
    """`kept` rounds what is kept between kernels; `few`: by the kernels that round less."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = read_tensors(folder)

    def logits(self, tokens, kept, few=False):
        c = self.config
        heads, kv_heads, dim = (c[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
        weights = {name: bf16(t) if kept is not float32 else t for name, t in self.tensors.items()}
        count = len(tokens)
        angles = float32(np.arange(count)[:, None] * frequencies(c))[:, None]
        later = np.triu(np.ones((count, count), bool), 1)

        def norm(x, name):
            scale = np.sqrt(np.square(x, dtype=np.float64).mean(-1, keepdims=True) + c["rms_norm_eps"])
            return kept(x / scale * self.tensors[name])

        def rotated(x):
            a, b = x[..., :dim // 2], x[..., dim // 2:]
            return kept(np.concatenate([a * np.cos(angles) - b * np.sin(angles),
                                        b * np.cos(angles) + a * np.sin(angles)], -1))

        x = weights["model.embed_tokens.weight"][tokens]
        for layer in range(c["num_hidden_layers"]):
            at = f"model.layers.{layer}."

            def project(y, name):
                return y @ weights[at + name + ".weight"].T

            y = norm(x, at + "input_layernorm.weight")
            q = rotated(kept(project(y, "self_attn.q_proj")).reshape(count, heads, dim))
            k = rotated(kept(project(y, "self_attn.k_proj")).reshape(count, kv_heads, dim))
            v = kept(project(y, "self_attn.v_proj")).reshape(count, kv_heads, dim)
            attended = np.empty((count, heads, dim), np.float32)
            for head in range(heads):
                of = head * kv_heads // heads
                scores = q[:, head] @ k[:, of].T / np.sqrt(dim)
                scores[later] = -np.inf
                p = np.exp(scores - scores.max(-1, keepdims=True))
                attended[:, head] = (p if few else kept(p)) @ v[:, of] / p.sum(-1, keepdims=True)
            x = x + project(kept(attended.reshape(count, -1)), "self_attn.o_proj")
            y = norm(x, at + "post_attention_layernorm.weight")
            gate, up = project(y, "mlp.gate_proj"), project(y, "mlp.up_proj")
            if not few:
                gate, up = kept(gate), kept(up)
            x = x + project(kept(gate / (1 + np.exp(-gate)) * up), "mlp.down_proj")
        head = "model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"
        return norm(x, "model.norm.weight") @ weights[head].T


def relative_error(a, b):
    return np.linalg.norm(a - b, axis=-1) / np.linalg.norm(b, axis=-1)


def golden_errors(model, golden, kept, few):
    errors = []
    for case in golden["cases"]:
        logits = model.logits(case["prompt"] + case["greedy"], kept, few)
        for step, packed in case["logits"].items():
            expected = np.frombuffer(base64.b64decode(packed), "<f4")
            errors.append(relative_error(logits[len(case["prompt"]) + int(step) - 1], expected))
    return np.array(errors)


def main():
    random = np.random.default_rng(1)

    def another_order(x):
        return bf16(x * (1 + ORDER_NOISE * random.standard_normal(np.shape(x))))

    for folder in sorted(p for p in pathlib.Path(__file__).parent.iterdir() if p.is_dir()):
        model = Model(folder)
        golden = json.loads((folder / "golden.json").read_text())
        exact = golden_errors(model, golden, float32, False)
        rounded = [golden_errors(model, golden, another_order, few) for few in [False, True] * 4]
        apart = []
        for _ in range(RANDOM_SEQUENCES):
            tokens = random.integers(0, model.config["vocab_size"], RANDOM_LENGTH)
            apart.append(relative_error(model.logits(tokens, another_order),
                                        model.logits(tokens, bf16, few=True)))
        print(f"{folder.name}: float32 {exact.max():.1e}; bf16 {max(r.max() for r in rounded):.1e} at most, "
              f"{max(r.mean() for r in rounded):.1e} on average; two batches {np.max(apart):.1e} apart "
              f"at most", flush=True)


if __name__ == "__main__":
    main()
