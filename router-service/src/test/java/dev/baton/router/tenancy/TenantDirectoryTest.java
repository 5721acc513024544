package dev.baton.router.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.router.errors.ApiException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class TenantDirectoryTest {
  private static TenantDirectory directory(@Nullable String secret) {
    return new TenantDirectory(
        new TenancyProperties(
            List.of(
                new TenancyProperties.ApiKey("k1", "alice"),
                new TenancyProperties.ApiKey("k2", "alice"),
                new TenancyProperties.ApiKey("k3", "bob")),
            secret));
  }

  private static HttpHeaders authorization(@Nullable String value) {
    HttpHeaders headers = new HttpHeaders();
    if (value != null) {
      headers.set(HttpHeaders.AUTHORIZATION, value);
    }
    return headers;
  }

  @Test
  void everyKeyStandsForItsTenant() {
    TenantDirectory tenants = directory(null);
    assertThat(tenants.authenticate(authorization("Bearer k1")).name()).isEqualTo("alice");
    assertThat(tenants.authenticate(authorization("bearer  k2 ")).name()).isEqualTo("alice");
    assertThat(tenants.authenticate(authorization("Bearer k3")).name()).isEqualTo("bob");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer k", "Bearer k11", "Basic k1", "k1"})
  void anythingElseIsA401(@Nullable String header) {
    assertThatThrownBy(() -> directory(null).authenticate(authorization(header)))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.status().value()).isEqualTo(401));
  }

  @Test
  void saltsBelongToTenantsAndCannotBeGuessedWithASecret() {
    TenantDirectory tenants = directory("secret");
    String alice = tenants.authenticate(authorization("Bearer k1")).salt();
    assertThat(alice).isEqualTo(tenants.authenticate(authorization("Bearer k2")).salt());
    assertThat(alice).isNotEqualTo(tenants.authenticate(authorization("Bearer k3")).salt());
    assertThat(alice).doesNotContain("alice");
    assertThat(alice)
        .isNotEqualTo(directory("other").authenticate(authorization("Bearer k1")).salt());
    assertThat(tenants.authenticate(authorization("Bearer k1")).toString()).doesNotContain(alice);
  }

  @Test
  void withoutKeysEverybodyIsTheDefaultTenant() {
    TenantDirectory open = new TenantDirectory(new TenancyProperties(List.of(), null));
    assertThat(open.authenticate(authorization(null)).name()).isEqualTo("default");
  }
}
