package dev.baton.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The scales of a matrix in FP8: {@code <name>_scale}, a single one or one for each output. A scale
 * for activations, {@code input_scale}, is not read: rows are quantised by what is in them.
 */
final class Fp8Scales {
  private Fp8Scales() {}

  /**
   * The scales of {@code weight} as a vector of one or of as many as it has outputs.
   *
   * @param found all tensors of the checkpoint
   * @param checkpoint file to name where they are missing
   */
  static Tensor of(Tensor weight, Map<String, Tensor> found, Path checkpoint) {
    if (weight.shape().size() != 2) {
      throw new ModelLoadException(weight.file(), weight.name(), "is a vector in F8_E4M3");
    }
    String name = weight.name() + "_scale";
    Tensor scales = found.get(name);
    if (scales == null) {
      String blocks = found.containsKey(name + "_inv") ? ", only scales of blocks are there" : "";
      throw new ModelLoadException(
          checkpoint, name, "is missing, and " + weight.name() + " is in F8_E4M3" + blocks);
    }
    if (scales.type() == TensorType.F8_E4M3) {
      throw new ModelLoadException(scales.file(), name, "is in F8_E4M3 itself");
    }
    long outputs = weight.shape().getFirst();
    List<Long> shape = scales.shape();
    boolean column = shape.size() == 1 || (shape.size() == 2 && shape.getLast() == 1);
    long count = shape.isEmpty() ? 1 : shape.getFirst();
    if (!(shape.isEmpty() || column) || (count != 1 && count != outputs)) {
      throw new ModelLoadException(
          scales.file(),
          name,
          "has shape %s, expected one scale or one for each of %d outputs"
              .formatted(shape, outputs));
    }
    return new Tensor(name, scales.type(), List.of(count), scales.data(), scales.file());
  }
}
