/** What HTTP bodies look like: requests read strictly, answers framed. */
@NullMarked
package dev.baton.router.http;

import org.jspecify.annotations.NullMarked;
