package dev.baton.worker.exchange;

import dev.baton.kvtransfer.TransportKind;
import dev.baton.worker.loop.Filled;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of pulling blocks.
 *
 * @param filled what the sequence may rely on
 * @param took from asking the holder to the last verified block
 * @param bytes bytes moved
 * @param transport how, where anything moved
 * @param problem why not everything arrived, for the explanation of the request
 */
public record Pull(
    Filled filled,
    Duration took,
    long bytes,
    @Nullable TransportKind transport,
    Optional<String> problem) {}
