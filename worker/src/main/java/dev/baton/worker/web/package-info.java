/** The internal HTTP API that both tiers share. */
@NullMarked
package dev.baton.worker.web;

import org.jspecify.annotations.NullMarked;
