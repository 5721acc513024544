package dev.baton.registry.web;

import dev.baton.contracts.Directory;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.HeartbeatReply;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.PrefixQuery;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerHeartbeat;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.registry.directory.WorkerDirectory;
import dev.baton.registry.residency.ResidencyIndex;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/**
 * Lanes, directory and residency over HTTP; on virtual threads, prefix queries on the event loop.
 */
@RestController
@RequestMapping("/internal/v1")
class RegistryController {
  private final Registrar registrar;
  private final WorkerDirectory directory;
  private final ResidencyIndex residency;

  RegistryController(Registrar registrar, WorkerDirectory directory, ResidencyIndex residency) {
    this.registrar = registrar;
    this.directory = directory;
    this.residency = residency;
  }

  @PostMapping("/workers")
  LaneGrant register(@RequestBody byte[] body) {
    return registrar
        .register(WireCodec.fromJson(body, WorkerRegistration.class))
        .orElseThrow(NoLaneFreeException::new);
  }

  @DeleteMapping("/workers/{worker}")
  ResponseEntity<Void> release(@PathVariable String worker, @RequestParam long epoch) {
    registrar.release(new WorkerId(worker), new Epoch(epoch));
    return ResponseEntity.noContent().build();
  }

  @GetMapping("/workers")
  Directory workers() {
    return new Directory(Directory.VERSION, directory.all());
  }

  @PostMapping("/heartbeats")
  HeartbeatReply heartbeat(@RequestBody byte[] body) {
    return registrar.heartbeat(WireCodec.fromJson(body, WorkerHeartbeat.class));
  }

  @PostMapping("/prefix-queries")
  Mono<PrefixMatches> prefix(@RequestBody byte[] body) {
    return residency.longestPrefix(WireCodec.fromJson(body, PrefixQuery.class));
  }
}
