package dev.baton.worker.web;

import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerStats;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Statistics and cancellation. */
@RestController
@RequestMapping("/internal/v1")
public class WorkerController {
  private final WorkerRuntime runtime;
  private final WorkSource source;

  WorkerController(WorkerRuntime runtime, WorkSource source) {
    this.runtime = runtime;
    this.source = source;
  }

  @GetMapping("/stats")
  WorkerStats stats() {
    return runtime.stats(source.waiting());
  }

  /** Ends the request if it runs here, and drops it should it come yet. */
  @DeleteMapping("/sequences/{request}")
  ResponseEntity<Void> cancel(@PathVariable String request) {
    source.cancel(new RequestId(request));
    return ResponseEntity.noContent().build();
  }
}
