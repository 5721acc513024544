package dev.baton.engine;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * One weight in a mapped file.
 *
 * @param data exactly the tensor's bytes, row-major; its length fits shape and type
 */
record Tensor(String name, TensorType type, List<Long> shape, MemorySegment data, Path file) {}
