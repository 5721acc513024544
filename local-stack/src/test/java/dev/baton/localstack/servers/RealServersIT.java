package dev.baton.localstack.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealServersIT {
  @TempDir Path dir;

  @Test
  void aStartedKafkaHasEveryTopicWithItsPartitions() throws Exception {
    try (RealKafka kafka = RealKafka.start();
        Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      var topics =
          admin
              .describeTopics(Topics.partitions().keySet())
              .allTopicNames()
              .get(30, TimeUnit.SECONDS);

      topics.forEach(
          (name, topic) -> assertThat(topic.partitions()).hasSize(Topics.partitions().get(name)));
    }
  }

  @Test
  void aKilledBrokerComesBackWithItsRecords() throws Exception {
    KafkaBroker first =
        KafkaBroker.launch(
            new KafkaBroker.Settings(
                dir, dir.resolve("kafka.log"), 0, KafkaBroker.Settings.SMALL_JVM));
    first.awaitReady(Duration.ofSeconds(120));
    first.createTopics(Map.of("kept", 1));
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", first.bootstrapServers()),
            new StringSerializer(),
            new StringSerializer())) {
      producer.send(new ProducerRecord<>("kept", "value")).get(30, TimeUnit.SECONDS);
    }

    first.process().kill();

    try (KafkaBroker second = first.relaunch()) {
      second.awaitReady(Duration.ofSeconds(120));
      assertThat(second.bootstrapServers()).isEqualTo(first.bootstrapServers());
      assertThat(endOffset(second)).isEqualTo(1);
    }
  }

  private static long endOffset(KafkaBroker broker) throws Exception {
    var partition = new org.apache.kafka.common.TopicPartition("kept", 0);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      return admin
          .listOffsets(Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.latest()))
          .partitionResult(partition)
          .get(30, TimeUnit.SECONDS)
          .offset();
    }
  }

  @Test
  void aClosedKafkaLeavesNoProcess() {
    KafkaBroker broker =
        KafkaBroker.launch(
            new KafkaBroker.Settings(
                dir, dir.resolve("kafka.log"), 0, KafkaBroker.Settings.SMALL_JVM));
    broker.awaitReady(Duration.ofSeconds(120));

    broker.close();

    assertThat(ProcessHandle.of(broker.process().pid()).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void aRestartedRedisIsEmptyAndOnTheSamePort() throws Exception {
    RedisServer first =
        RedisServer.launch(new RedisServer.Settings(dir, dir.resolve("redis.log"), 0));
    first.awaitReady(Duration.ofSeconds(30));
    assertThat(command(first, "SET", "k", "v")).isEqualTo("+OK");

    first.process().kill();

    try (RedisServer second = first.relaunch()) {
      second.awaitReady(Duration.ofSeconds(30));
      assertThat(command(second, "GET", "k")).isEqualTo("$-1");
    }
    await().until(() -> dev.baton.localstack.process.Ports.isFree(first.port()));
  }

  @Test
  void testsGetAnEmptyRedisThatAnswers() {
    try (RealRedis redis = RealRedis.start()) {
      assertThat(redis.port()).isPositive();
      assertThat(redis.host()).isNotBlank();
    }
  }

  private static String command(RedisServer redis, String... words) throws Exception {
    try (var socket = new java.net.Socket(redis.host(), redis.port())) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write((String.join(" ", List.of(words)) + "\r\n").getBytes());
      return new java.io.BufferedReader(new java.io.InputStreamReader(socket.getInputStream()))
          .readLine();
    }
  }
}
