package dev.baton.contracts;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * Names KV blocks by content: hash of block i = H(hash of block i−1, its 16 tokens), with H the
 * first 128 bits of SHA-256 (FIPS 180-4). The chain starts at a root made of the model's
 * fingerprint and the tenant's salt, so that neither another model nor another tenant can name the
 * same block.
 */
public final class BlockHasher {
  /** Tokens of one KV block. */
  public static final int BLOCK_TOKENS = 16;

  private BlockHasher() {}

  /** The hash that a chain starts from. The salt comes from the authenticated tenant. */
  public static BlockHash root(ModelFingerprint model, String tenantSalt) {
    MessageDigest sha = sha256();
    sha.update(model.bytes());
    return truncate(sha.digest(tenantSalt.getBytes(StandardCharsets.UTF_8)));
  }

  /** One hash for each full block of {@code tokens}; a partial last block has none. */
  public static BlockHashes chain(BlockHash root, TokenIds tokens) {
    int blocks = tokens.size() / BLOCK_TOKENS;
    BlockHash[] hashes = new BlockHash[blocks];
    Chain chain = new Chain(root);
    for (int block = 0; block < blocks; block++) {
      hashes[block] = chain.next(tokens, block * BLOCK_TOKENS);
    }
    return BlockHashes.of(List.of(hashes));
  }

  /** A chain that grows as tokens come; one owner. */
  public static final class Chain {
    private final MessageDigest sha = sha256();
    private final ByteBuffer input =
        ByteBuffer.allocate(BlockHash.BYTES + BLOCK_TOKENS * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    private BlockHash last;

    public Chain(BlockHash root) {
      this.last = root;
    }

    /** Hash of the block whose 16 tokens begin at {@code offset}. */
    public BlockHash next(TokenIds tokens, int offset) {
      input.clear().put(last.pack());
      for (int i = 0; i < BLOCK_TOKENS; i++) {
        input.putInt(tokens.get(offset + i));
      }
      last = truncate(sha.digest(input.array()));
      return last;
    }

    /** Hash of the block whose 16 tokens begin at {@code offset}. */
    public BlockHash next(int[] tokens, int offset) {
      return next(TokenIds.of(Arrays.copyOfRange(tokens, offset, offset + BLOCK_TOKENS)), 0);
    }
  }

  private static BlockHash truncate(byte[] digest) {
    ByteBuffer buffer = ByteBuffer.wrap(digest);
    return new BlockHash(buffer.getLong(), buffer.getLong());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
