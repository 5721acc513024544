package dev.baton.worker.web;

import dev.baton.worker.runtime.FaultInjector;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Faults on demand, only where {@code baton.worker.fault.enabled} is set. */
@RestController
@RequestMapping("/internal/v1/faults")
public class FaultController {
  private final FaultInjector faults;

  public FaultController(FaultInjector faults) {
    this.faults = faults;
  }

  /** Damages the next {@code count} blocks that arrive. */
  @PostMapping("/corrupt-blocks")
  ResponseEntity<Void> corruptBlocks(@RequestParam int count) {
    faults.corrupt(count);
    return ResponseEntity.noContent().build();
  }
}
