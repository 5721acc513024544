package dev.baton.engine;

import dev.baton.contracts.KvDtype;
import java.nio.file.Path;
import java.util.List;

/**
 * What to load and with how much.
 *
 * @param modelDirectory a Hugging Face model directory
 * @param backend name of the native backend, {@code cpu} or {@code cuda}
 * @param threads compute threads
 * @param kvBlocks blocks of the KV pool
 * @param kvPoolFile file to create for a host KV pool, deleted on close; not used by a backend that
 *     keeps its pool on a device
 * @param maxTokensPerStep most tokens over all slices of a step
 * @param maxSequences most slices of a step
 * @param device ordinal of the accelerator, 0 for a backend without one
 * @param weights how the layers' matrices are kept that the checkpoint does not have in FP8; {@code
 *     cpu} keeps BF16 only
 * @param kvDtype elements of the KV pool; {@code cpu} keeps BF16 only
 */
public record EngineConfig(
    Path modelDirectory,
    String backend,
    int threads,
    int kvBlocks,
    Path kvPoolFile,
    int maxTokensPerStep,
    int maxSequences,
    int device,
    WeightDtype weights,
    KvDtype kvDtype) {

  /** On the first device, all in BF16. */
  public EngineConfig(
      Path modelDirectory,
      String backend,
      int threads,
      int kvBlocks,
      Path kvPoolFile,
      int maxTokensPerStep,
      int maxSequences) {
    this(
        modelDirectory,
        backend,
        threads,
        kvBlocks,
        kvPoolFile,
        maxTokensPerStep,
        maxSequences,
        0,
        WeightDtype.BF16,
        KvDtype.BF16);
  }

  /** The same with everything kept in other types, or on another device. */
  public EngineConfig on(int ordinal, WeightDtype weightDtype, KvDtype dtype) {
    return new EngineConfig(
        modelDirectory,
        backend,
        threads,
        kvBlocks,
        kvPoolFile,
        maxTokensPerStep,
        maxSequences,
        ordinal,
        weightDtype,
        dtype);
  }

  /** Whether the backend keeps the KV pool in memory of its own. */
  boolean poolOnDevice() {
    return backend.equals("cuda");
  }

  /**
   * How the matrices of a checkpoint's layers end up: as {@link #weights()} says, but for those
   * that are in FP8 already. {@code cuda} keeps these, {@code cpu} turns them into BF16.
   */
  String keptMatrices(List<Tensor> tensors) {
    boolean fp8 = tensors.stream().anyMatch(tensor -> tensor.type() == TensorType.F8_E4M3);
    return backend.equals("cuda") && fp8 ? weights + " beside FP8" : weights.name();
  }
}
