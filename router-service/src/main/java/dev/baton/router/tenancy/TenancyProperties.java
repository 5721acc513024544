package dev.baton.router.tenancy;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may call.
 *
 * @param apiKeys with none, everybody is tenant {@code default}
 * @param tenantSecret key of the tenants' salts; without it a salt is the tenant's name, which
 *     separates tenants but can be guessed by whoever reaches the workers directly
 */
@ConfigurationProperties("baton.router")
public record TenancyProperties(@DefaultValue List<ApiKey> apiKeys, @Nullable String tenantSecret) {
  public TenancyProperties {
    apiKeys = List.copyOf(apiKeys);
  }

  /** A key and whom it stands for; several keys may share a tenant. */
  public record ApiKey(String key, String tenant) {
    public ApiKey {
      if (key.isBlank() || tenant.isBlank()) {
        throw new IllegalArgumentException(
            "baton.router.api-keys[] needs a key and a tenant, neither blank");
      }
    }

    /** Never shows the key. */
    @Override
    public String toString() {
      return "ApiKey[tenant=" + tenant + "]";
    }
  }

  /** Shows neither keys nor the secret. */
  @Override
  public String toString() {
    return "TenancyProperties[apiKeys=" + apiKeys + "]";
  }
}
