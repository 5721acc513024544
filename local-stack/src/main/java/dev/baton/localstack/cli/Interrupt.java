package dev.baton.localstack.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and SIGTERM into an interrupt of the thread that runs the command, and keeps the JVM
 * alive until that thread has cleaned up and closed this.
 */
final class Interrupt implements AutoCloseable {
  private static final Duration CLEAN_UP = Duration.ofSeconds(60);

  private final CountDownLatch cleanedUp = new CountDownLatch(1);
  private final Thread hook;

  private Interrupt(Thread command) {
    this.hook = new Thread(() -> interruptAndWait(command), "signal");
  }

  static Interrupt onSignal() {
    Interrupt interrupt = new Interrupt(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  private void interruptAndWait(Thread command) {
    command.interrupt();
    try {
      if (!cleanedUp.await(CLEAN_UP.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("baton: gave up waiting for processes to stop; they are killed now");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    cleanedUp.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // The hook is what was waiting for this.
    }
  }
}
