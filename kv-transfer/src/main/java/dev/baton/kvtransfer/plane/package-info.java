/** The reader's side, and the plane that ties both together. */
@NullMarked
package dev.baton.kvtransfer.plane;

import org.jspecify.annotations.NullMarked;
