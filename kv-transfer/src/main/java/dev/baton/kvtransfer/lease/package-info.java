/** Who may read which blocks of this worker, and until when. */
@NullMarked
package dev.baton.kvtransfer.lease;

import org.jspecify.annotations.NullMarked;
