package dev.baton.router.explain;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** The most recent explanations, bounded in number and time. Thread-safe. */
@Component
public class Explanations {
  static final int MOST = 10_000;
  private static final Duration KEPT = Duration.ofHours(1);

  private final Cache<Key, Explanation> recent =
      Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(KEPT).build();

  private record Key(String tenant, String id) {}

  public void add(Explanation explanation) {
    recent.put(new Key(explanation.tenant(), explanation.id()), explanation);
  }

  /** Those kept, after what is due has been dropped. */
  long size() {
    recent.cleanUp();
    return recent.estimatedSize();
  }

  /** Only its own tenant can see it. */
  Optional<Explanation> find(String id, String tenant) {
    return Optional.ofNullable(recent.getIfPresent(new Key(tenant, id)));
  }
}
