package dev.baton.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A golden model with the matrices of its layers in FP8, and the same in BF16 with every number as
 * the FP8 one stands for it.
 */
final class Fp8Checkpoint {
  static final String CONFIG =
      """
      "quantization_config": {"quant_method": "compressed-tensors", "config_groups": {"group_0": \
      {"weights": {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": true}}}},
      """;

  /** How scales are stored: their shape in terms of the outputs, and their type. */
  enum Scales {
    SCALAR(TensorType.F32),
    ONE(TensorType.BF16),
    VECTOR(TensorType.F32),
    COLUMN(TensorType.BF16);

    private final TensorType type;

    Scales(TensorType type) {
      this.type = type;
    }

    private List<Long> shape(long outputs) {
      return switch (this) {
        case SCALAR -> List.of();
        case ONE -> List.of(1L);
        case VECTOR -> List.of(outputs);
        case COLUMN -> List.of(outputs, 1L);
      };
    }
  }

  private Fp8Checkpoint() {}

  /** Writes both into {@code folder} and returns their directories, FP8 first. */
  static List<Path> write(Path folder, Scales scales) {
    Path golden = GoldenModel.named("gqa-tied").directory();
    Path fp8 = SafetensorsWriter.copy(golden, folder.resolve("fp8"));
    Path twin = SafetensorsWriter.copy(golden, folder.resolve("twin"));
    SafetensorsWriter.editText(
        fp8.resolve("config.json"), text -> text.replaceFirst("\\{", "{" + CONFIG));
    List<SafetensorsWriter.Entry> small = new ArrayList<>();
    List<SafetensorsWriter.Entry> wide = new ArrayList<>();
    for (var entry : SafetensorsWriter.read(golden.resolve("model.safetensors"))) {
      if (entry.name().endsWith("_proj.weight")) {
        quantise(entry, scales, small, wide);
      } else {
        small.add(entry);
        wide.add(entry);
      }
    }
    SafetensorsWriter.write(fp8.resolve("model.safetensors"), small);
    SafetensorsWriter.write(twin.resolve("model.safetensors"), wide);
    return List.of(fp8, twin);
  }

  private static void quantise(
      SafetensorsWriter.Entry matrix,
      Scales scales,
      List<SafetensorsWriter.Entry> small,
      List<SafetensorsWriter.Entry> wide) {
    int outputs = Math.toIntExact(matrix.shape().getFirst());
    int inputs = Math.toIntExact(matrix.shape().getLast());
    ByteBuffer from = ByteBuffer.wrap(matrix.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    int count = scales.shape(outputs).stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b);
    ByteBuffer stored = little(count * scales.type.bytes());
    ByteBuffer codes = little(outputs * inputs);
    ByteBuffer values = little(outputs * inputs * Short.BYTES);
    float scale = 0;
    for (int row = 0; row < outputs; row++) {
      if (row < count) {
        // Any scale will do: what the codes stand for is what both models are made of.
        scale = round(0.01f / (1 + row % 7));
        if (scales.type == TensorType.F32) {
          scale *= 1.001f;
          stored.putFloat(scale);
        } else {
          stored.putShort((short) (Float.floatToRawIntBits(scale) >>> 16));
        }
      }
      for (int i = 0; i < inputs; i++) {
        float value = Float.intBitsToFloat(from.getShort() << 16);
        byte code = code(value / scale);
        codes.put(code);
        values.putShort((short) (Float.floatToRawIntBits(round(number(code) * scale)) >>> 16));
      }
    }
    small.add(new SafetensorsWriter.Entry(matrix.name(), "F8_E4M3", matrix.shape(), codes.array()));
    small.add(
        new SafetensorsWriter.Entry(
            matrix.name() + "_scale", scales.type.name(), scales.shape(outputs), stored.array()));
    wide.add(new SafetensorsWriter.Entry(matrix.name(), "BF16", matrix.shape(), values.array()));
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** To BF16, to nearest even. */
  private static float round(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  /** What an E4M3 code stands for. */
  private static float number(byte code) {
    int exponent = code >> 3 & 0xf;
    int mantissa = code & 7;
    float magnitude =
        exponent == 0 ? Math.scalb((float) mantissa, -9) : Math.scalb(mantissa + 8f, exponent - 10);
    return code < 0 ? -magnitude : magnitude;
  }

  /** The code whose number is nearest. */
  private static byte code(float value) {
    int best = 0;
    for (int code = 0; code < 0x7f; code++) {
      if (Math.abs(number((byte) code) - Math.abs(value))
          < Math.abs(number((byte) best) - Math.abs(value))) {
        best = code;
      }
    }
    return (byte) (value < 0 ? best | 0x80 : best);
  }
}
