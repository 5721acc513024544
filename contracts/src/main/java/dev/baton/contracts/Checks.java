package dev.baton.contracts;

/** Validation shared by the records' constructors; every message names the field and its limit. */
final class Checks {
  private static final int MAX_NAME = 200;

  private Checks() {}

  static void name(String field, String value) {
    require(!value.isBlank(), field + " must not be blank");
    require(value.length() <= MAX_NAME, field + " must have at most " + MAX_NAME + " characters");
  }

  static void range(String field, long value, long min, long max) {
    require(
        value >= min && value <= max,
        field + " must be between " + min + " and " + max + ", was " + value);
  }

  static void range(String field, double value, double min, double max) {
    require(
        value >= min && value <= max,
        field + " must be between " + min + " and " + max + ", was " + value);
  }

  static void version(String record, int version, int supported) {
    require(
        version == supported,
        record + " has schema version " + version + ", this build reads version " + supported);
  }

  static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
