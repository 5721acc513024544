package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  @TempDir Path cache;

  @Test
  void manyUnpackAtOnceAndAllGetTheSameWholeDirectory() throws Exception {
    List<Callable<Path>> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(() -> NativeLibraries.unpack(cache.resolve("native")));
    }
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Path> directories = new ArrayList<>();
      for (Future<Path> result : threads.invokeAll(calls)) {
        directories.add(result.get());
      }
      assertThat(directories).containsOnly(directories.getFirst());
      List<String> built =
          Stream.of("libbaton_jni.so", "libbaton_cpu.so", "libbaton_cuda.so")
              .filter(name -> getClass().getResource("native/linux-x86_64/" + name) != null)
              .toList();
      assertThat(built).contains("libbaton_jni.so", "libbaton_cpu.so");
      try (var files = Files.list(directories.getFirst())) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrderElementsOf(
                Stream.concat(built.stream(), Stream.of("libdnnl.so.3", "libgomp.so.1")).toList());
      }
      try (var left = Files.list(cache.resolve("native"))) {
        assertThat(left.map(directory -> directory.getFileName().toString()))
            .as("no half-made copy stays")
            .hasSize(2)
            .noneMatch(name -> name.startsWith("unpacking"));
      }
    }
  }
}
