package dev.baton.router.tenancy;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TenancyProperties.class)
class TenancyConfiguration {
  @Bean
  TenantDirectory tenantDirectory(TenancyProperties properties) {
    return new TenantDirectory(properties);
  }

  @Bean
  TenantFilter tenantFilter(TenantDirectory tenants) {
    return new TenantFilter(tenants);
  }
}
