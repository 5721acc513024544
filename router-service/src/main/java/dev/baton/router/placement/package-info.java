/** Which decode worker serves a request, and on which path: filter, score, pick. */
@NullMarked
package dev.baton.router.placement;

import org.jspecify.annotations.NullMarked;
