package dev.baton.kvtransfer.transport;

import dev.baton.kvtransfer.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts what still touches the pool's memory, so that closing can wait for it. */
public final class RunningTransfers {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition none = lock.newCondition();
  private int running;

  public void started() {
    lock.lock();
    try {
      running++;
    } finally {
      lock.unlock();
    }
  }

  public void ended() {
    lock.lock();
    try {
      if (--running == 0) {
        none.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing runs; false if something still does at the deadline. */
  public boolean awaitNone(Deadline deadline) {
    lock.lock();
    try {
      while (running > 0) {
        if (!none.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS) && deadline.expired()) {
          return running == 0;
        }
      }
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
