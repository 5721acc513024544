/** Blocks through UCX one-sided gets; loaded on demand, its absence is a capability. */
@NullMarked
package dev.baton.kvtransfer.ucx;

import org.jspecify.annotations.NullMarked;
