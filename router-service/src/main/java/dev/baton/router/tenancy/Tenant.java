package dev.baton.router.tenancy;

/**
 * An authenticated identity.
 *
 * @param name as configured; {@code default} where no API keys are configured
 * @param salt seeds the block hashes of this tenant's prompts: 64 hexadecimal digits that come from
 *     the identity alone, never from a request
 */
public record Tenant(String name, String salt) {
  /** The name shows in logs; the salt never does. */
  @Override
  public String toString() {
    return "Tenant[" + name + "]";
  }
}
