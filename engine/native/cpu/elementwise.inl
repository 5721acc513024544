// RMSNorm, SwiGLU, rotary embedding and conversions.

#if BATON_LEVEL >= 3
using Act = bf16;
inline void store_act(Vec v, Act* p) { v.store_bf16(p); }
inline void store_act(float v, Act* p) { *p = to_bf16(v); }
#else
using Act = float;
inline void store_act(Vec v, Act* p) { v.store(p); }
inline void store_act(float v, Act* p) { *p = v; }
#endif

void rms_norm(const float* x, const float* weight, int n, float epsilon, Activation* out) {
  Act* to = static_cast<Act*>(out);
  Vec squares = Vec::zero();
  int i = 0;
  for (; i + Vec::width <= n; i += Vec::width) {
    const Vec v = Vec::load(x + i);
    squares = fma(v, v, squares);
  }
  float sum = squares.sum();
  for (; i < n; ++i) sum += x[i] * x[i];
  const float inverse = 1.0F / std::sqrt(sum / static_cast<float>(n) + epsilon);
  for (i = 0; i + Vec::width <= n; i += Vec::width) {
    store_act(Vec::load(x + i) * Vec::set(inverse) * Vec::load(weight + i), to + i);
  }
  for (; i < n; ++i) store_act(x[i] * inverse * weight[i], to + i);
}

Vec silu(Vec x) {
  return x / (Vec::set(1.0F) + exp2(x * Vec::set(-kLog2E)));
}

void swiglu(const float* gate, const float* up, int n, Activation* out) {
  Act* to = static_cast<Act*>(out);
  int i = 0;
  for (; i + Vec::width <= n; i += Vec::width) {
    store_act(silu(Vec::load(gate + i)) * Vec::load(up + i), to + i);
  }
  for (; i < n; ++i) store_act(gate[i] / (1.0F + std::exp(-gate[i])) * up[i], to + i);
}

template <class Out, class StoreVec, class StoreOne>
void rotate(const float* x, const float* cosine, const float* sine, int head_dim, Out* out,
            StoreVec store_vec, StoreOne store_one) {
  const int half = head_dim / 2;
  int i = 0;
  for (; i + Vec::width <= half; i += Vec::width) {
    const Vec a = Vec::load(x + i);
    const Vec b = Vec::load(x + half + i);
    const Vec c = Vec::load(cosine + i);
    const Vec s = Vec::load(sine + i);
    store_vec(a * c - b * s, out + i);
    store_vec(b * c + a * s, out + half + i);
  }
  for (; i < half; ++i) {
    store_one(x[i] * cosine[i] - x[half + i] * sine[i], out + i);
    store_one(x[half + i] * cosine[i] + x[i] * sine[i], out + half + i);
  }
}

void rope(const float* x, const float* cosine, const float* sine, int head_dim, Activation* out) {
  rotate(
      x, cosine, sine, head_dim, static_cast<Act*>(out), [](Vec v, Act* p) { store_act(v, p); },
      [](float v, Act* p) { store_act(v, p); });
}

void rope_bf16(const float* x, const float* cosine, const float* sine, int head_dim, bf16* out) {
  rotate(
      x, cosine, sine, head_dim, out, [](Vec v, bf16* p) { v.store_bf16(p); },
      [](float v, bf16* p) { *p = to_bf16(v); });
}

void store_bf16(const float* x, int n, bf16* out) {
  int i = 0;
  for (; i + Vec::width <= n; i += Vec::width) Vec::load(x + i).store_bf16(out + i);
  for (; i < n; ++i) out[i] = to_bf16(x[i]);
}

void load_bf16(const bf16* x, int n, float* out) {
  int i = 0;
  for (; i + Vec::width <= n; i += Vec::width) Vec::load_bf16(x + i).store(out + i);
  for (; i < n; ++i) out[i] = to_float(x[i]);
}
