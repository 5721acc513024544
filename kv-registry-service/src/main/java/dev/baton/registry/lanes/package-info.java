/** Leases of lanes, fenced by epochs. */
@NullMarked
package dev.baton.registry.lanes;

import org.jspecify.annotations.NullMarked;
