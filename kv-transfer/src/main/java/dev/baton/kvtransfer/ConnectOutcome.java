package dev.baton.kvtransfer;

/** What came of {@link KvPlane#connect}. */
public sealed interface ConnectOutcome
    permits ConnectOutcome.Connected, ConnectOutcome.Refused, PeerFailure {
  record Connected(Peer peer) implements ConnectOutcome {}

  /** The two workers cannot exchange blocks: another model, layout, protocol or worker. */
  record Refused(String reason) implements ConnectOutcome {}
}
