/** A generation as text: what a client reads, piece by piece, and what it cost. */
@NullMarked
package dev.baton.router.answer;

import org.jspecify.annotations.NullMarked;
