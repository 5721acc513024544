package dev.baton.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of the weights of a Llama-architecture checkpoint. */
final class LlamaTensors {
  private LlamaTensors() {}

  static Map<String, List<Long>> shapes(LlamaConfig config) {
    long hidden = config.hidden();
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.kvHeads() * config.headDim();
    long inner = config.intermediate();
    long vocabulary = config.vocabulary();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", List.of(vocabulary, hidden));
    for (int i = 0; i < config.layers(); i++) {
      String layer = "model.layers." + i + ".";
      shapes.put(layer + "input_layernorm.weight", List.of(hidden));
      shapes.put(layer + "self_attn.q_proj.weight", List.of(queries, hidden));
      shapes.put(layer + "self_attn.k_proj.weight", List.of(keys, hidden));
      shapes.put(layer + "self_attn.v_proj.weight", List.of(keys, hidden));
      shapes.put(layer + "self_attn.o_proj.weight", List.of(hidden, queries));
      shapes.put(layer + "post_attention_layernorm.weight", List.of(hidden));
      shapes.put(layer + "mlp.gate_proj.weight", List.of(inner, hidden));
      shapes.put(layer + "mlp.up_proj.weight", List.of(inner, hidden));
      shapes.put(layer + "mlp.down_proj.weight", List.of(hidden, inner));
    }
    shapes.put("model.norm.weight", List.of(hidden));
    if (!config.tiedEmbeddings()) {
      shapes.put("lm_head.weight", List.of(vocabulary, hidden));
    }
    return shapes;
  }
}
