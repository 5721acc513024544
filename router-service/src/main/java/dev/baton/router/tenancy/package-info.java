/** Who calls: API keys, tenants and the salt that keeps their KV blocks apart. */
@NullMarked
package dev.baton.router.tenancy;

import org.jspecify.annotations.NullMarked;
