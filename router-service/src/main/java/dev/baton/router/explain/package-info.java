/** Why a request went where it went, and what that cost. */
@NullMarked
package dev.baton.router.explain;

import org.jspecify.annotations.NullMarked;
