/** Whether the router can serve. */
@NullMarked
package dev.baton.router.health;

import org.jspecify.annotations.NullMarked;
