#include "namesake/nn/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/optim/keras_object.h"
#include "namesake/tensor/config_fields.h"

namespace namesake {
namespace {

/// The standard deviation of a normal distribution that is cut off at two of them.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Fans {
  double in = 1, out = 1;
};

double product_of(const Shape& shape, const AxisList& axes) {
  double product = 1;
  for (const std::int64_t axis : axes.resolved(shape.rank(), "VarianceScaling")) product *= static_cast<double>(shape[static_cast<int>(axis)]);
  return product;
}

/// Inputs and outputs of a unit: a kernel (.., inputs, outputs) has as many of each as it has positions.
Fans fans_of(const Shape& shape, const AxisList& input_axes, const AxisList& output_axes) {
  if (input_axes && output_axes) return {product_of(shape, input_axes), product_of(shape, output_axes)};
  if (shape.rank() < 1) return {};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double positions = 1;
  for (int i = 0; i + 2 < shape.rank(); ++i) positions *= static_cast<double>(shape[i]);
  return {static_cast<double>(shape[shape.rank() - 2]) * positions, static_cast<double>(shape.back()) * positions};
}

VarianceScaling preset(double scale, const char* mode, const char* distribution, std::optional<std::int64_t> seed) {
  return {.scale = scale, .mode = mode, .distribution = distribution, .seed = seed};
}

[[noreturn]] void refuse_option(std::string_view option, std::string expected, std::string received) {
  throw InvalidArgument({.subject = std::string(option),
                         .what = fmt::format("VarianceScaling got a {} that it does not know.", option),
                         .expected = std::move(expected),
                         .received = std::move(received)});
}

/// `options` as Keras keeps them.
VarianceScaling checked(VarianceScaling options) {
  if (!(options.scale > 0)) refuse_option("scale", "a number above 0", fmt::format("{}", options.scale));
  if (options.mode != "fan_in" && options.mode != "fan_out" && options.mode != "fan_avg") {
    refuse_option("mode", "fan_in, fan_out or fan_avg", options.mode);
  }
  std::string& word = options.distribution;
  word = naming::to_lower(word);
  if (word == "normal") word = "truncated_normal";
  if (word != "truncated_normal" && word != "untruncated_normal" && word != "uniform") {
    refuse_option("distribution", "truncated_normal, untruncated_normal or uniform", word);
  }
  return options;
}

/// A seed of 32 bits gives the numbers that Keras makes of it, by its TensorFlow backend's way to int32.
Tensor seed_tensor(std::uint64_t seed) {
  return random_seed(static_cast<std::int32_t>((seed & 0xffffffff) % 0x7ffffffe), static_cast<std::int32_t>(seed >> 32));
}

/// The orthogonal factor of `a` (rows, columns), rows >= columns, whose triangular factor has a diagonal above 0: there is one
/// only, so that it does not matter by which way it is found. Columns are made orthogonal to those before twice: once is not
/// enough for nearly parallel ones.
std::vector<double> orthogonal_factor(std::vector<double> a, std::int64_t rows, std::int64_t columns) {
  const auto at = [&](std::int64_t row, std::int64_t column) -> double& { return a[static_cast<std::size_t>(row * columns + column)]; };
  const auto dot = [&](std::int64_t i, std::int64_t j) {
    double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) sum += at(row, i) * at(row, j);
    return sum;
  };
  for (std::int64_t j = 0; j < columns; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t i = 0; i < j; ++i) {
        const double along = dot(i, j);
        for (std::int64_t row = 0; row < rows; ++row) at(row, j) -= along * at(row, i);
      }
    }
    const double length = std::sqrt(dot(j, j));
    for (std::int64_t row = 0; row < rows; ++row) at(row, j) /= length;
  }
  return a;
}

Tensor orthogonal(const Shape& shape, const Tensor& seed, double gain, DType dtype) {
  if (shape.rank() < 2) {
    throw ShapeMismatch({.subject = "Orthogonal",
                         .what = "The initializer Orthogonal makes matrices.",
                         .expected = "2 axes at least",
                         .received = to_string(shape)});
  }
  const std::int64_t columns = shape.back(), rows = shape.count() / std::max<std::int64_t>(columns, 1);
  const std::int64_t more = std::max(rows, columns), fewer = std::min(rows, columns);
  const Tensor normal = cast(stateless_random_normal({more, fewer}, seed, 0, 1, dtype), DType::kFloat64);
  const std::vector<double> q = orthogonal_factor(normal.to_vector<double>(), more, fewer);
  Tensor values = Tensor::empty(DType::kFloat64, shape);
  for (std::int64_t i = 0; i < values.size(); ++i) {
    const std::int64_t row = i / columns, column = i % columns;
    values.raw_as<double>()[i] = gain * q[static_cast<std::size_t>(rows < columns ? column * fewer + row : i)];
  }
  return cast(values, dtype);
}

Tensor identity_matrix(const Shape& shape, double gain, DType dtype) {
  if (shape.rank() != 2) {
    throw ShapeMismatch({.subject = "Identity",
                         .what = "The initializer Identity makes matrices.",
                         .expected = "2 axes",
                         .received = to_string(shape)});
  }
  return cast(eye(shape[0], shape[1], DType::kFloat64) * gain, dtype);
}

JsonValue number(const std::optional<std::int64_t>& value) { return value ? JsonValue(*value) : JsonValue(); }

}  // namespace

Initializer::Initializer(Kind kind, std::string_view class_name, double a, double b, std::optional<std::int64_t> seed)
    : kind_(kind), class_name_(class_name), a_(a), b_(b), seed_(seed) {}

Initializer::Initializer(std::string_view class_name, const VarianceScaling& options)
    : kind_(Kind::kVarianceScaling), class_name_(class_name) {
  const VarianceScaling kept = checked(options);
  a_ = kept.scale;
  mode_ = kept.mode;
  distribution_ = kept.distribution;
  seed_ = kept.seed;
  input_axes_ = kept.input_axes;
  output_axes_ = kept.output_axes;
}

Initializer::Initializer(const Zeros&) : Initializer(Kind::kConstant, "Zeros", 0, 0, {}) {}
Initializer::Initializer(const Ones&) : Initializer(Kind::kConstant, "Ones", 1, 0, {}) {}
Initializer::Initializer(const Constant& o) : Initializer(Kind::kConstant, "Constant", o.value, 0, {}) {}
Initializer::Initializer(const RandomNormal& o) : Initializer(Kind::kNormal, "RandomNormal", o.mean, o.stddev, o.seed) {}
Initializer::Initializer(const RandomUniform& o) : Initializer(Kind::kUniform, "RandomUniform", o.minval, o.maxval, o.seed) {}
Initializer::Initializer(const TruncatedNormal& o)
    : Initializer(Kind::kTruncatedNormal, "TruncatedNormal", o.mean, o.stddev, o.seed) {}
Initializer::Initializer(const VarianceScaling& o) : Initializer("VarianceScaling", o) {}
Initializer::Initializer(const GlorotUniform& o) : Initializer("GlorotUniform", preset(1, "fan_avg", "uniform", o.seed)) {}
Initializer::Initializer(const GlorotNormal& o) : Initializer("GlorotNormal", preset(1, "fan_avg", "truncated_normal", o.seed)) {}
Initializer::Initializer(const HeUniform& o) : Initializer("HeUniform", preset(2, "fan_in", "uniform", o.seed)) {}
Initializer::Initializer(const HeNormal& o) : Initializer("HeNormal", preset(2, "fan_in", "truncated_normal", o.seed)) {}
Initializer::Initializer(const LecunUniform& o) : Initializer("LecunUniform", preset(1, "fan_in", "uniform", o.seed)) {}
Initializer::Initializer(const LecunNormal& o) : Initializer("LecunNormal", preset(1, "fan_in", "truncated_normal", o.seed)) {}
Initializer::Initializer(const Orthogonal& o) : Initializer(Kind::kOrthogonal, "Orthogonal", o.gain, 0, o.seed) {}
Initializer::Initializer(const IdentityInitializer& o) : Initializer(Kind::kIdentity, "Identity", o.gain, 0, {}) {}

Initializer Initializer::with_axes(AxisList input_axes, AxisList output_axes) const {
  Initializer other = *this;
  if (kind_ == Kind::kVarianceScaling && !(input_axes_ && output_axes_)) {
    other.input_axes_ = std::move(input_axes);
    other.output_axes_ = std::move(output_axes);
  }
  return other;
}

Tensor Initializer::operator()(const Shape& shape, DType dtype) const {
  if (kind_ == Kind::kConstant) return full(shape, a_, dtype);
  if (kind_ == Kind::kIdentity) return identity_matrix(shape, a_, dtype);
  const Tensor seed = seed_tensor(seed_ ? static_cast<std::uint64_t>(*seed_) : next_seed());
  switch (kind_) {
    case Kind::kNormal: return stateless_random_normal(shape, seed, a_, b_, dtype);
    case Kind::kUniform: return stateless_random_uniform(shape, seed, a_, b_, dtype);
    case Kind::kOrthogonal: return orthogonal(shape, seed, a_, dtype);
    case Kind::kTruncatedNormal: return stateless_truncated_normal(shape, seed, a_, b_, dtype);
    default: break;
  }
  const Fans fans = fans_of(shape, input_axes_, output_axes_);
  const double units = mode_ == "fan_in" ? fans.in : mode_ == "fan_out" ? fans.out : (fans.in + fans.out) / 2;
  const double variance = a_ / std::max(1.0, units);
  if (distribution_ == "uniform") {
    const double limit = std::sqrt(3 * variance);
    return stateless_random_uniform(shape, seed, -limit, limit, dtype);
  }
  const double stddev = std::sqrt(variance);
  if (distribution_ == "untruncated_normal") return stateless_random_normal(shape, seed, 0, stddev, dtype);
  return stateless_truncated_normal(shape, seed, 0, stddev / kTruncatedDeviation, dtype);
}

JsonValue Initializer::config() const {
  switch (kind_) {
    case Kind::kConstant: return class_name_ == "Constant" ? JsonValue::object({{"value", a_}}) : JsonValue::object();
    case Kind::kUniform: return JsonValue::object({{"seed", number(seed_)}, {"minval", a_}, {"maxval", b_}});
    case Kind::kNormal:
    case Kind::kTruncatedNormal: return JsonValue::object({{"seed", number(seed_)}, {"mean", a_}, {"stddev", b_}});
    case Kind::kOrthogonal: return JsonValue::object({{"seed", number(seed_)}, {"gain", a_}});
    case Kind::kIdentity: return a_ == 1 ? JsonValue::object() : JsonValue::object({{"gain", a_}});  // Keras forgets the gain
    case Kind::kVarianceScaling: break;
  }
  JsonValue config = JsonValue::object({{"seed", number(seed_)}});
  if (class_name_ == "VarianceScaling") {
    config.set("scale", a_);
    config.set("mode", mode_);
    config.set("distribution", distribution_);
  }
  config.set("input_axes", input_axes_.serialize());
  config.set("output_axes", output_axes_.serialize());
  return config;
}

JsonValue Initializer::serialize() const { return optim::keras_object("keras.initializers", class_name_, config()); }

namespace {

void fields_of(Zeros&, ConfigFields&) {}
void fields_of(Ones&, ConfigFields&) {}
void fields_of(Constant& o, ConfigFields& fields) { fields("value", o.value); }
template <class Normal>
void fields_of_normal(Normal& o, ConfigFields& fields) {
  fields("seed", o.seed);
  fields("mean", o.mean);
  fields("stddev", o.stddev);
}
void fields_of(RandomNormal& o, ConfigFields& fields) { fields_of_normal(o, fields); }
void fields_of(TruncatedNormal& o, ConfigFields& fields) { fields_of_normal(o, fields); }
void fields_of(RandomUniform& o, ConfigFields& fields) {
  fields("seed", o.seed);
  fields("minval", o.minval);
  fields("maxval", o.maxval);
}
void fields_of(Orthogonal& o, ConfigFields& fields) {
  fields("seed", o.seed);
  fields("gain", o.gain);
}
void fields_of(IdentityInitializer& o, ConfigFields& fields) { fields("gain", o.gain); }

template <class Options>
Initializer make_of(const JsonValue& config) {
  ConfigFields fields{JsonView(config, "initializer")};
  Options options;
  fields_of(options, fields);
  fields.refuse_others("initializer");
  return options;
}

/// A variance scaling, or one of its presets.
template <class Options>
Initializer make_scaled(const JsonValue& config) {
  ConfigFields fields{JsonView(config, "initializer")};
  Options options;
  AxisList input_axes, output_axes;
  fields("seed", options.seed);
  if constexpr (std::is_same_v<Options, VarianceScaling>) {
    fields("scale", options.scale);
    fields("mode", options.mode);
    fields("distribution", options.distribution);
  }
  fields("input_axes", input_axes);
  fields("output_axes", output_axes);
  fields.refuse_others("initializer");
  return Initializer(options).with_axes(input_axes, output_axes);
}

struct Entry {
  std::string_view class_name;
  std::string_view word;
  std::string_view alias;
  Initializer (*make)(const JsonValue& config);
};
constexpr auto kTable = std::to_array<Entry>({
    {"Zeros", "zeros", "zero", make_of<Zeros>},
    {"Ones", "ones", "one", make_of<Ones>},
    {"Constant", "constant", "", make_of<Constant>},
    {"RandomNormal", "random_normal", "normal", make_of<RandomNormal>},
    {"RandomUniform", "random_uniform", "uniform", make_of<RandomUniform>},
    {"TruncatedNormal", "truncated_normal", "", make_of<TruncatedNormal>},
    {"VarianceScaling", "variance_scaling", "", make_scaled<VarianceScaling>},
    {"GlorotUniform", "glorot_uniform", "", make_scaled<GlorotUniform>},
    {"GlorotNormal", "glorot_normal", "", make_scaled<GlorotNormal>},
    {"HeUniform", "he_uniform", "", make_scaled<HeUniform>},
    {"HeNormal", "he_normal", "", make_scaled<HeNormal>},
    {"LecunUniform", "lecun_uniform", "", make_scaled<LecunUniform>},
    {"LecunNormal", "lecun_normal", "", make_scaled<LecunNormal>},
    {"Orthogonal", "orthogonal", "OrthogonalInitializer", make_of<Orthogonal>},
    {"Identity", "identity", "IdentityInitializer", make_of<IdentityInitializer>},
});

Initializer make(std::string_view name, const JsonValue& config) {
  for (const Entry& entry : kTable) {
    if (name == entry.class_name || name == entry.word || (!entry.alias.empty() && name == entry.alias)) return entry.make(config);
  }
  std::array<std::string_view, kTable.size()> words;
  std::transform(kTable.begin(), kTable.end(), words.begin(), [](const Entry& entry) { return entry.word; });
  throw Unsupported(optim::unknown_word("initializer", name, words));
}

}  // namespace

Initializer::Initializer(std::string_view word) : Initializer(make(word, JsonValue::object())) {}

Initializer Initializer::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "initializer");
  return make(object.class_name, object.config);
}

}  // namespace namesake
