#!/bin/bash
# Proves the CUDA backend on this machine's GPU with what bundle.sh packed. The exit status is 0 if
# all held.
#   run.sh golden                      whole models against the golden files: the engine's Java tests
#   run.sh pair REPOSITORY [PROMPTS]   prefill and decode in two processes, the demo model of a
#                                      checkout; PROMPTS as PairMain reads it, else random tokens
#   run.sh tests [--sanitize]          kernels, and whole models with random weights against the CPU
#   run.sh bench
# BATON_TEST_BACKEND=cpu runs golden and pair without a GPU, the tests bundle unpacked beside them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
backend=${BATON_TEST_BACKEND:-cuda}
java=("$here/jre/bin/java" --enable-native-access=ALL-UNNAMED "-Dbaton.test.backend=$backend"
  "-Dbaton.engine.library.path=$here/programs" -cp "$here/classes:$here/lib/*")
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/cuda/lib64

case ${1:-} in
  golden)
    cd "$here"
    exec "${java[@]}" org.junit.platform.console.ConsoleLauncher execute --disable-banner \
      --disable-ansi-colors --fail-if-no-tests --scan-classpath classes --include-tag any-backend
    ;;
  pair)
    model=$(cd "${2:?usage: run.sh pair REPOSITORY [PROMPTS]}/models/deal-analyst" && pwd)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    awk 'BEGIN { srand(); for (p = 1; p <= 24; p++) {
           printf "random-%d\t0", p
           for (i = int(rand() * 3000); i > 0; i--) printf ",%d", rand() * 4000
           print "" } }' >"$scratch/random"
    "${java[@]}" dev.baton.worker.pair.PairMain "$model" "$backend" "${3:-$scratch/random}" \
      "$scratch/answers"
    ;;
  tests | bench) exec bash "$here/programs/run_$1.sh" "$here/programs" "${@:2}" ;;
  *)
    sed -n '2,/^set/{/^#/p}' "$0"
    exit 2
    ;;
esac
