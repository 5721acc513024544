package dev.baton.router.generation;

import dev.baton.contracts.GenerationRecord;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Writes one record a finished request to Kafka, for accounting; a failure to do so is logged only.
 */
@Component
class GenerationLog {
  private static final Logger log = LoggerFactory.getLogger(GenerationLog.class);

  private final KafkaTemplate<String, byte[]> kafka;

  GenerationLog(KafkaTemplate<String, byte[]> kafka) {
    this.kafka = kafka;
  }

  void write(Journal journal, String outcome, Duration total) {
    var view = journal.explanation().view();
    GenerationRecord record =
        new GenerationRecord(
            GenerationRecord.VERSION,
            journal.id(),
            journal.tenant().name(),
            journal.spec().model(),
            outcome,
            journal.spec().prompt().size(),
            journal.outputTokens(),
            view.summary() == null ? 0 : view.summary().cachedTokens(),
            journal.received(),
            total,
            journal.workers());
    Mono.fromFuture(
            () -> kafka.send(Topics.GENERATIONS, journal.id().value(), WireCodec.toCbor(record)))
        .subscribeOn(Schedulers.boundedElastic())
        .subscribe(
            sent -> {},
            failure -> log.warn("no record of {}: {}", journal.id(), failure.toString()));
  }
}
