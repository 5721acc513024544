@NullMarked
package dev.baton.registry;

import org.jspecify.annotations.NullMarked;
