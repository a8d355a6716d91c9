#include "namesake/ops/random.h"

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random_stream.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/sorting.h"

namespace namesake::ops {
namespace {

void check_seed(const InferContext& c, std::size_t i) {
  check_integers(c, i);
  const Shape& shape = c.inputs[i].shape();
  if (shape.known_rank() && !shape.compatible_with({2})) {
    throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs a seed of two integers.", "a seed of shape (2,)");
  }
}
void infer_random(const InferContext& c) {
  check_seed(c, 1);
  c.outputs[0] = {c.attrs.type(0), shape_of_input(c.op, c.inputs[0])};
}
template <class D>
void random_kernel(const KernelContext& c) {
  const Stream stream(c.inputs[1]);
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(), [&](auto zero) { fill<D>(stream, out.raw_as<decltype(zero)>(), out.size()); });
}
void truncated_kernel(const KernelContext& c) {
  const Stream stream(c.inputs[1]);
  const Tensor& out = c.outputs[0];
  with_floating(c.op, out.dtype(),
                [&](auto zero) { fill_truncated(stream, out.raw_as<decltype(zero)>(), out.size()); });
}

void infer_random_int(const InferContext& c) {
  check_seed(c, 1);
  check_integers(c, 2);
  check_same_dtype(c, 2, 3);
  check_rank(c, 2, 0);
  check_rank(c, 3, 0);
  if (!c.inputs[2].is_symbolic() && !c.inputs[3].is_symbolic() &&
      c.inputs[2].item<double>() >= c.inputs[3].item<double>()) {
    throw_invalid(c.op, "There is no integer to draw.", "minval < maxval");
  }
  c.outputs[0] = {c.inputs[2].dtype(), shape_of_input(c.op, c.inputs[0])};
}
void random_int_kernel(const KernelContext& c) {
  const Stream stream(c.inputs[1]);
  const Tensor &low = c.inputs[2], &high = c.inputs[3], &out = c.outputs[0];
  if (out.dtype() == DType::kInt32) {
    fill_ints<std::int32_t, std::uint32_t>(stream, *low.raw_as<std::int32_t>(), *high.raw_as<std::int32_t>(),
                                           out.raw_as<std::int32_t>(), out.size());
  } else {
    fill_ints<std::int64_t, std::uint64_t>(stream, *low.raw_as<std::int64_t>(), *high.raw_as<std::int64_t>(),
                                           out.raw_as<std::int64_t>(), out.size());
  }
}

constexpr std::string_view kNamesRandom[] = {"shape", "seed"};
constexpr std::string_view kNamesRandomInt[] = {"shape", "seed", "minval", "maxval"};
constexpr AttrDef kAttrsRandom[] = {{"dtype", AttrKind::kType, static_cast<std::int64_t>(DType::kFloat32)}};
constexpr TypeAttr kTypesRandom[] = {{"T", 0}, {"Tseed", 1}};
constexpr TypeAttr kTypesRandomInt[] = {{"dtype", 2}, {"T", 0}, {"Tseed", 1}};
constexpr OpRecord random_record(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name,
          .input_names = kNamesRandom,
          .output_names = kNamesOutput,
          .attrs = kAttrsRandom,
          .types = kTypesRandom,
          .infer = infer_random,
          .kernel = kernel};
}

}  // namespace

constinit const OpRecord kStatelessRandomUniform = random_record("StatelessRandomUniform", random_kernel<Uniform>);
constinit const OpRecord kStatelessRandomNormal = random_record("StatelessRandomNormal", random_kernel<Normal>);
constinit const OpRecord kStatelessTruncatedNormal = random_record("StatelessTruncatedNormal", truncated_kernel);
constinit const OpRecord kStatelessRandomUniformInt = {.name = "StatelessRandomUniformInt",
                                                       .input_names = kNamesRandomInt,
                                                       .output_names = kNamesOutput,
                                                       .types = kTypesRandomInt,
                                                       .infer = infer_random_int,
                                                       .kernel = random_int_kernel};

namespace {
Tensor moved(const Tensor& numbers, double scale, double offset) {
  const Tensor scaled = scale == 1 ? numbers : numbers * scale;
  return offset == 0 ? scaled : scaled + offset;
}

// The sizes as an op's input; open ones are asked of `like`.
Tensor sizes_of(const Shape& shape, const Tensor& like) {
  if (shape.fully_known()) return int_tensor(shape.sizes());
  Tensor open = Tensor::empty(DType::kBool, {shape.rank()});
  for (int i = 0; i < shape.rank(); ++i) open.raw_as<bool>()[i] = shape[i] == Shape::kOpen;
  return where(open, shape_of(like), int_tensor(shape.sizes()));
}
}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor random_seed(std::int32_t first, std::int32_t second) { return Tensor::of<std::int32_t>({first, second}, {2}); }
Tensor stateless_random_uniform(const Shape& shape, const Tensor& seed, double minval, double maxval, DType dtype) {
  return moved(apply(kStatelessRandomUniform, int_tensor(shape.sizes()), seed, Attrs::of(dtype)), maxval - minval,
               minval);
}
Tensor stateless_random_normal(const Shape& shape, const Tensor& seed, double mean, double stddev, DType dtype) {
  return moved(apply(kStatelessRandomNormal, int_tensor(shape.sizes()), seed, Attrs::of(dtype)), stddev, mean);
}
Tensor stateless_random_uniform_like(const Tensor& like, const Shape& shape, const Tensor& seed, DType dtype) {
  return apply(kStatelessRandomUniform, sizes_of(shape, like), seed, Attrs::of(dtype));
}
Tensor stateless_random_normal_like(const Tensor& like, const Shape& shape, const Tensor& seed, double mean, double stddev, DType dtype) {
  return moved(apply(kStatelessRandomNormal, sizes_of(shape, like), seed, Attrs::of(dtype)), stddev, mean);
}
Tensor stateless_truncated_normal(const Shape& shape, const Tensor& seed, double mean, double stddev, DType dtype) {
  return moved(apply(kStatelessTruncatedNormal, int_tensor(shape.sizes()), seed, Attrs::of(dtype)), stddev, mean);
}
Tensor stateless_random_randint(const Shape& shape, const Tensor& seed, std::int64_t minval, std::int64_t maxval,
                                DType dtype) {
  const auto bound = [&](std::int64_t value) { return cast(Tensor(value), dtype); };
  return apply(kStatelessRandomUniformInt, {int_tensor(shape.sizes()), seed, bound(minval), bound(maxval)});
}

Tensor stateless_shuffle(const Tensor& x, const Tensor& seed, int axis) {
  const std::int64_t n = x.shape()[checked_axis(kStatelessRandomUniform, axis, x.rank())];
  return take(x, argsort(stateless_random_uniform({n}, seed)), axis);
}

}  // namespace namesake
