package dev.baton.worker.loop;

import dev.baton.contracts.BlockHash;
import dev.baton.worker.blocks.ResidencyChanges;
import java.util.List;

/** Hears what the pool holds; called on the loop's thread, must not block. */
public interface ResidencySink {
  /** Net changes of one step. */
  void changed(ResidencyChanges changes);

  /** Everything that is resident, as asked for with {@link EngineLoop#reportResidency}. */
  void snapshot(List<BlockHash> resident);
}
