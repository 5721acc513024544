/**
 * The {@code generate://} scheme: from a gateway route to a dialect, a generation and its answer.
 */
@NullMarked
package dev.baton.router.gateway;

import org.jspecify.annotations.NullMarked;
