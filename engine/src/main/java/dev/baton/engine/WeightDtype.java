package dev.baton.engine;

/** How the layers' matrices are kept. */
public enum WeightDtype {
  BF16,
  /** Eight bits, quantised when they are loaded, with one scale an output. */
  E4M3
}
