package dev.baton.contracts;

/** Which of the two prefill queues a request waits in; interactive goes first. */
public enum ServiceClass {
  INTERACTIVE,
  BATCH
}
