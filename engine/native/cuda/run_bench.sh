#!/bin/bash
# Runs the benchmarks of the CUDA backend on this machine's GPU.
#   run_bench.sh PROGRAMS
# PROGRAMS is a folder with the programs of the target cuda_checks and libbaton_cuda.so.
set -eu
programs=$(cd "${1:?usage: run_bench.sh PROGRAMS}" && pwd)
export LD_LIBRARY_PATH=$programs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
nvidia-smi -L
for bench in kernel kv sampler; do
  echo "== $bench"
  "$programs/cuda_${bench}_bench"
done
echo "== engine"
"$programs/cuda_engine_bench" "$programs/libbaton_cuda.so"
