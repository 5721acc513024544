package dev.baton.kvtransfer.ucx;

import org.openucx.jucx.UcxCallback;

/** One-sided reads of one holder's memory. */
@FunctionalInterface
interface RemoteGets {
  /**
   * Starts to read remote memory into local memory; the callback may come before this returns.
   *
   * @throws org.openucx.jucx.UcxException when the read cannot be started; no callback comes then
   */
  void get(long remoteAddress, long localAddress, long bytes, UcxCallback callback);
}
