/** What becomes of a decision: nothing, or a change of a Kubernetes Deployment. */
@NullMarked
package dev.baton.autoscaler.apply;

import org.jspecify.annotations.NullMarked;
