package dev.baton.router;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Entry point. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class RouterApplication {
  public static void main(String[] args) {
    SpringApplication.run(RouterApplication.class, args);
  }
}
