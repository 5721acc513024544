package dev.baton.router.deals;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where one extracted value comes from.
 *
 * @param field the analysis' key; {@code key_risks} has one entry a risk
 * @param value a {@link String}, {@link java.math.BigDecimal} or {@link Money}
 * @param span null where no passage supports the value
 */
record Evidence(String field, Object value, Status status, @Nullable Span span) {

  enum Status {
    /** The memo says so, at the span. */
    SUPPORTED,
    /** No passage of the memo says so. */
    UNSUPPORTED,
    /** It contradicts other values of the same analysis, whether the memo says it or not. */
    INCONSISTENT;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Evidence supported(String field, Object value, Span span) {
    return new Evidence(field, value, Status.SUPPORTED, span);
  }

  static Evidence unsupported(String field, Object value) {
    return new Evidence(field, value, Status.UNSUPPORTED, null);
  }

  /** Supported where there is a span, else unsupported. */
  static Evidence at(String field, Object value, @Nullable Span span) {
    return span == null ? unsupported(field, value) : supported(field, value, span);
  }
}
