package dev.baton.prefill.queue;

import dev.baton.contracts.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The share group (KIP-932) of the prefill tier: its settings, and members of it. */
public final class ShareGroup {
  private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(10);

  private final Map<String, Object> client;
  private final Duration recordLock;

  /**
   * @param client settings of every Kafka client, {@code bootstrap.servers} among them
   */
  public ShareGroup(Map<String, Object> client, Duration recordLock) {
    this.client = Map.copyOf(client);
    this.recordLock = recordLock;
  }

  /**
   * Sets what the group needs before its first member joins: requests that came earlier count too.
   *
   * @throws ExecutionException when Kafka refuses
   * @throws TimeoutException when Kafka does not answer
   */
  void configure() throws ExecutionException, TimeoutException, InterruptedException {
    ConfigResource group =
        new ConfigResource(ConfigResource.Type.GROUP, Topics.PREFILL_SHARE_GROUP);
    Collection<AlterConfigOp> settings =
        List.of(
            set("share.auto.offset.reset", "earliest"),
            set("share.record.lock.duration.ms", Long.toString(recordLock.toMillis())));
    try (Admin admin = Admin.create(client)) {
      admin
          .incrementalAlterConfigs(Map.of(group, settings))
          .all()
          .get(ADMIN_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** A member that takes one record at a time and says itself what becomes of it. */
  KafkaShareConsumer<String, byte[]> join(String topic) {
    Map<String, Object> settings = new HashMap<>(client);
    settings.put("group.id", Topics.PREFILL_SHARE_GROUP);
    settings.put("share.acknowledgement.mode", "explicit");
    settings.put("share.acquire.mode", "record_limit");
    settings.put("max.poll.records", 1);
    KafkaShareConsumer<String, byte[]> member =
        new KafkaShareConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    member.subscribe(List.of(topic));
    return member;
  }

  Duration recordLock() {
    return recordLock;
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }
}
