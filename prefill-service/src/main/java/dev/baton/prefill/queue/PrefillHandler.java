package dev.baton.prefill.queue;

import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.ServiceClass;
import java.util.concurrent.CompletionStage;

/** Does the work. */
@FunctionalInterface
public interface PrefillHandler {
  /** Begins; the stage completes when the record can be settled, and never exceptionally. */
  CompletionStage<Settlement> handle(PrefillRequest request, ServiceClass serviceClass);
}
