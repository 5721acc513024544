/** What a transport must offer: adverts, attaching to a peer, reading blocks from it. */
@NullMarked
package dev.baton.kvtransfer.transport;

import org.jspecify.annotations.NullMarked;
