package dev.baton.prefill;

import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.prefill.handoff.PrefillWork;
import dev.baton.prefill.queue.PrefillQueue;
import dev.baton.worker.membership.MembershipListener;
import dev.baton.worker.runtime.WorkSource;
import java.util.concurrent.atomic.AtomicBoolean;

/** The queue as the worker's source of work; it is opened with the first lane, not before. */
final class PrefillSource implements WorkSource, MembershipListener {
  private final PrefillQueue queue;
  private final PrefillWork work;
  private final AtomicBoolean started = new AtomicBoolean();

  PrefillSource(PrefillQueue queue, PrefillWork work) {
    this.queue = queue;
    this.work = work;
  }

  @Override
  public void granted(LaneRef lane) {
    if (started.compareAndSet(false, true)) {
      queue.start();
    }
  }

  @Override
  public void fenced(LaneRef lane) {}

  @Override
  public void resync(LaneRef lane) {}

  @Override
  public boolean connected() {
    return queue.connected();
  }

  /** What was taken from the queue is in the loop at once. */
  @Override
  public int waiting() {
    return 0;
  }

  @Override
  public boolean idle() {
    return queue.busy() == 0;
  }

  @Override
  public void cancel(RequestId request) {
    work.cancel(request);
  }

  @Override
  public void stop() {
    queue.stop();
  }
}
