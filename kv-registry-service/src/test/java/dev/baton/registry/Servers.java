package dev.baton.registry;

import dev.baton.localstack.servers.RealKafka;
import dev.baton.localstack.servers.RealRedis;
import java.time.Duration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Real servers, one of each for all tests of the JVM; they end with it. */
final class Servers {
  static final RealRedis REDIS = RealRedis.start();
  static final StringRedisTemplate KEYS = keys();

  private Servers() {}

  /** Started when first asked for: most tests need Redis only. */
  static final class Kafka {
    static final RealKafka KAFKA = RealKafka.start();

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(KAFKA::close));
    }

    private Kafka() {}
  }

  static String kafka() {
    return Kafka.KAFKA.bootstrapServers();
  }

  /** Blocks in Redis. */
  static long blocks() {
    return KEYS.keys("#*").size();
  }

  static void flushRedis() {
    KEYS.execute(
        (RedisCallback<Void>)
            connection -> {
              connection.serverCommands().flushAll();
              return null;
            });
  }

  private static StringRedisTemplate keys() {
    LettuceConnectionFactory connections =
        new LettuceConnectionFactory(new RedisStandaloneConfiguration(REDIS.host(), REDIS.port()));
    connections.afterPropertiesSet();
    connections.start();
    Runtime.getRuntime().addShutdownHook(new Thread(REDIS::close));
    StringRedisTemplate keys = new StringRedisTemplate(connections);
    keys.afterPropertiesSet();
    return keys;
  }

  static Duration patience() {
    return Duration.ofSeconds(30);
  }
}
