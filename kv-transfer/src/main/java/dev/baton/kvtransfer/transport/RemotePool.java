package dev.baton.kvtransfer.transport;

import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;

/** A holder's pool as its handshake described it; blocks have the size of the reader's own. */
public record RemotePool(LaneRef holder, KvEndpoint endpoint, long blockBytes, int blockCount) {}
