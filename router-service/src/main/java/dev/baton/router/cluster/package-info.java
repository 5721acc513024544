/** What the router knows of the workers. */
@NullMarked
package dev.baton.router.cluster;

import org.jspecify.annotations.NullMarked;
