@NullMarked
package dev.baton.prefill;

import org.jspecify.annotations.NullMarked;
