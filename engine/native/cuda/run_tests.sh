#!/bin/bash
# Runs the tests of the CUDA backend on this machine's GPU.
#   run_tests.sh PROGRAMS [--sanitize]
# PROGRAMS is a folder with the programs of the target cuda_checks, libbaton_cuda.so, libbaton_cpu.so
# and the libdnnl.so.3 of the latter. --sanitize adds compute-sanitizer's memcheck and racecheck, of
# the small mode where a program has one.
set -u
programs=$(cd "${1:?usage: run_tests.sh PROGRAMS [--sanitize]}" && pwd) || exit 2
sanitize=${2:-}
export LD_LIBRARY_PATH=$programs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
failed=0
run() {
  local name=$1
  shift
  if "$@" >"/tmp/$name.log" 2>&1; then
    echo "ok      $name: $(tail -1 "/tmp/$name.log")"
  else
    echo "FAILED  $name"
    tail -20 "/tmp/$name.log"
    failed=1
  fi
}
nvidia-smi -L
model=("$programs/cuda_model_test" "$programs/libbaton_cuda.so" "$programs/libbaton_cpu.so")
for test in elementwise products sampler kv_blocks kv_ipc attention; do
  run "$test" "$programs/cuda_${test}_test"
done
run model "${model[@]}"
if [ "$sanitize" = --sanitize ]; then
  check=(compute-sanitizer --error-exitcode 9)
  # One test provokes a failed allocation, which is no error of memory.
  memory=("${check[@]}" --tool memcheck --report-api-errors no)
  # Only our kernels: cuBLASLt's take most of the time. What TMA and wgmma do to shared memory goes
  # by the asynchronous proxy, of which racecheck sees little: its silence proves less there.
  races=("${check[@]}" --tool racecheck --kernel-name kns=baton)
  for test in elementwise kv_blocks; do
    run "$test-memcheck" "${memory[@]}" "$programs/cuda_${test}_test"
    run "$test-racecheck" "${races[@]}" "$programs/cuda_${test}_test"
  done
  for test in attention products sampler; do
    run "$test-memcheck" "${memory[@]}" "$programs/cuda_${test}_test" --small
    run "$test-racecheck" "${races[@]}" "$programs/cuda_${test}_test" --small
  done
  run model-memcheck "${memory[@]}" --leak-check full "${model[@]}" --small
  run model-racecheck "${races[@]}" "${model[@]}" --small
fi
exit $failed
