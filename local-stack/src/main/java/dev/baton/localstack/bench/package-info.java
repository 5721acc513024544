/** Compares ways to place requests on one workload, each on a stack of its own. */
@NullMarked
package dev.baton.localstack.bench;

import org.jspecify.annotations.NullMarked;
