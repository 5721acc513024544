package dev.baton.router.generation;

import dev.baton.contracts.GenerationRecord;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

/**
 * Writes one record a finished request to Kafka, for accounting; a failure to do so is logged only.
 */
@Component
class GenerationLog implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(GenerationLog.class);

  private final RecordSender sender;

  GenerationLog(KafkaTemplate<String, byte[]> kafka) {
    this.sender = new RecordSender(kafka, "generation-log", 2, 5000);
  }

  void write(Journal journal, Outcome outcome, Duration total) {
    var view = journal.explanation().view();
    GenerationRecord record =
        new GenerationRecord(
            GenerationRecord.VERSION,
            journal.id(),
            journal.tenant().name(),
            journal.spec().model(),
            outcome.word(),
            journal.spec().prompt().size(),
            journal.outputTokens(),
            view.summary() == null ? 0 : view.summary().cachedTokens(),
            journal.received(),
            total,
            journal.workers());
    sender
        .send(Topics.GENERATIONS, journal.id().value(), WireCodec.toCbor(record))
        .subscribe(
            sent -> {},
            failure -> log.warn("no record of {}: {}", journal.id(), failure.toString()));
  }

  @Override
  public void destroy() {
    sender.close();
  }
}
