package dev.baton.router.tenancy;

/**
 * An authenticated identity.
 *
 * @param name as configured; {@code default} where no API keys are configured
 * @param salt seeds the block hashes of this tenant's prompts, so that no other tenant can hit its
 *     blocks; comes from the identity alone, never from a request
 */
public record Tenant(String name, String salt) {
  /**
   * Exchange attribute under which {@link TenantFilter} leaves the tenant of a {@code /v1} call.
   */
  public static final String ATTRIBUTE = Tenant.class.getName();

  /** The name shows in logs; the salt never does. */
  @Override
  public String toString() {
    return "Tenant[" + name + "]";
  }
}
