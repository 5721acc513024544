/** From an HTTP request to tokens and back: dialects on one side, placed work on the other. */
@NullMarked
package dev.baton.router.generation;

import org.jspecify.annotations.NullMarked;
