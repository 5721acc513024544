/** Every worker with a live lease. */
@NullMarked
package dev.baton.registry.directory;

import org.jspecify.annotations.NullMarked;
