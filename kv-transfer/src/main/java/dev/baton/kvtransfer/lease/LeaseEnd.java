package dev.baton.kvtransfer.lease;

/** Why a lease ended. */
public enum LeaseEnd {
  RELEASED,
  EXPIRED,
  /** The holder's epoch ended or its plane closed. */
  REVOKED
}
