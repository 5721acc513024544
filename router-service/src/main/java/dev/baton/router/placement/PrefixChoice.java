package dev.baton.router.placement;

import java.time.Duration;

/**
 * Whether the prefix that another worker holds should be pulled or computed again.
 *
 * @param holder who has most to give
 * @param blocks blocks that it would save
 * @param pulling how long pulling those would take
 * @param computing how long computing those would take
 */
public record PrefixChoice(String holder, int blocks, Duration pulling, Duration computing) {
  public boolean pull() {
    return pulling.compareTo(computing) < 0;
  }
}
