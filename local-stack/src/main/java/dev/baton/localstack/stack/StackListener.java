package dev.baton.localstack.stack;

/** Told of every change of a component's state, from any thread, one call at a time. */
@FunctionalInterface
public interface StackListener {
  StackListener SILENT = status -> {};

  void changed(ComponentStatus status);
}
