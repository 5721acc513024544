/** The holder's side: accepts peers, keeps their leases, answers their reads. */
@NullMarked
package dev.baton.kvtransfer.serve;

import org.jspecify.annotations.NullMarked;
