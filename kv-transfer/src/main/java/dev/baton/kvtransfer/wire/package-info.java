/** The plane's protocol: frames, messages and their codec. */
@NullMarked
package dev.baton.kvtransfer.wire;

import org.jspecify.annotations.NullMarked;
