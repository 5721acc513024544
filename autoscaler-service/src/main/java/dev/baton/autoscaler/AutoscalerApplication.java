package dev.baton.autoscaler;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Entry point. */
@SpringBootApplication
public class AutoscalerApplication {
  public static void main(String[] args) {
    SpringApplication.run(AutoscalerApplication.class, args);
  }
}
