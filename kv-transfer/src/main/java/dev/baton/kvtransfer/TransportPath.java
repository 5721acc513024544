package dev.baton.kvtransfer;

import java.util.List;

/**
 * The transport that a pair of workers uses and why the better ones were passed over, for the
 * explanation of a request.
 */
public record TransportPath(TransportKind kind, List<String> passedOver) {
  public TransportPath {
    passedOver = List.copyOf(passedOver);
  }
}
