package dev.baton.kvtransfer.wire;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.wire.Message.Acquire;
import dev.baton.kvtransfer.wire.Message.Acquired;
import dev.baton.kvtransfer.wire.Message.Channel;
import dev.baton.kvtransfer.wire.Message.Hello;
import dev.baton.kvtransfer.wire.Message.Read;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.Message.Release;
import dev.baton.kvtransfer.wire.Message.Released;
import dev.baton.kvtransfer.wire.Message.Renew;
import dev.baton.kvtransfer.wire.Message.Renewed;
import dev.baton.kvtransfer.wire.Message.Welcome;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/** Messages to frames and back. Every length is checked before anything is allocated for it. */
public final class MessageCodec {
  private MessageCodec() {}

  /** A whole frame, ready to be written. */
  public static ByteBuffer frame(Message message, int correlation, long epoch) {
    PayloadWriter out = new PayloadWriter();
    write(message, out);
    return out.frame(type(message), correlation, epoch);
  }

  /** The message of a control frame. */
  public static Message parse(FrameHeader header, ByteBuffer payload)
      throws MalformedFrameException {
    PayloadReader in = new PayloadReader(payload);
    try {
      Message message = read(header.type(), in);
      in.end();
      return message;
    } catch (IllegalArgumentException e) {
      // The contracts' constructors validate what they are made of.
      throw new MalformedFrameException("frame of type " + header.type() + ": " + e.getMessage());
    }
  }

  private static byte type(Message message) {
    return switch (message) {
      case Hello _ -> 2;
      case Welcome _ -> 3;
      case Refused _ -> 4;
      case Acquire _ -> 5;
      case Acquired _ -> 6;
      case Read _ -> 7;
      case Renew _ -> 8;
      case Renewed _ -> 9;
      case Release _ -> 10;
      case Released _ -> 11;
    };
  }

  private static void write(Message message, PayloadWriter out) {
    switch (message) {
      case Hello(var version, var channel, var reader, var holder, var fingerprint, var layout) -> {
        out.int32(version).int32(channel.ordinal()).text(reader.value()).text(holder.value());
        out.text(fingerprint.hex());
        layout(layout, out);
      }
      case Welcome welcome -> {
        out.int32(welcome.version()).text(welcome.holder().value());
        out.text(welcome.fingerprint().hex());
        layout(welcome.layout(), out);
        out.int64(welcome.blockBytes()).int32(welcome.blockCount());
        out.int32(welcome.adverts().size());
        welcome.adverts().forEach((kind, advert) -> out.text(kind.name()).bytes(advert));
      }
      case Refused(var why, var reason) -> out.int32(why.ordinal()).text(reason);
      case Acquire(var request, var hashes, var beyond, var wait) ->
          out.text(request.value()).bytes(hashes.pack()).int32(beyond).int64(wait);
      case Acquired(var lease, var ttl, var blocks) -> {
        out.int64(lease).int64(ttl).int32(blocks.size());
        for (int i = 0; i < blocks.size(); i++) {
          out.int32(blocks.id(i)).int32(blocks.digest(i));
        }
      }
      case Read(var lease, var blocks) -> out.int64(lease).int32s(blocks);
      case Renew(var lease) -> out.int64(lease);
      case Renewed(var ttl) -> out.int64(ttl);
      case Release(var lease) -> out.int64(lease);
      case Released() -> {}
    }
  }

  private static Message read(byte type, PayloadReader in) throws MalformedFrameException {
    return switch (type) {
      case 2 ->
          new Hello(
              in.int32(),
              in.constant(Channel.values()),
              new WorkerId(in.text()),
              new WorkerId(in.text()),
              new ModelFingerprint(in.text()),
              layout(in));
      case 3 ->
          new Welcome(
              in.int32(),
              new WorkerId(in.text()),
              new ModelFingerprint(in.text()),
              layout(in),
              in.int64(),
              in.int32(),
              adverts(in));
      case 4 -> new Refused(in.constant(Refusal.values()), in.text());
      case 5 ->
          new Acquire(
              new RequestId(in.text()), BlockHashes.unpack(in.bytes()), in.int32(), in.int64());
      case 6 -> new Acquired(in.int64(), in.int64(), blocks(in));
      case 7 -> new Read(in.int64(), in.int32s());
      case 8 -> new Renew(in.int64());
      case 9 -> new Renewed(in.int64());
      case 10 -> new Release(in.int64());
      case 11 -> new Released();
      default -> throw new MalformedFrameException("unknown frame type " + type);
    };
  }

  /** How many hashes fit into one {@link Acquire}. */
  public static int maxHashes() {
    return (FrameHeader.MAX_CONTROL_PAYLOAD - 4096) / BlockHash.BYTES;
  }

  private static void layout(KvLayout layout, PayloadWriter out) {
    out.int32(layout.kvHeads()).int32(layout.layers()).int32(layout.blockTokens());
    out.int32(layout.headDim()).text(layout.dtype().name());
  }

  private static KvLayout layout(PayloadReader in) throws MalformedFrameException {
    return new KvLayout(in.int32(), in.int32(), in.int32(), in.int32(), KvDtype.valueOf(in.text()));
  }

  /** A kind that this build does not know comes from a newer holder and is of no use here. */
  private static Map<TransportKind, byte[]> adverts(PayloadReader in)
      throws MalformedFrameException {
    Map<TransportKind, byte[]> adverts = new EnumMap<>(TransportKind.class);
    int count = in.count(8);
    for (int i = 0; i < count; i++) {
      String name = in.text();
      byte[] advert = in.bytes();
      for (TransportKind kind : TransportKind.values()) {
        if (kind.name().equals(name)) {
          adverts.put(kind, advert);
        }
      }
    }
    return adverts;
  }

  private static BlockRefs blocks(PayloadReader in) throws MalformedFrameException {
    int count = in.count(8);
    int[] ids = new int[count];
    int[] digests = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = in.int32();
      digests[i] = in.int32();
    }
    return new BlockRefs(ids, digests);
  }
}
