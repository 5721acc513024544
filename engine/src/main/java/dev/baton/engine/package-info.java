/** Model execution behind one interface: paged KV, one call a step for a mixed batch. */
@NullMarked
package dev.baton.engine;

import org.jspecify.annotations.NullMarked;
