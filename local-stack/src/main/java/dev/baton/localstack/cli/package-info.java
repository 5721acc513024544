/** The commands of {@code ./baton} and what they print. */
@NullMarked
package dev.baton.localstack.cli;

import org.jspecify.annotations.NullMarked;
