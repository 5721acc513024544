/**
 * Text lives in the router alone: chat templates, tokenizer, incremental detokenizing, stop
 * strings. Workers speak token ids.
 */
@NullMarked
package dev.baton.router.text;

import org.jspecify.annotations.NullMarked;
