package dev.baton.kvtransfer;

/** The ways in which a block can travel, best first. */
public enum TransportKind {
  /** Same host, both pools in device memory: the reader's device copies out of the holder's. */
  CUDA_IPC,
  /** Same host: the reader maps the holder's pool file and copies straight out of it. */
  SHARED_MEMORY,
  /** One-sided gets through UCX: InfiniBand, RoCE. */
  UCX,
  /** Plain sockets, several connections. */
  TCP
}
