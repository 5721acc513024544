package dev.baton.router.tenancy;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/** API key → tenant. Immutable. */
public final class TenantDirectory {
  private static final String DEFAULT = "default";
  private static final String SCHEME = "Bearer ";

  private final List<Entry> entries;
  private final Tenant anonymous;

  private record Entry(byte[] keyDigest, Tenant tenant) {}

  public TenantDirectory(TenancyProperties properties) {
    @Nullable String secret = properties.tenantSecret();
    this.entries =
        properties.apiKeys().stream()
            .map(key -> new Entry(digest(key.key()), tenant(key.tenant(), secret)))
            .toList();
    this.anonymous = tenant(DEFAULT, secret);
  }

  /**
   * The tenant behind {@code Authorization: Bearer <key>}. Takes the same time whichever key
   * matches.
   *
   * @throws ApiException 401 where keys are configured and none matches
   */
  public Tenant authenticate(HttpHeaders headers) {
    if (entries.isEmpty()) {
      return anonymous;
    }
    @Nullable String authorization = headers.getFirst(HttpHeaders.AUTHORIZATION);
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw refused("An API key is needed: send the header 'Authorization: Bearer <key>'.");
    }
    byte[] given = digest(authorization.substring(SCHEME.length()).strip());
    @Nullable Tenant found = null;
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.keyDigest(), given)) {
        found = entry.tenant();
      }
    }
    if (found == null) {
      throw refused("The API key is not valid.");
    }
    return found;
  }

  private static ApiException refused(String message) {
    return new ApiException(
        HttpStatus.UNAUTHORIZED, ErrorTypes.AUTHENTICATION, "invalid_api_key", null, message, null);
  }

  private static Tenant tenant(String name, @Nullable String secret) {
    return new Tenant(name, secret == null || secret.isEmpty() ? name : hmac(secret, name));
  }

  private static String hmac(String secret, String name) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks HmacSHA256", e);
    }
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
