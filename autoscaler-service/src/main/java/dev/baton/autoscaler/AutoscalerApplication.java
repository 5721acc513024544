package dev.baton.autoscaler;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Entry point. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class AutoscalerApplication {
  public static void main(String[] args) {
    SpringApplication.run(AutoscalerApplication.class, args);
  }
}
