/** Blocks between the device memories of one host. */
@NullMarked
package dev.baton.kvtransfer.cuda;

import org.jspecify.annotations.NullMarked;
