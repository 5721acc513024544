/** The internal HTTP API. */
@NullMarked
package dev.baton.registry.web;

import org.jspecify.annotations.NullMarked;
