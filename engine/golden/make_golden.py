"""Writes the golden models of the engine's tests: tiny random Llama models with reference outputs.

For every configuration a Hugging Face directory (config.json, *.safetensors) and golden.json:
prompts, greedy tokens with the gap between the two largest logits, and float32 logits of some
positions, computed by transformers in float32 with eager attention from the stored weights.

    python3 make_golden.py OUT

Needs torch and transformers 5 (4 works for all but the file layout of rope parameters).
"""

import argparse
import base64
import json
import pathlib

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

STEPS = 72
LOGIT_STEPS = (0, 1, 17, 71)
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}

# name -> (shape, dtype of the stored weights, largest shard, rope parameters)
MODELS = {
    "gqa-tied": (
        dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
             head_dim=16, intermediate_size=160, vocab_size=512, tie_word_embeddings=True),
        torch.bfloat16, "1GB", PLAIN),
    "mha-untied": (
        dict(hidden_size=96, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3,
             head_dim=32, intermediate_size=192, vocab_size=384, tie_word_embeddings=False),
        torch.bfloat16, "1GB", dict(PLAIN, rope_theta=500000.0)),
    "llama3-rope": (
        dict(hidden_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1,
             head_dim=32, intermediate_size=192, vocab_size=320, tie_word_embeddings=True),
        torch.bfloat16, "1GB", LLAMA3),
    "odd-sizes": (
        dict(hidden_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
             head_dim=20, intermediate_size=202, vocab_size=257, tie_word_embeddings=False),
        torch.bfloat16, "1GB", PLAIN),
    "wide-heads-sharded-f16": (
        dict(hidden_size=60, num_hidden_layers=3, num_attention_heads=5, num_key_value_heads=1,
             head_dim=24, intermediate_size=100, vocab_size=300, tie_word_embeddings=True),
        torch.float16, "80KB", LLAMA3),
    "six-heads-f32": (
        dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2,
             head_dim=64, intermediate_size=64, vocab_size=199, tie_word_embeddings=False),
        torch.float32, "1GB", PLAIN),
}


def build(shape, dtype, rope, seed):
    torch.manual_seed(seed)
    config = LlamaConfig(
        **shape, rope_parameters=dict(rope), max_position_embeddings=512, rms_norm_eps=1e-5,
        bos_token_id=0, eos_token_id=1, attn_implementation="eager")
    model = LlamaForCausalLM(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:  # norm weights
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            elif "embed_tokens" in name or "lm_head" in name:
                parameter.copy_(torch.randn_like(parameter) * 3 / parameter.shape[1] ** 0.5)
            else:
                parameter.copy_(torch.randn_like(parameter) / parameter.shape[1] ** 0.5)
            parameter.copy_(parameter.to(dtype).float())
    return model


def generate(model, prompt):
    """Greedy tokens by recomputing the whole sequence at every step: no cache to trust."""
    tokens, gaps, logits = list(prompt), [], {}
    with torch.no_grad():
        for step in range(STEPS):
            last = model(torch.tensor([tokens]), use_cache=False).logits[0, -1].float()
            top = torch.topk(last, 2).values
            gaps.append(round(float(top[0] - top[1]), 6))
            if step in LOGIT_STEPS:
                packed = last.numpy().astype("<f4").tobytes()
                logits[str(step)] = base64.b64encode(packed).decode()
            tokens.append(int(torch.argmax(last)))
    return {"prompt": list(prompt), "greedy": tokens[len(prompt):], "gaps": gaps, "logits": logits}


def old_style_rope(folder, rope):
    """Rewrites rope parameters as transformers 4 wrote them."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config.pop("rope_parameters", None)
    config["rope_theta"] = rope["rope_theta"]
    config["rope_scaling"] = {k: v for k, v in rope.items() if k != "rope_theta"}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    torch.set_num_threads(8)
    for index, (name, (shape, dtype, shard, rope)) in enumerate(MODELS.items()):
        model = build(shape, dtype, rope, seed=100 + index)
        generator = torch.Generator().manual_seed(index)
        cases = []
        for length in (1, 33, 200):
            prompt = torch.randint(2, shape["vocab_size"], (length,), generator=generator)
            cases.append(generate(model, prompt.tolist()))
        folder = out / name
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        for extra in ("generation_config.json",):
            (folder / extra).unlink(missing_ok=True)
        if "sharded" in name:
            old_style_rope(folder, rope)
        golden = {"transformers": transformers.__version__, "torch": torch.__version__,
                  "cases": cases}
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")
        gaps = torch.tensor([g for case in cases for g in case["gaps"]])
        print(name, "parameters", model.num_parameters(), "median gap", float(gaps.median()),
              "gaps under 0.1:", int((gaps < 0.1).sum()), "of", len(gaps), flush=True)


if __name__ == "__main__":
    main()
