@NullMarked
package dev.baton.autoscaler;

import org.jspecify.annotations.NullMarked;
