@NullMarked
package dev.baton.router;

import org.jspecify.annotations.NullMarked;
