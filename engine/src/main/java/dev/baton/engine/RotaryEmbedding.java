package dev.baton.engine;

/** How positions become rotation angles. */
sealed interface RotaryEmbedding {
  double theta();

  /** Radians a position for each pair of dimensions: {@code [headDim / 2]}. */
  default float[] inverseFrequencies(int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) scale(1 / Math.pow(theta(), 2.0 * i / headDim));
    }
    return frequencies;
  }

  double scale(double frequency);

  /** As trained. */
  record Plain(double theta) implements RotaryEmbedding {
    @Override
    public double scale(double frequency) {
      return frequency;
    }
  }

  /** Positions divided by a factor. */
  record Linear(double theta, double factor) implements RotaryEmbedding {
    @Override
    public double scale(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Llama 3's: long wavelengths are divided by a factor, short ones kept, with a smooth passage
   * between (Llama 3.1's reference code, {@code apply_scaling}).
   */
  record Llama3(
      double theta, double factor, double lowFactor, double highFactor, double originalPositions)
      implements RotaryEmbedding {
    @Override
    public double scale(double frequency) {
      double wavelength = 2 * Math.PI / frequency;
      if (wavelength < originalPositions / highFactor) {
        return frequency;
      }
      if (wavelength > originalPositions / lowFactor) {
        return frequency / factor;
      }
      double smooth = (originalPositions / wavelength - lowFactor) / (highFactor - lowFactor);
      return (1 - smooth) * frequency / factor + smooth * frequency;
    }
  }
}
