/** Which lane holds which block. */
@NullMarked
package dev.baton.registry.residency;

import org.jspecify.annotations.NullMarked;
