package dev.baton.contracts;

/** What a worker does. {@code BOTH} is monolithic serving: prefill and decode on one worker. */
public enum Role {
  PREFILL,
  DECODE,
  BOTH;

  public boolean prefills() {
    return this != DECODE;
  }

  public boolean decodes() {
    return this != PREFILL;
  }
}
