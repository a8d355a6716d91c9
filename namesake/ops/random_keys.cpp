// The stateless random ops in two steps: StatelessRandomGetKeyCounter makes a seed into Philox's key and counter, and the V2 ops draw by these.
#include "namesake/ops/random_stream.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

enum Input : std::size_t { kShapeInput, kKey, kCounter, kAlgorithm, kLow, kHigh };

void infer_key_counter(const InferContext& c) {
  check_integers(c, 0);
  if (!c.inputs[0].shape().compatible_with({2})) throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs a seed of two integers.", "a seed of shape (2,)");
  c.outputs[0] = {DType::kUInt64, {1}};
  c.outputs[1] = {DType::kUInt64, {2}};
}
void key_counter_kernel(const KernelContext& c) {
  const Stream stream(c.inputs[0]);
  c.outputs[0].raw_as<std::uint64_t>()[0] = stream.key();
  c.outputs[1].raw_as<std::uint64_t>()[0] = stream.low();
  c.outputs[1].raw_as<std::uint64_t>()[1] = stream.high();
}

void check_generator(const InferContext& c) {
  constexpr std::int32_t kPhilox = 1, kAuto = 3;  // what TensorFlow chooses on a CPU is Philox too
  const auto vector = [&](Input i, std::int64_t size) {
    if (c.inputs[i].dtype() != DType::kUInt64 || !c.inputs[i].shape().compatible_with({size}))
      throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs a key and a counter.", "uint64 (1,) and uint64 (2,)");
  };
  vector(kKey, 1);
  vector(kCounter, 2);
  check_rank(c, kAlgorithm, 0);
  if (c.inputs[kAlgorithm].dtype() != DType::kInt32) throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs the number of an algorithm.", "int32");
  if (c.inputs[kAlgorithm].is_symbolic()) return;
  const auto algorithm = c.inputs[kAlgorithm].item<std::int32_t>();
  if (algorithm != kPhilox && algorithm != kAuto)
    throw_invalid(c.op, std::string(c.op.name) + " draws by Philox only.", "algorithm 1 (or 3, automatic)", std::to_string(algorithm));
}
void infer_keyed(const InferContext& c) {
  check_generator(c);
  c.outputs[0] = {c.attrs.type(0), shape_of_input(c.op, c.inputs[kShapeInput])};
}
void infer_keyed_int(const InferContext& c) {
  check_generator(c);
  check_integers(c, kLow);
  check_same_dtype(c, kLow, kHigh);
  check_rank(c, kLow, 0);
  check_rank(c, kHigh, 0);
  if (!c.inputs[kLow].is_symbolic() && !c.inputs[kHigh].is_symbolic() && index_at(c.inputs[kLow], 0) >= index_at(c.inputs[kHigh], 0))
    throw_invalid(c.op, "There is no integer to draw.", "minval < maxval");
  c.outputs[0] = {c.inputs[kLow].dtype(), shape_of_input(c.op, c.inputs[kShapeInput])};
}

Stream stream_of(const KernelContext& c) {
  const auto* counter = c.inputs[kCounter].raw_as<std::uint64_t>();
  return {*c.inputs[kKey].raw_as<std::uint64_t>(), counter[0], counter[1]};
}
template <class D>
void keyed_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) { fill<D>(stream_of(c), out.raw_as<decltype(zero)>(), out.size()); });
}
void keyed_truncated_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) { fill_truncated(stream_of(c), out.raw_as<decltype(zero)>(), out.size()); });
}
template <class T, class U>
void draw_ints(const KernelContext& c) {
  fill_ints<T, U>(stream_of(c), *c.inputs[kLow].raw_as<T>(), *c.inputs[kHigh].raw_as<T>(), c.outputs[0].raw_as<T>(), c.outputs[0].size());
}
void keyed_int_kernel(const KernelContext& c) {
  if (c.outputs[0].dtype() == DType::kInt32)
    draw_ints<std::int32_t, std::uint32_t>(c);
  else
    draw_ints<std::int64_t, std::uint64_t>(c);
}

constexpr std::string_view kNamesSeed[] = {"seed"};
constexpr std::string_view kNamesKeyCounter[] = {"key", "counter"};
constexpr std::string_view kNamesKeyed[] = {"shape", "key", "counter", "alg", "minval", "maxval"};
constexpr AttrDef kAttrsKeyed[] = {{"dtype", AttrKind::kType, static_cast<std::int64_t>(DType::kFloat32)}};
constexpr TypeAttr kTypesSeed[] = {{"Tseed", 0}};
constexpr TypeAttr kTypesKeyed[] = {{"Tshape", kShapeInput}};
constexpr TypeAttr kTypesKeyedInt[] = {{"dtype", kLow}, {"Tshape", kShapeInput}};
constexpr OpRecord keyed(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name,
          .input_names = std::span(kNamesKeyed).first(4),
          .output_names = kNamesOutput,
          .attrs = kAttrsKeyed,
          .types = kTypesKeyed,
          .infer = infer_keyed,
          .kernel = kernel,
          .blocks_gradient = true};
}

}  // namespace

constinit const OpRecord kStatelessRandomGetKeyCounter = {.name = "StatelessRandomGetKeyCounter",
                                                          .input_names = kNamesSeed,
                                                          .output_names = kNamesKeyCounter,
                                                          .types = kTypesSeed,
                                                          .infer = infer_key_counter,
                                                          .kernel = key_counter_kernel,
                                                          .blocks_gradient = true};
constinit const OpRecord kStatelessRandomUniformV2 = keyed("StatelessRandomUniformV2", keyed_kernel<Uniform>);
constinit const OpRecord kStatelessRandomNormalV2 = keyed("StatelessRandomNormalV2", keyed_kernel<Normal>);
constinit const OpRecord kStatelessTruncatedNormalV2 = keyed("StatelessTruncatedNormalV2", keyed_truncated_kernel);
constinit const OpRecord kStatelessRandomUniformIntV2 = {.name = "StatelessRandomUniformIntV2",
                                                         .input_names = kNamesKeyed,
                                                         .output_names = kNamesOutput,
                                                         .types = kTypesKeyedInt,
                                                         .infer = infer_keyed_int,
                                                         .kernel = keyed_int_kernel,
                                                         .blocks_gradient = true};

}  // namespace namesake::ops
