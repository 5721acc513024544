package dev.baton.router;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Entry point. */
@SpringBootApplication
public class RouterApplication {
  public static void main(String[] args) {
    SpringApplication.run(RouterApplication.class, args);
  }
}
