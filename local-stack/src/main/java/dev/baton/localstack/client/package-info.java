/** A client of the public API, for the command line and the end-to-end tests. */
@NullMarked
package dev.baton.localstack.client;

import org.jspecify.annotations.NullMarked;
