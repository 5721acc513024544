/** Measures how many fields of how many analyses are right. */
@NullMarked
package dev.baton.localstack.evaluate;

import org.jspecify.annotations.NullMarked;
