#!/usr/bin/env python3
"""Time of causal attention by cuDNN and by PyTorch's flash kernel at the shape of kernel_bench.

    python3 attention_reference.py

Needs PyTorch with CUDA; 6,144 tokens, 32 query and 8 KV heads of 128, bf16, one layer.
"""
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel


def median_ms(run, repeats=30):
    for _ in range(5):
        run()
    times = []
    for _ in range(repeats):
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record()
        run()
        b.record()
        torch.cuda.synchronize()
        times.append(a.elapsed_time(b))
    return sorted(times)[repeats // 2]


def main():
    torch.manual_seed(0)
    n = 6144
    q, k, v = (torch.randn(1, h, n, 128, device="cuda", dtype=torch.bfloat16) for h in (32, 8, 8))
    for name, backend in (("cuDNN", SDPBackend.CUDNN_ATTENTION), ("PyTorch flash", SDPBackend.FLASH_ATTENTION)):
        with sdpa_kernel(backend):
            try:
                ms = median_ms(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True))
            except RuntimeError:  # no grouped heads in this backend: repeat them, outside the timing
                ks, vs = k.repeat_interleave(4, 1), v.repeat_interleave(4, 1)
                ms = median_ms(lambda: F.scaled_dot_product_attention(q, ks, vs, is_causal=True))
        print("%-44s %9.3f ms  %7.1f TFLOP/s" % (name + " causal attention, 6144", ms, 4 * 32 * 128 * n * (n + 1) / 2 / ms / 1e9))


if __name__ == "__main__":
    main()
