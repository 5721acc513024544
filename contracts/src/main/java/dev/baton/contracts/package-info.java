/**
 * What crosses a service boundary: identifiers, records of every topic and internal HTTP call, and
 * the hashing that gives a KV block its name. No Spring here.
 */
@NullMarked
package dev.baton.contracts;

import org.jspecify.annotations.NullMarked;
