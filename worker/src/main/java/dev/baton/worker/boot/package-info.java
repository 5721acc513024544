/** A worker as a Spring Boot application: properties, wiring, life, health, metrics. */
@NullMarked
package dev.baton.worker.boot;

import org.jspecify.annotations.NullMarked;
