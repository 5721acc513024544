package dev.baton.kvtransfer.transport;

/** Something that several threads use, freed once it was given up and the last of them has left. */
public final class SharedUse {
  private final Runnable free;
  private int users;
  private boolean givenUp;

  public SharedUse(Runnable free) {
    this.free = free;
  }

  /** Keeps it until {@link #leave}; false once it was given up. */
  public synchronized boolean enter() {
    if (givenUp) {
      return false;
    }
    users++;
    return true;
  }

  public synchronized void leave() {
    users--;
    freeWhenUnused();
  }

  public synchronized void giveUp() {
    if (!givenUp) {
      givenUp = true;
      freeWhenUnused();
    }
  }

  private void freeWhenUnused() {
    if (givenUp && users == 0) {
      free.run();
    }
  }
}
