/**
 * Deal knowledge: the prompt, the schema {@code deal-analysis/v1}, and where in a memo each value
 * comes from.
 */
@NullMarked
package dev.baton.router.deals;

import org.jspecify.annotations.NullMarked;
