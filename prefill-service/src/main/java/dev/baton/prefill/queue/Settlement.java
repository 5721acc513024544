package dev.baton.prefill.queue;

import org.apache.kafka.clients.consumer.AcknowledgeType;

/** What becomes of a record that was taken from the queue. */
public enum Settlement {
  /** Dealt with, or of no use to anybody any more. */
  DONE(AcknowledgeType.ACCEPT),
  /** Another worker should try. */
  TRY_ELSEWHERE(AcknowledgeType.RELEASE),
  /** Nobody can read it. */
  UNREADABLE(AcknowledgeType.REJECT);

  private final AcknowledgeType acknowledgement;

  Settlement(AcknowledgeType acknowledgement) {
    this.acknowledgement = acknowledgement;
  }

  AcknowledgeType acknowledgement() {
    return acknowledgement;
  }
}
