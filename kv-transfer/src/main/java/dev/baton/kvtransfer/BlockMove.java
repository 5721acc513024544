package dev.baton.kvtransfer;

/**
 * One block to fetch.
 *
 * @param remoteBlock its id in the holder's pool
 * @param digest its expected {@link BlockDigest}
 * @param localBlock where it goes in the reader's pool
 */
public record BlockMove(int remoteBlock, int digest, int localBlock) {}
