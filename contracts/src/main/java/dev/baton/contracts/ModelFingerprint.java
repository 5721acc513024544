package dev.baton.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.HexFormat;

/**
 * What tells one set of weights, and how they and the KV cache are kept, from another: 32
 * hexadecimal digits. Workers compute it from the model directory and their configuration and
 * report it; KV blocks of different fingerprints never mix.
 */
public record ModelFingerprint(@JsonValue String hex) {
  @JsonCreator
  public ModelFingerprint {
    Checks.require(
        hex.matches("[0-9a-f]{32}"), "a model fingerprint has 32 hexadecimal digits: " + hex);
  }

  byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
