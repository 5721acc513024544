package dev.baton.router.deals;

/** The model's answer is not {@code deal-analysis/v1}; the message says what is wrong in it. */
final class InvalidAnalysisException extends Exception {
  private static final long serialVersionUID = 1;

  InvalidAnalysisException(String problem) {
    super(problem);
  }
}
