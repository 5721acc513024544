#!/usr/bin/env python3
"""Trains the model from scratch (or on from --init) for a given wall-clock time, on all GPUs of one machine or on the CPU.

    python3 train.py --seconds 600 --out weights

Needs PyTorch 2.6 or newer and numpy. Nothing is downloaded: worker processes write memos of the train split while the
model trains, so no memo is seen twice (where they fall behind, recent batches are repeated rather than the GPU kept waiting).

One process a GPU, data parallel. Every batch holds rows of one length; memos grow during the run, short ones first, because
those hold far more answers per token. Hidden matrices are trained by Muon (momentum orthogonalised by Newton-Schulz
iterations, scaled as in Moonlight, arXiv:2502.16982), embeddings and norms by AdamW. Schedules follow the clock, not the
step count, so a run of any length ends annealed. Weights are saved from time to time and at the end as sharded safetensors
under Hugging Face's names; a run whose processes fail is taken up from the last of them, without compilation.
"""
import argparse
import json
import math
import multiprocessing
import os
import random
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from queue import Empty

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import generate
import score
from dealgen import memo
from dealgen.prompts import Prompts
from dealgen.split import TRAIN
from dealgen.tokens import Encoder

HERE = Path(__file__).resolve().parent
FORK = multiprocessing.get_context("fork")
# row lengths in tokens; each divides BATCH_TOKENS, so all batches have one shape outside attention
LENGTHS = (520, 640, 832, 1040, 1280, 1664, 2080, 2560, 3328, 4160, 5120, 6656)
BATCH_TOKENS = 66560
ANSWER_TOKENS = 165
PEAK_MUON, PEAK_ADAM, WEIGHT_DECAY, MOMENTUM, CLIP = 5e-3, 4e-3, 0.1, 0.95, 1.0
SHARD_BYTES = 12_000_000
COMPILE_LIMIT_S = 60
LOG_STEPS = 50
EXAM_AT = (0.25, 0.4, 0.55, 0.7, 0.8, 0.9)
SAVE_AT = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


# ---- schedules, all of the progress 0..1 by the clock


def learning_rate(p):
    """Factor on the peak: warm-up over 1 %, constant to 40 %, then down to 0 in a straight line."""
    return min(p / 0.01, 1.0, max(0.0, (1.0 - p) / 0.6))


def memo_weight(p):
    """Weight of the mean loss on memo tokens beside that on answer tokens: what is random in memos must not drown the answers."""
    return 0.3 - 0.27 * min(1.0, max(0.0, (p - 0.2) / 0.6))


def mixture(p, lengths):
    """Shares of the row lengths: up to 640 tokens at first, all lengths from 60 % on."""
    growth = min(1.0, max(0.0, (p - 0.18) / 0.42))
    cap = 640 * (LENGTHS[-1] / 640) ** growth
    return [n ** 0.7 if n <= cap + 1 else 0.0 for n in lengths]


class Clock:
    """Start and end of training, shared by all processes."""

    def __init__(self, deadline):
        self.start = FORK.Value("d", 0.0)
        self.end = deadline

    def begin(self):
        if self.start.value == 0.0:
            self.start.value = time.time()

    def progress(self):
        start = self.start.value
        return 0.0 if start == 0.0 else min(1.0, (time.time() - start) / max(1.0, self.end - start))


# ---- data: worker processes -> dispatcher -> one queue a rank


def batch_of(rows, length, numbers):
    """Pads rows of (prompt, answer) to one array. Loss positions: all that predict answer tokens, then a sample of the memo's."""
    ids = np.zeros((len(rows), length), np.int32)
    answer, other = [], []
    for i, (prompt, reply) in enumerate(rows):
        n, m = len(prompt), len(prompt) + len(reply)
        ids[i, :n], ids[i, n:m] = prompt, reply
        answer.append(np.arange(i * length + n - 1, i * length + m - 1, dtype=np.int32))
        other.append(np.arange(i * length, i * length + n - 1, dtype=np.int32))
    answer, other = np.concatenate(answer), np.concatenate(other)
    space = max(0, ids.size // 2 - len(answer))
    return ids, np.concatenate([answer, numbers.permutation(other)[:space]]), len(answer)


def write_batches(out, clock, seed, ranks, batch_tokens, lengths, full_mix):
    """A worker: endlessly writes memos and puts lists of one batch a rank, all of the same row length."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rng, numbers = random.Random("train/%s" % seed), np.random.default_rng(abs(hash(seed)) % 2**32)
    prompts = Prompts(Encoder(HERE / "tokenizer.json"))
    overhead = len(prompts.head) + len(prompts.tail) + ANSWER_TOKENS
    pools = {n: [] for n in lengths}
    while True:
        length = rng.choices(lengths, mixture(1.0 if full_mix else clock.progress(), lengths))[0]
        low = max([n for n in lengths if n < length], default=0)
        rows = max(1, batch_tokens // length)
        pool = pools[length]
        while len(pool) < rows * ranks:
            wanted = rng.uniform(max(low - overhead, 150), length - overhead)
            text, deal = memo.make(rng, TRAIN, wanted * (2.75 + 0.055 * math.log(wanted / 300)) if wanted > 300 else wanted * 2.75)
            example = prompts.prompt(text), prompts.answer(deal.answer())
            size = len(example[0]) + len(example[1])
            fits = next((n for n in lengths if n >= size), None)
            if fits and len(pools[fits]) < 4 * rows * ranks:
                pools[fits].append(example)
        taken, pools[length] = pool[:rows * ranks], pool[rows * ranks:]
        out.put([batch_of(taken[r::ranks], length, numbers) for r in range(ranks)])


def dispatch(source, sinks, repeats):
    """Hands each rank its part of every list in one order; repeats a recent list where the workers fall behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rng, recent = random.Random(0), []
    while True:
        try:
            batches = source.get(timeout=0.005)
            recent.append(batches)
            del recent[:-96]
        except Empty:
            if len(recent) < 32 or any(s.qsize() > 1 for s in sinks):
                continue
            batches = rng.choice(recent)
            repeats.value += 1
        for sink, batch in zip(sinks, batches):
            sink.put(batch)


def write_exam(out, count, high):
    """Held-out memos, packed as batches of similar lengths."""
    os.nice(5)
    prompts = Prompts(Encoder(HERE / "tokenizer.json"))
    examples = sorted(((prompts.prompt(text), prompts.answer(deal.answer()), deal.answer())
                       for _, text, deal in generate.examples("heldout", count, 20_000, 500 if high > 1000 else 350, high)), key=lambda e: len(e[0]))
    batches = []
    for i in range(0, len(examples), 8):
        part = examples[i:i + 8]
        length = -(-max(len(p) + len(a) for p, a, _ in part) // 8) * 8
        ids = np.zeros((len(part), length), np.int32)
        for row, (prompt, reply, _) in zip(ids, part):
            row[:len(prompt)], row[len(prompt):len(prompt) + len(reply)] = prompt, reply
        batches.append((ids, [(len(p), len(a), text) for p, a, text in part]))
    out.put(batches)


# ---- model


def rms_norm(x, weight, eps):
    return F.rms_norm(x, (x.shape[-1],), weight, eps)


def rotate(x, cos, sin):
    """Rotary embedding in Hugging Face's layout; x is [tokens, heads, dim], cos and sin [tokens, 1, dim / 2] in fp32."""
    a, b = x.float().chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1).to(x.dtype)


class Blocks:
    """The two halves of a layer around attention, on flat [tokens, width]: pure functions, so that they can be compiled."""

    def __init__(self, config):
        self.heads, self.kv_heads, self.dim = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
        self.eps = config["rms_norm_eps"]

    def before(self, x, norm, qkv, cos, sin):
        """q, k, v as [tokens, heads, dim]; keys and values are repeated for the query heads that share them."""
        h, g, d = self.heads, self.kv_heads, self.dim
        y = F.linear(rms_norm(x, norm, self.eps), qkv).view(-1, h + 2 * g, d)
        spread = lambda t: t[:, :, None].expand(-1, g, h // g, d).reshape(-1, h, d)
        return rotate(y[:, :h], cos, sin), spread(rotate(y[:, h:h + g], cos, sin)), spread(y[:, h + g:])

    def after(self, x, attended, out, norm, gate_up, down):
        x = x + F.linear(attended, out)
        gate, up = F.linear(rms_norm(x, norm, self.eps), gate_up).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, down)


class Model(torch.nn.Module):
    """Llama with one tensor a role for all layers (first dimension: layer), q/k/v and gate/up fused."""

    def __init__(self, config, dtype, generator):
        super().__init__()
        self.config, self.dtype, self.blocks = config, dtype, Blocks(config)
        self.before, self.after = self.blocks.before, self.blocks.after
        c, layers, f, d = config["hidden_size"], config["num_hidden_layers"], config["intermediate_size"], config["head_dim"]
        h, g = config["num_attention_heads"], config["num_key_value_heads"]
        normal = lambda std, *shape: torch.nn.Parameter(torch.randn(shape, generator=generator) * std)
        self.embed = normal(0.02, config["vocab_size"], c)
        self.qkv = normal(0.5 * c ** -0.5, layers, (h + 2 * g) * d, c)
        self.out = normal(0.02 / (2 * layers) ** 0.5, layers, c, h * d)
        self.gate_up = normal(0.5 * c ** -0.5, layers, 2 * f, c)
        self.down = normal(0.02 / (2 * layers) ** 0.5, layers, c, f)
        self.norm_in = torch.nn.Parameter(torch.ones(layers, c))
        self.norm_mid = torch.nn.Parameter(torch.ones(layers, c))
        self.norm_out = torch.nn.Parameter(torch.ones(c))
        frequencies = config["rope_theta"] ** -(torch.arange(0, d, 2, dtype=torch.float64) / d)
        angles = torch.arange(config["max_position_embeddings"], dtype=torch.float64)[:, None] * frequencies
        self.register_buffer("cos", angles.cos().float(), persistent=False)
        self.register_buffer("sin", angles.sin().float(), persistent=False)

    def hidden(self, ids, before, after):
        """[rows, length] token ids -> [rows * length, width] after the last norm."""
        rows, length = ids.shape
        w = lambda p: p.to(self.dtype).unbind(0)
        cos, sin = (t[:length].repeat(rows, 1)[:, None] for t in (self.cos, self.sin))
        x = F.embedding(ids.flatten(), self.embed).to(self.dtype)
        for norm_in, qkv, out, norm_mid, gate_up, down in zip(*map(w, (self.norm_in, self.qkv, self.out, self.norm_mid, self.gate_up, self.down))):
            q, k, v = (t.view(rows, length, -1, self.config["head_dim"]).transpose(1, 2) for t in before(x, norm_in, qkv, cos, sin))
            attended = self.attention(q, k, v).transpose(1, 2).reshape(rows * length, -1)
            x = after(x, attended, out, norm_mid, gate_up, down)
        return rms_norm(x, self.norm_out.to(self.dtype), self.config["rms_norm_eps"])

    @staticmethod
    def attention(q, k, v):
        """Causal; in fp32 on the CPU, whose bf16 kernel is slow."""
        if q.is_cuda:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True).to(q.dtype)

    def losses(self, ids, positions, answers):
        """Mean loss on answer tokens, on memo tokens, and the share of answer tokens predicted right."""
        h = self.hidden(ids, self.before, self.after)[positions]
        logits = F.linear(h, self.embed.to(self.dtype)).float()
        targets = ids.flatten()[positions + 1]
        each = F.cross_entropy(logits, targets, reduction="none")
        right = (logits[:answers].detach().argmax(-1) == targets[:answers]).float().mean()
        return each[:answers].mean(), each[answers:].mean(), right

    @torch.no_grad()
    def predictions(self, ids):
        """The most likely next token after every position."""
        h = self.hidden(ids, self.blocks.before, self.blocks.after)
        embed = self.embed.to(self.dtype).float()
        return torch.cat([F.linear(part.float(), embed).argmax(-1) for part in h.split(16384)]).view(ids.shape)

    def compile(self, tokens, limit_s):
        """Compiles both block halves in a thread and checks them against the plain ones; after limit_s the plain ones stay."""
        done = threading.Event()

        def work():
            try:
                started = time.time()
                if self.embed.is_cuda:
                    torch.cuda.set_device(self.embed.device)
                before, after = torch.compile(self.blocks.before, dynamic=False), torch.compile(self.blocks.after, dynamic=False)
                cos, sin = (t.repeat(-(-tokens // len(t)), 1)[:tokens, None] for t in (self.cos, self.sin))
                x = torch.randn(tokens, self.config["hidden_size"], device=self.embed.device, dtype=self.dtype).requires_grad_()
                results = []
                for f, g in ((self.blocks.before, self.blocks.after), (before, after)):
                    params = (self.norm_in, self.qkv, self.out, self.norm_mid, self.gate_up, self.down)
                    norm_in, qkv, out, norm_mid, gate_up, down = (p.detach().requires_grad_().to(self.dtype).unbind(0)[0] for p in params)
                    q, k, v = f(x, norm_in, qkv, cos, sin)
                    y = g(x, (q * 0.7 + k * 0.4 + v).reshape(tokens, -1), out, norm_mid, gate_up, down)
                    y = g(y, (q + v).reshape(tokens, -1), out, norm_mid, gate_up, down)
                    results.append((y, *torch.autograd.grad(y.float().square().mean(), (x, qkv, out, gate_up, down))))
                errors = [((a - b).float().norm() / b.float().norm()).item() for b, a in zip(*results)]
                print("compiled in %.1f s, relative differences %s" % (time.time() - started, " ".join("%.1e" % e for e in errors)), flush=True)
                if all(e < 0.03 for e in errors):
                    self.before, self.after = before, after
                else:
                    print("compiled blocks differ: not used", flush=True)
            except Exception:
                traceback.print_exc()
            finally:
                done.set()

        threading.Thread(target=work, daemon=True).start()
        if not done.wait(limit_s):
            print("compilation takes too long: plain blocks are used meanwhile", flush=True)


# ---- optimiser


def orthogonalise(matrices):
    """Newton-Schulz: [n, rows, columns] -> nearest semi-orthogonal matrices, roughly (rows <= columns)."""
    x = matrices.bfloat16()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        g = x @ x.mT
        x = 3.4445 * x + (-4.7750 * g + 2.0315 * g @ g) @ x
    return x


class Optimizer:
    """Muon for hidden matrices, AdamW for the rest; gradients live in one flat buffer that is averaged over the ranks."""

    def __init__(self, model, ranks, peak_muon, peak_adam):
        self.ranks, self.peak_muon, self.peak_adam = ranks, peak_muon, peak_adam
        params = list(model.parameters())
        self.flat = torch.zeros(sum(p.numel() for p in params), device=params[0].device)
        for p, part in zip(params, self.flat.split([p.numel() for p in params])):
            p.grad = part.view_as(p)
        c = model.config
        q, kv, f = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"], c["intermediate_size"]
        # matrices of one shape are orthogonalised together: (parameter, first row, end row)
        parts = [(model.qkv, 0, q), (model.qkv, q, q + kv), (model.qkv, q + kv, q + 2 * kv), (model.out, 0, c["hidden_size"]),
                 (model.gate_up, 0, f), (model.gate_up, f, 2 * f), (model.down, 0, c["hidden_size"])]
        self.groups = {}
        for p, a, b in parts:
            rows, columns = b - a, p.shape[2]
            self.groups.setdefault((min(rows, columns), max(rows, columns)), []).append((p, a, b))
        self.momentum = {p: torch.zeros_like(p) for p in (model.qkv, model.out, model.gate_up, model.down)}
        rest = [model.embed, model.norm_in, model.norm_mid, model.norm_out]
        self.adam = torch.optim.AdamW(rest, lr=peak_adam, betas=(0.9, 0.97), eps=1e-10, weight_decay=0.0, foreach=True)

    @torch.no_grad()
    def step(self, factor):
        if self.ranks > 1:
            dist.all_reduce(self.flat)
        norm = self.flat.norm() / self.ranks
        scale = (CLIP / (norm + 1e-6)).clamp(max=1.0) / self.ranks
        self.flat.copy_(torch.where(torch.isfinite(norm), self.flat * scale, 0.0))
        for group in self.adam.param_groups:
            group["lr"] = self.peak_adam * factor
        self.adam.step()
        rate = self.peak_muon * factor
        for p, m in self.momentum.items():
            m.lerp_(p.grad, 1 - MOMENTUM)
            p.grad.lerp_(m, MOMENTUM)
            p.mul_(1 - rate * WEIGHT_DECAY)
        for (_, columns), members in self.groups.items():
            stack = torch.cat([self._wide(p.grad[:, a:b]) for p, a, b in members])
            update = orthogonalise(stack).float() * (0.2 * columns ** 0.5 * rate)
            for (p, a, b), u in zip(members, update.split([p.shape[0] for p, _, _ in members])):
                p[:, a:b] -= u if b - a <= p.shape[2] else u.mT
        self.flat.zero_()
        return norm

    @staticmethod
    def _wide(m):
        return m if m.shape[1] <= m.shape[2] else m.mT


# ---- weights on disk


def named_weights(model):
    """Hugging Face's names -> (parameter, layer or None, first row, end row)."""
    c = model.config
    q, kv, f = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"], c["intermediate_size"]
    names = {"model.embed_tokens.weight": (model.embed, None, None, None)}
    for i in range(c["num_hidden_layers"]):
        layer = "model.layers.%d." % i
        for name, p, a, b in (("input_layernorm", model.norm_in, None, None), ("self_attn.q_proj", model.qkv, 0, q), ("self_attn.k_proj", model.qkv, q, q + kv),
                              ("self_attn.v_proj", model.qkv, q + kv, q + 2 * kv), ("self_attn.o_proj", model.out, None, None),
                              ("post_attention_layernorm", model.norm_mid, None, None), ("mlp.gate_proj", model.gate_up, 0, f),
                              ("mlp.up_proj", model.gate_up, f, 2 * f), ("mlp.down_proj", model.down, None, None)):
            names[layer + name + ".weight"] = (p, i, a, b)
    names["model.norm.weight"] = (model.norm_out, None, None, None)
    return names


def _view(p, layer, a, b):
    return (p if layer is None else p[layer])[a:b]


@torch.no_grad()
def save(model, folder):
    """Writes bf16 shards and their index; each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    shards, size = [{}], 0
    for name, where in named_weights(model).items():
        tensor = _view(*where).to(torch.bfloat16).contiguous().cpu()
        data = tensor.view(torch.int16).numpy().tobytes()
        if size + len(data) > SHARD_BYTES:
            shards.append({})
            size = 0
        shards[-1][name] = (list(tensor.shape), data)
        size += len(data)
    weight_map, total = {}, 0
    for i, shard in enumerate(shards):
        file = "model-%05d-of-%05d.safetensors" % (i + 1, len(shards))
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name, (shape, data) in shard.items():
            header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + len(data)]}
            offset += len(data)
            weight_map[name] = file
        total += offset
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        _write(folder / file, len(text).to_bytes(8, "little") + text + b"".join(data for _, data in shard.values()))
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    _write(folder / "model.safetensors.index.json", (json.dumps(index, indent=1) + "\n").encode())


def _write(path, data):
    part = path.with_suffix(".part")
    part.write_bytes(data)
    os.replace(part, path)


@torch.no_grad()
def load(model, folder):
    names = named_weights(model)
    for file in set(json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"].values()):
        data = (folder / file).read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        for name, entry in json.loads(data[8:start]).items():
            if name != "__metadata__":
                a, b = entry["data_offsets"]
                values = torch.frombuffer(bytearray(data[start + a:start + b]), dtype=torch.int16).view(torch.bfloat16)
                _view(*names[name]).copy_(values.view(entry["shape"]))


# ---- training


class Shared:
    """What the launcher, the ranks and the data processes have in common during one attempt."""

    def __init__(self, ranks, clock, log):
        self.ranks, self.clock, self.log = ranks, clock, log
        self.plan = FORK.RawArray("d", 1_000_000)  # progress by step as rank 0 sees it, so that all ranks take the same steps; 2 ends
        self.beats = FORK.RawArray("d", [time.time()] * ranks)
        self.repeats = FORK.Value("q", 0)
        self.stop = FORK.Value("b", 0)
        self.sinks = [FORK.Queue(8) for _ in range(ranks)]
        self.source, self.exam = FORK.Queue(16), FORK.Queue(1)

    def say(self, text):
        print(text, flush=True)
        with open(self.log, "a", encoding="utf-8") as f:
            f.write(text + "\n")


def examine(model, batches, encoder, device):
    """Share of each field's values on held-out memos whose tokens are all predicted right, each given the right ones before it."""
    right, exact, total = {field: 0 for field in score.FIELDS}, 0, 0
    for ids, answers in batches:
        predicted = model.predictions(torch.from_numpy(ids).long().to(device)).cpu().numpy()
        for row, guess, (n, m, text) in zip(ids, predicted, answers):
            wrong = np.flatnonzero(row[n:n + m] != guess[n - 1:n + m - 1])
            ends = np.cumsum([len(encoder.piece(t)) for t in row[n:n + m - 1]])
            total += 1
            exact += len(wrong) == 0
            for field, start, end in value_spans(text):
                right[field] += not any(t < m - 1 and ends[t] > start and (ends[t - 1] if t else 0) < end for t in wrong)
    by_field = {field: count / total for field, count in right.items()}
    return {"memos": total, "field_accuracy": sum(by_field.values()) / len(by_field), "whole_answers_right": exact / total, "by_field": by_field}


def value_spans(text):
    """(field, first byte, end byte) of the values in a compact answer."""
    marks = [text.index('"%s":' % field) for field in score.FIELDS + ("rationale",)]
    size = lambda end: len(text[:end].encode())
    return [(field, size(mark + len(field) + 3), size(end)) for field, mark, end in zip(score.FIELDS, marks, marks[1:])]


def train(rank, args, shared, port, compiled, init):
    """One rank's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(args.threads)
    gpu = args.device == "cuda"
    device = torch.device("cuda", rank) if gpu else torch.device("cpu")
    if gpu:
        torch.cuda.set_device(device)
    began = time.time()
    if shared.ranks > 1:
        dist.init_process_group("nccl" if gpu else "gloo", init_method="tcp://127.0.0.1:%d" % port, rank=rank, world_size=shared.ranks)
    config = json.loads(Path(args.config).read_text())
    model = Model(config, torch.bfloat16, torch.Generator().manual_seed(args.seed)).to(device)
    if init:
        load(model, Path(init))
    optimizer = Optimizer(model, shared.ranks, args.peak_muon, args.peak_adam)
    if shared.ranks > 1:
        dist.all_reduce(optimizer.flat)
    lead = rank == 0
    ready = time.time()
    if compiled:
        model.compile(args.batch_tokens, COMPILE_LIMIT_S)
    first = shared.sinks[rank].get(timeout=120)
    if lead:
        shared.clock.begin()
        shared.say("%d parameters, %d ranks on %s, %s blocks; processes up in %.1f s, compilation and first batch %.1f s, %.0f s to train" % (
            sum(p.numel() for p in model.parameters()), shared.ranks, torch.cuda.get_device_name() if gpu else "CPU",
            "plain" if model.before == model.blocks.before else "compiled", ready - began, time.time() - ready, shared.clock.end - time.time()))
    encoder, exam = Encoder(HERE / "tokenizer.json"), None
    exams, saves = [e for e in EXAM_AT if e > shared.clock.progress()], [s for s in SAVE_AT if s > shared.clock.progress()]
    sums, mark, tokens, step = torch.zeros(4, device=device), time.time(), 0, 0
    backends = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION] if gpu else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    with sdpa_kernel(backends):
        while True:
            if lead:
                shared.plan[step] = 2.0 if shared.stop.value or shared.clock.progress() >= 1.0 else max(1e-9, shared.clock.progress())
            while shared.plan[step] == 0.0:
                time.sleep(0.0002)
            p = shared.plan[step]
            if p > 1.0:
                break
            shared.beats[rank] = time.time()
            ids, positions, answers = first or shared.sinks[rank].get(timeout=60)
            first = None
            ids, positions = (torch.from_numpy(t) for t in (ids, positions))
            if gpu:
                ids, positions = (t.pin_memory().to(device, non_blocking=True) for t in (ids, positions))
            answer_loss, memo_loss, right = model.losses(ids.long(), positions.long(), answers)
            (answer_loss + memo_weight(p) * memo_loss).backward()
            norm = optimizer.step(learning_rate(p))
            step += 1
            if lead:
                sums += torch.stack((answer_loss.detach(), memo_loss.detach(), right, norm))
                tokens += ids.numel() * shared.ranks
                if step % args.log_steps == 0:
                    a, m, r, n = (sums / args.log_steps).tolist()
                    shared.say("step %5d  %5.1f %%  answer loss %.5f  memo loss %.4f  answer tokens right %.5f  gradient %.3f  rate %.2f  %.2f M tokens/s  row %4d  repeated %d" % (
                        step, 100 * p, a, m, r, n, learning_rate(p), tokens / (time.time() - mark) / 1e6, ids.shape[1], shared.repeats.value))
                    sums.zero_()
                    mark, tokens = time.time(), 0
                if exams and p >= exams[0]:
                    exams.pop(0)
                    try:
                        exam = exam or shared.exam.get(timeout=0.01)
                        shared.say("held-out exam at %.1f %%: %s" % (100 * p, brief(examine(model, exam, encoder, device))))
                    except Empty:
                        pass
                if saves and p >= saves[0]:
                    saves.pop(0)
                    save(model, args.out)
        if gpu:  # a rank that ends with work still queued would leave the others waiting in the last all-reduce
            torch.cuda.synchronize()
        if lead:
            save(model, args.out)
            shared.say("saved after %d steps, %.1f s before the deadline" % (step, args.deadline - time.time()))
            left = args.deadline - time.time()
            if left > 1.5:
                exam = exam or shared.exam.get(timeout=left - 1.5)
                shared.say("held-out exam at the end: " + json.dumps(examine(model, exam, encoder, device)))
    sys.stdout.flush()
    os._exit(0)


def brief(result):
    return "fields %.4f  whole answers %.3f  weakest: %s" % (result["field_accuracy"], result["whole_answers_right"], ", ".join(
        "%s %.3f" % (f, v) for f, v in sorted(result["by_field"].items(), key=lambda e: e[1])[:4]))


def run_rank(rank, *rest):
    try:
        train(rank, *rest)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def attempt(args, clock, ranks, compiled, init):
    """Starts all processes and watches the ranks; True when training came to its end."""
    shared = Shared(ranks, clock, args.out / "train.log")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    lengths = [n for n in LENGTHS if n <= args.max_row]
    seed = "%d-%d" % (args.seed, time.time_ns())
    data = [FORK.Process(target=write_batches, args=(shared.source, clock, "%s-%d" % (seed, i), ranks, args.batch_tokens, lengths, args.full_mix), daemon=True) for i in range(args.workers)]
    data.append(FORK.Process(target=dispatch, args=(shared.source, shared.sinks, shared.repeats), daemon=True))
    data.append(FORK.Process(target=write_exam, args=(shared.exam, args.exam_memos, min(6000, args.max_row - 230)), daemon=True))
    workers = [FORK.Process(target=run_rank, args=(r, args, shared, port, compiled, init)) for r in range(ranks)]
    for process in data + workers:
        process.start()
    signal.signal(signal.SIGTERM, lambda *_: setattr(shared.stop, "value", 1))
    signal.signal(signal.SIGINT, lambda *_: setattr(shared.stop, "value", 1))
    try:
        while True:
            codes = [w.exitcode for w in workers]
            if codes[0] == 0:
                return True
            if any(c not in (None, 0) for c in codes):
                print("a rank failed: exit codes %s" % codes, flush=True)
                return False
            limit = 45 if shared.plan[0] else 110
            if time.time() - min(shared.beats) > limit:
                print("a rank has not moved for %d s" % limit, flush=True)
                return False
            if time.time() > args.deadline + 8:
                print("past the deadline", flush=True)
                return True
            time.sleep(0.2)
    finally:
        for process in data + workers:
            process.kill()


def main():
    parser = argparse.ArgumentParser(description="Train the deal analyst.")
    parser.add_argument("--seconds", type=float, default=600, help="wall-clock time for everything, saving included")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", help="folder of weights to start from")
    parser.add_argument("--full-mix", action="store_true", help="all memo lengths from the start (for use with --init)")
    parser.add_argument("--config", default=HERE / "config.json")
    parser.add_argument("--gpus", type=int, default=len(list(Path("/dev").glob("nvidia[0-9]*"))), help="0 trains on the CPU")
    parser.add_argument("--ranks", type=int, help="processes; default one a GPU")
    parser.add_argument("--workers", type=int, help="data processes; default most of the cores")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads a rank")
    parser.add_argument("--batch-tokens", type=int, default=BATCH_TOKENS)
    parser.add_argument("--max-row", type=int, default=LENGTHS[-1])
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--exam-memos", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-steps", type=int, default=LOG_STEPS)
    parser.add_argument("--peak-muon", type=float, default=PEAK_MUON)
    parser.add_argument("--peak-adam", type=float, default=PEAK_ADAM)
    args = parser.parse_args()
    args.deadline = time.time() + args.seconds
    args.device = "cuda" if args.gpus else "cpu"
    ranks = args.ranks or max(1, args.gpus)
    args.workers = args.workers or max(1, os.cpu_count() - 2 * ranks - 3)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "train.log").write_text("")
    clock = Clock(args.deadline - 5)
    plans = [(ranks, not args.no_compile), (ranks, False), (1, False)]
    for ranks, compiled in plans:
        saved = (args.out / "model.safetensors.index.json").exists() and clock.start.value > 0
        if attempt(args, clock, ranks, compiled, args.out if saved else args.init) or time.time() > clock.end - 10:
            break
    print("done", flush=True)


if __name__ == "__main__":
    main()
