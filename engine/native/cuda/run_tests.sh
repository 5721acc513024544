#!/bin/bash
# Runs the tests of the CUDA backend on this machine's GPU, side by side.
#   run_tests.sh PROGRAMS [--sanitize]
# PROGRAMS is a folder with the programs of the target cuda_checks, libbaton_cuda.so, libbaton_cpu.so
# and the libdnnl.so.3 of the latter. --sanitize runs them under compute-sanitizer's memcheck and
# racecheck instead, in the small mode where a program has one.
set -u
programs=$(cd "${1:?usage: run_tests.sh PROGRAMS [--sanitize]}" && pwd) || exit 2
sanitize=${2:-}
export LD_LIBRARY_PATH=$programs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
running=()
run() {
  local name=$1 from=$SECONDS
  shift
  if "$@" >"$logs/$name" 2>&1; then
    echo "ok      $name ($((SECONDS - from)) s): $(tail -1 "$logs/$name")"
  else
    echo "FAILED  $name ($((SECONDS - from)) s)"
    tail -20 "$logs/$name"
    return 1
  fi
}
start() { run "$@" & running+=($!); }
nvidia-smi -L
model=("$programs/cuda_model_test" "$programs/libbaton_cuda.so" "$programs/libbaton_cpu.so")
if [ "$sanitize" != --sanitize ]; then
  for test in elementwise products sampler kv_blocks kv_ipc attention; do
    start "$test" "$programs/cuda_${test}_test"
  done
  start model "${model[@]}"
else
  check=(compute-sanitizer --error-exitcode 9)
  # One test provokes a failed allocation, which is no error of memory.
  memory=("${check[@]}" --tool memcheck --report-api-errors no)
  # Only our kernels, and without cuBLASLt, whose kernels take very long under racecheck and crash it
  # where they are filtered out (version 2025.3.1); whole models add no kernel to look at. What TMA and
  # wgmma do to shared memory goes by the asynchronous proxy, of which racecheck sees little: its
  # silence proves less there.
  races=(env BATON_WITHOUT_CUBLASLT=1 "${check[@]}" --tool racecheck --kernel-name kns=baton)
  for test in elementwise kv_blocks; do
    start "$test-memcheck" "${memory[@]}" "$programs/cuda_${test}_test"
    start "$test-racecheck" "${races[@]}" "$programs/cuda_${test}_test"
  done
  for test in attention products sampler; do
    start "$test-memcheck" "${memory[@]}" "$programs/cuda_${test}_test" --small
    start "$test-racecheck" "${races[@]}" "$programs/cuda_${test}_test" --small
  done
  start model-memcheck "${memory[@]}" --leak-check full "${model[@]}" --small
fi
failed=0
for job in "${running[@]}"; do wait "$job" || failed=1; done
exit $failed
