package dev.baton.kvtransfer;

/** The ways in which a block can travel, best first. */
public enum TransportKind {
  /** Same host: the reader maps the holder's pool file and copies straight out of it. */
  SHARED_MEMORY,
  /** One-sided gets through UCX: InfiniBand, RoCE. */
  UCX,
  /** Plain sockets, several connections. */
  TCP
}
