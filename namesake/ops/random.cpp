#include "namesake/ops/random.h"

#include <bit>
#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/sorting.h"

namespace namesake::ops {
namespace {

using Group = std::array<std::uint32_t, 4>;

/// Philox4x32-10: four random words of a 128-bit counter (Salmon et al., "Parallel random numbers: as easy as 1, 2,
/// 3").
Group philox(Group counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// The stream that TensorFlow makes of a seed: key and counter are themselves drawn, so that near seeds are far apart.
class Stream {
 public:
  explicit Stream(const Tensor& seed) {
    std::array<std::uint64_t, 2> words{};
    for (std::size_t i = 0; i < 2; ++i) {
      words[i] = static_cast<std::uint64_t>(seed.dtype() == DType::kInt32 ? seed.raw_as<std::int32_t>()[i]
                                                                          : seed.raw_as<std::int64_t>()[i]);
    }
    const Group mixed = philox({static_cast<std::uint32_t>(words[0]), static_cast<std::uint32_t>(words[0] >> 32),
                                static_cast<std::uint32_t>(words[1]), static_cast<std::uint32_t>(words[1] >> 32)},
                               0x3ec8f720, 0x02461e29);
    key0_ = mixed[0];
    key1_ = mixed[1];
    high_ = mixed[2] | static_cast<std::uint64_t>(mixed[3]) << 32;
  }
  /// The four words at place `index` (below 2^64: the upper half of the counter never changes).
  [[nodiscard]] Group at(std::uint64_t index) const {
    return philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                   static_cast<std::uint32_t>(high_), static_cast<std::uint32_t>(high_ >> 32)},
                  key0_, key1_);
  }

 private:
  std::uint32_t key0_ = 0, key1_ = 0;
  std::uint64_t high_ = 0;
};

// Random bits become the fraction of a number in [1, 2).
float uniform(std::uint32_t bits) { return std::bit_cast<float>((bits & 0x7fffff) | 0x3f800000) - 1.0f; }
double uniform(std::uint32_t high, std::uint32_t low) {
  return std::bit_cast<double>(std::uint64_t{0x3ff} << 52 | static_cast<std::uint64_t>(high & 0xfffff) << 32 | low) -
         1.0;
}

/// Two normal numbers of two uniform ones (Box and Muller).
template <class T>
std::array<T, 2> normals(T u, T v) {
  constexpr T kSmallest = T(1.0e-7);
  const T radius = std::sqrt(T(-2) * std::log(u < kSmallest ? kSmallest : u));
  const T angle = T(2) * T(3.14159265358979323846) * v;
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

template <class T>
constexpr std::int64_t kPerGroup = sizeof(T) == 8 ? 2 : 4;  // numbers made of the four words

struct Uniform {
  static void fill(const Group& g, std::array<float, 4>& out) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = uniform(g[i]);
  }
  static void fill(const Group& g, std::array<double, 2>& out) { out = {uniform(g[0], g[1]), uniform(g[2], g[3])}; }
};
struct Normal {
  static void fill(const Group& g, std::array<float, 4>& out) {
    const auto a = normals(uniform(g[0]), uniform(g[1])), b = normals(uniform(g[2]), uniform(g[3]));
    out = {a[0], a[1], b[0], b[1]};
  }
  static void fill(const Group& g, std::array<double, 2>& out) {
    out = normals(uniform(g[0], g[1]), uniform(g[2], g[3]));
  }
};

template <class D, class T>
void fill(const Stream& stream, T* out, std::int64_t n) {
  constexpr std::int64_t kStep = kPerGroup<T>;
  std::array<T, static_cast<std::size_t>(kStep)> numbers;
  for (std::int64_t i = 0; i < n; i += kStep) {
    D::fill(stream.at(static_cast<std::uint64_t>(i / kStep)), numbers);
    for (std::int64_t k = 0; k < kStep && i + k < n; ++k) out[i + k] = numbers[static_cast<std::size_t>(k)];
  }
}

/// Normals are drawn until they lie within two standard deviations; each group of results has 256 draws to itself.
template <class T>
void fill_truncated(const Stream& stream, T* out, std::int64_t n) {
  constexpr std::int64_t kStep = kPerGroup<T>;
  constexpr std::uint64_t kReserved = 256 * static_cast<std::uint64_t>(kStep) / 4;
  std::array<T, 4> drawn;
  for (std::int64_t i = 0; i < n; i += kStep) {
    std::int64_t found = 0;
    for (std::uint64_t index = static_cast<std::uint64_t>(i / kStep) * kReserved; found < kStep; ++index) {
      const Group g = stream.at(index);
      if constexpr (sizeof(T) == 4) {
        Normal::fill(g, drawn);
      } else {
        const auto pair = normals(uniform(g[0], g[1]), uniform(g[2], g[3]));
        drawn = {pair[0], pair[1], T(9), T(9)};
      }
      for (const T value : drawn) {
        if (std::abs(value) < T(2) && found < kStep) {
          if (i + found < n) out[i + found] = value;
          ++found;
        }
      }
    }
  }
}

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
template <class T, class U>
void fill_ints(const Stream& stream, T low, T high, T* out, std::int64_t n) {
  const U range = static_cast<U>(high) - static_cast<U>(low);
  constexpr std::int64_t kStep = kPerGroup<T>;
  for (std::int64_t i = 0; i < n; ++i) {
    const Group g = stream.at(static_cast<std::uint64_t>(i / kStep));
    const auto k = static_cast<std::size_t>(i % kStep);
    U bits;
    if constexpr (sizeof(T) == 8)
      bits = g[2 * k] | static_cast<U>(g[2 * k + 1]) << 32;
    else
      bits = g[k];
    out[i] = static_cast<T>(static_cast<U>(low) + bits % range);
  }
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
