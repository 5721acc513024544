package dev.baton.decode.generation;

import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.WireCodec;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** Token streams over HTTP; a connection that closes cancels its generation. */
@RestController
public class GenerationController {
  private final Generations generations;

  GenerationController(Generations generations) {
    this.generations = generations;
  }

  @PostMapping(path = "/internal/v1/generations", produces = MediaType.APPLICATION_NDJSON_VALUE)
  Flux<TokenEvent> generate(@RequestBody byte[] body) {
    return generations.generate(WireCodec.fromJson(body, GenerateRequest.class));
  }
}
