/** Generations: from the router's request to the last token. */
@NullMarked
package dev.baton.decode.generation;

import org.jspecify.annotations.NullMarked;
