/** Blocks of the same host, read out of the holder's mapped pool file. */
@NullMarked
package dev.baton.kvtransfer.shm;

import org.jspecify.annotations.NullMarked;
