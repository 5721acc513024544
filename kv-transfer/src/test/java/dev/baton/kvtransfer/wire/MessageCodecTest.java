package dev.baton.kvtransfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.TransportKind;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class MessageCodecTest {
  private static final ModelFingerprint MODEL =
      new ModelFingerprint("0123456789abcdef0123456789abcdef");
  private static final KvLayout LAYOUT = new KvLayout(2, 8, 16, 64, KvDtype.BF16);

  static List<Message> messages() {
    return List.of(
        new Message.Hello(
            1, Message.Channel.DATA, new WorkerId("decode-0"), new WorkerId("p"), MODEL, LAYOUT),
        new Message.Refused(Message.Refusal.STALE_EPOCH, "meant for epoch 3"),
        new Message.Acquire(
            new RequestId("r-1"),
            BlockHashes.of(List.of(new BlockHash(1, 2), new BlockHash(3, 4))),
            1,
            2_500),
        new Message.Acquired(7, 30_000, new BlockRefs(new int[] {5, 6}, new int[] {-1, 8})),
        new Message.Renew(7),
        new Message.Renewed(30_000),
        new Message.Release(7),
        new Message.Released());
  }

  @ParameterizedTest
  @MethodSource("messages")
  void whatIsWrittenIsReadBack(Message message) throws Exception {
    ByteBuffer frame = MessageCodec.frame(message, 11, 12);

    FrameHeader header = FrameHeader.get(frame);

    assertThat(header.correlation()).isEqualTo(11);
    assertThat(header.epoch()).isEqualTo(12);
    assertThat(header.payloadLength()).isEqualTo(frame.remaining());
    assertThat(MessageCodec.parse(header, frame)).isEqualTo(message);
  }

  @Test
  void readsBackArraysToo() throws Exception {
    Message.Read read = (Message.Read) again(new Message.Read(9, new int[] {1, 2, 3}));
    assertThat(read.leaseId()).isEqualTo(9);
    assertThat(read.blockIds()).containsExactly(1, 2, 3);

    Message.Welcome welcome =
        (Message.Welcome)
            again(
                new Message.Welcome(
                    1,
                    new WorkerId("p"),
                    MODEL,
                    LAYOUT,
                    65536,
                    10,
                    Map.of(TransportKind.TCP, new byte[] {1})));
    assertThat(welcome.layout()).isEqualTo(LAYOUT);
    assertThat(welcome.adverts()).containsOnlyKeys(TransportKind.TCP);
    assertThat(welcome.adverts().get(TransportKind.TCP)).containsExactly(1);
  }

  @Test
  void theBytesOfAFrameStayWhatTheyAre() {
    ByteBuffer frame =
        MessageCodec.frame(
            new Message.Acquired(7, 1000, new BlockRefs(new int[] {5}, new int[] {-2})), 3, 4);

    assertThat(HexFormat.of().formatHex(frame.array(), 0, frame.limit()))
        .isEqualTo(
            "424b5631"
                + "06"
                + "000000"
                + "0000001c"
                + "00000003"
                + "0000000000000004"
                + "0000000000000007"
                + "00000000000003e8"
                + "00000001"
                + "00000005"
                + "fffffffe");
  }

  @Test
  void refusesFramesThatPromiseMoreThanTheyMay() {
    ByteBuffer frame = MessageCodec.frame(new Message.Renew(7), 0, 1);
    frame.putInt(8, FrameHeader.MAX_CONTROL_PAYLOAD + 1);
    assertThatThrownBy(() -> FrameHeader.get(frame)).isInstanceOf(MalformedFrameException.class);

    ByteBuffer negative = MessageCodec.frame(new Message.Renew(7), 0, 1);
    negative.putInt(8, -1);
    assertThatThrownBy(() -> FrameHeader.get(negative)).isInstanceOf(MalformedFrameException.class);
  }

  @Test
  void hostileBytesAreMalformedAndNothingElse() {
    SplittableRandom random = new SplittableRandom(42);
    List<Message> messages = messages();
    for (int round = 0; round < 20_000; round++) {
      ByteBuffer frame = MessageCodec.frame(messages.get(random.nextInt(messages.size())), 1, 1);
      for (int flips = random.nextInt(1, 4); flips > 0; flips--) {
        frame.put(random.nextInt(frame.limit()), (byte) random.nextInt());
      }
      frame.limit(random.nextInt(FrameHeader.BYTES, frame.limit() + 1));
      try {
        FrameHeader header = FrameHeader.get(frame);
        MessageCodec.parse(header, frame);
      } catch (MalformedFrameException _) {
        // The one way in which it may fail.
      }
    }
  }

  private static Message again(Message message) throws Exception {
    ByteBuffer frame = MessageCodec.frame(message, 1, 1);
    return MessageCodec.parse(FrameHeader.get(frame), frame);
  }
}
