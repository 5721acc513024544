/** Blocks over plain sockets. */
@NullMarked
package dev.baton.kvtransfer.tcp;

import org.jspecify.annotations.NullMarked;
