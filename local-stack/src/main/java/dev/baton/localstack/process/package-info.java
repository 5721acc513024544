/** Child processes that never outlive their supervisor. */
@NullMarked
package dev.baton.localstack.process;

import org.jspecify.annotations.NullMarked;
