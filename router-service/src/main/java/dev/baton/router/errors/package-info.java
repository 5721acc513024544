/** Every error of the router in one documented shape. */
@NullMarked
package dev.baton.router.errors;

import org.jspecify.annotations.NullMarked;
