package dev.baton.engine;

/** How the layers' matrices are kept. */
public enum WeightDtype {
  BF16,
  /** FP8: eight bits, quantised when they are loaded, with one scale an output. */
  E4M3
}
