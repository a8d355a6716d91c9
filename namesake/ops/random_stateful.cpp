// RandomUniform, RandomStandardNormal, TruncatedNormal, RandomUniformInt and RandomShuffle: draws without a seed tensor, as dropout is in the
// graphs of Keras 2 and TensorFlow 1. Each run draws new numbers; TensorFlow's own cannot be had, since they depend on what its kernels drew before.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <vector>

#include "namesake/ops/random_stream.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

constinit std::atomic<std::uint64_t> draws{0};

/// Of the attributes seed and seed2 and of how many draws there were; of the machine's entropy if both are 0, as in TensorFlow.
Stream next_stream(const Attrs& attrs) {
  const auto seed = static_cast<std::uint64_t>(attrs.integer(0)), second = static_cast<std::uint64_t>(attrs.integer(1));
  const std::uint64_t draw = draws.fetch_add(1, std::memory_order_relaxed);
  if (seed != 0 || second != 0) return {seed, second << 32, draw};
  std::random_device entropy;
  return {entropy() | static_cast<std::uint64_t>(entropy()) << 32, 0, draw};
}

void infer_draw(const InferContext& c) { c.outputs[0] = {c.attrs.type(2), shape_of_input(c.op, c.inputs[0])}; }
template <class D>
void draw_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) { fill<D>(next_stream(c.attrs), out.raw_as<decltype(zero)>(), out.size()); });
}
void draw_truncated_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) { fill_truncated(next_stream(c.attrs), out.raw_as<decltype(zero)>(), out.size()); });
}

void infer_draw_int(const InferContext& c) {
  check_integers(c, 1);
  check_same_dtype(c, 1, 2);
  check_rank(c, 1, 0);
  check_rank(c, 2, 0);
  if (!c.inputs[1].is_symbolic() && !c.inputs[2].is_symbolic() && index_at(c.inputs[1], 0) >= index_at(c.inputs[2], 0))
    throw_invalid(c.op, "There is no integer to draw.", "minval < maxval");
  c.outputs[0] = {c.inputs[1].dtype(), shape_of_input(c.op, c.inputs[0])};
}
template <class T, class U>
void draw_ints(const KernelContext& c) {
  fill_ints<T, U>(next_stream(c.attrs), *c.inputs[1].raw_as<T>(), *c.inputs[2].raw_as<T>(), c.outputs[0].raw_as<T>(), c.outputs[0].size());
}
void draw_int_kernel(const KernelContext& c) {
  if (c.outputs[0].dtype() == DType::kInt32)
    draw_ints<std::int32_t, std::uint32_t>(c);
  else
    draw_ints<std::int64_t, std::uint64_t>(c);
}

// RandomShuffle: the rows in another order (Fisher and Yates).
void shuffle_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const std::int64_t n = in.rank() == 0 ? 1 : in.shape()[0], run = n == 0 ? 0 : in.size() / n;
  std::vector<double> numbers(static_cast<std::size_t>(n));
  fill<Uniform>(next_stream(c.attrs), numbers.data(), n);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[static_cast<std::size_t>(numbers[i - 1] * static_cast<double>(i))]);
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t i = 0; i < n; ++i) std::copy_n(in.raw_as<T>() + order[static_cast<std::size_t>(i)] * run, run, out.raw_as<T>() + i * run);
  });
}

constexpr std::string_view kNamesShape[] = {"shape"};
constexpr std::string_view kNamesInts[] = {"shape", "minval", "maxval"};
constexpr std::string_view kNamesValue[] = {"value"};
constexpr AttrDef kAttrsDraw[] = {{"seed", AttrKind::kInt}, {"seed2", AttrKind::kInt}, {"dtype", AttrKind::kType, static_cast<std::int64_t>(DType::kFloat32)}};
constexpr TypeAttr kTypesInt[] = {{"T", 0}, {"Tout", 1}};
constexpr OpRecord draw_record(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name, .input_names = kNamesShape, .output_names = kNamesOutput, .attrs = kAttrsDraw, .types = kTypeT, .infer = infer_draw, .kernel = kernel, .blocks_gradient = true};
}

}  // namespace

constinit const OpRecord kRandomUniform = draw_record("RandomUniform", draw_kernel<Uniform>);
constinit const OpRecord kRandomStandardNormal = draw_record("RandomStandardNormal", draw_kernel<Normal>);
constinit const OpRecord kTruncatedNormal = draw_record("TruncatedNormal", draw_truncated_kernel);
constinit const OpRecord kRandomUniformInt = {.name = "RandomUniformInt",
                                              .input_names = kNamesInts,
                                              .output_names = kNamesOutput,
                                              .attrs = std::span(kAttrsDraw).first(2),
                                              .types = kTypesInt,
                                              .infer = infer_draw_int,
                                              .kernel = draw_int_kernel,
                                              .blocks_gradient = true};
constinit const OpRecord kRandomShuffle = {.name = "RandomShuffle",
                                           .input_names = kNamesValue,
                                           .output_names = kNamesOutput,
                                           .attrs = std::span(kAttrsDraw).first(2),
                                           .types = kTypeT,
                                           .infer = infer_as_input,
                                           .kernel = shuffle_kernel,
                                           .any_width = true};

}  // namespace namesake::ops
