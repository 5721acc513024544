package dev.baton.contracts;

/** How a request's prompt is computed. */
public enum GenerationPath {
  /** On a prefill worker, then handed over. */
  DISAGGREGATED,
  /** On the decode worker itself. */
  DECODE_LOCAL
}
