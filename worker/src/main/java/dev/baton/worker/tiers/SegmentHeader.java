package dev.baton.worker.tiers;

import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * What a segment file begins with: whose blocks it holds, and of which shape. A file whose header
 * is not exactly this one is of another model, layout or version, or damaged, and is never read.
 *
 * <pre>
 *   0  "BATONKVS"
 *   8  version
 *  12  records of the file
 *  16  bytes of a block, 8 bytes
 *  24  layout: KV heads, layers, tokens of a block, head dimension
 *  40  element type, up to 8 letters
 *  48  model fingerprint, 32 letters
 *  80  CRC32C of the bytes before
 * </pre>
 *
 * Little-endian.
 */
record SegmentHeader(ModelFingerprint model, KvLayout layout, int records) {
  static final int BYTES = 84;
  private static final int VERSION = 1;
  private static final byte[] MAGIC = "BATONKVS".getBytes(StandardCharsets.US_ASCII);

  byte[] encoded() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(MAGIC).putInt(VERSION).putInt(records).putLong(layout.blockBytes());
    bytes.putInt(layout.kvHeads()).putInt(layout.layers());
    bytes.putInt(layout.blockTokens()).putInt(layout.headDim());
    bytes.put(layout.dtype().name().getBytes(StandardCharsets.US_ASCII));
    bytes.position(48).put(model.hex().getBytes(StandardCharsets.US_ASCII));
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, bytes.position());
    return bytes.putInt((int) crc.getValue()).array();
  }
}
