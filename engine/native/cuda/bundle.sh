#!/bin/bash
# Packs what proves the CUDA backend, for a machine with a GPU, an NVIDIA driver and CUDA, but no
# build tools.
#   bundle.sh golden OUT.tar.xz   a Java runtime, the engine's tests and PairMain
#   bundle.sh tests OUT.tar.xz    the programs of cuda_checks, and the CPU backend to compare with
# Both unpack to baton-cuda/ with a run.sh, also into one folder. Needs what a build needs, nvcc
# included; JAVA_HOME is the JDK 25.
set -euo pipefail
usage() {
  echo "usage: bundle.sh golden|tests OUT.tar.xz" >&2
  exit 2
}
[ $# = 2 ] || usage
kind=$1 out=$(realpath "$2")
cd "$(dirname "$0")/../../.."
native=engine/target/native
libraries=engine/target/classes/dev/baton/engine/native/linux-x86_64
onednn=$native/onednn/org/bytedeco/dnnl/linux-x86_64
jars=worker/target/dependency
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/baton-cuda
mkdir -p "$bundle/programs"

maven() { mvn -B -q -Dspotless.check.skip=true "$@" </dev/null; }

add_classes() {
  rm -rf $jars
  maven -pl worker -am -DskipTests package dependency:copy-dependencies \
    -DincludeScope=test -DexcludeGroupIds=dev.baton
  mkdir -p "$bundle/classes/dev/baton/worker"
  for module in contracts engine kv-transfer worker; do
    cp -r $module/target/classes/. "$bundle/classes"
  done
  rm -r "$bundle/classes/dev/baton/engine/native"
  cp -r engine/target/test-classes/. "$bundle/classes"
  cp -r worker/target/test-classes/dev/baton/worker/pair "$bundle/classes/dev/baton/worker"
  cp -r engine/golden "$bundle"
}

# What these classes load. Stored, not deflated: xz does it better.
add_jars() {
  local junit
  junit=$(basename $jars/junit-jupiter-api-*.jar .jar)
  maven -N dependency:copy -DoutputDirectory="$PWD/$jars" \
    -Dartifact="org.junit.platform:junit-platform-console-standalone:${junit##*-}"
  mkdir "$bundle/lib"
  python3 - $jars "$bundle/lib" <<'PYTHON'
import pathlib, sys, zipfile
source, target = map(pathlib.Path, sys.argv[1:])
for name in ("assertj-core", "jackson-annotations", "jackson-core", "jackson-databind",
             "jackson-dataformat-cbor", "jspecify", "jucx", "junit-platform-console-standalone",
             "logback-classic", "logback-core", "slf4j-api"):
    [jar] = [j for j in source.glob(name + "-*.jar") if j.name[len(name) + 1].isdigit()]
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(target / jar.name, "w") as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), old.read(entry))
PYTHON
}

add_runtime() {
  "$JAVA_HOME/bin/jlink" --output "$bundle/jre" --strip-debug --no-header-files --no-man-pages \
    --add-modules java.logging,java.management,java.naming,java.xml,jdk.net,jdk.unsupported
}

case $kind in
  golden)
    add_classes
    add_jars
    add_runtime
    cp $libraries/libbaton_{jni,cuda}.so "$bundle/programs"
    ;;
  tests)
    maven -pl engine -am -DskipTests process-classes
    cmake --build $native/build --target cuda_checks -- --quiet
    cp $native/build/cuda/cuda_*_{test,bench} "$bundle/programs"
    cp $libraries/libbaton_{cpu,cuda}.so "$bundle/programs"
    cp -L $onednn/lib{dnnl.so.3,gomp.so.1} "$bundle/programs"
    ;;
  *) usage ;;
esac
strip --strip-unneeded "$bundle"/programs/*
cp engine/native/cuda/run_{tests,bench}.sh "$bundle/programs"
cp engine/native/cuda/run_bundle.sh "$bundle/run.sh"
# x86: a filter for machine code; one dictionary over all programs, which share most of theirs
tar -C "$work" --sort=name --owner=0 --group=0 --mtime=@0 -cf - baton-cuda |
  xz -T1 --x86 --lzma2=preset=6,dict=128MiB >"$out"
ls -l "$out"
