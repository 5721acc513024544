/** The OpenAI-compatible dialect: chat completions and the list of models. */
@NullMarked
package dev.baton.router.openai;

import org.jspecify.annotations.NullMarked;
