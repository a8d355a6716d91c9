#include "namesake/nn/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/create.h"
#include "namesake/ops/random.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

using optim::ConfigReader;

/// The standard deviation of a normal distribution that is cut off at two of them.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Fans {
  double in = 1, out = 1;
};

/// Inputs and outputs of a unit: a kernel (.., inputs, outputs) has as many of each as it has positions.
Fans fans_of(const Shape& shape) {
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
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (word == "normal") word = "truncated_normal";
  if (word != "truncated_normal" && word != "untruncated_normal" && word != "uniform") {
    refuse_option("distribution", "truncated_normal, untruncated_normal or uniform", word);
  }
  return options;
}

/// A seed of 32 bits gives the numbers that Keras makes of it.
Tensor seed_tensor(std::uint64_t seed) {
  return random_seed(static_cast<std::int32_t>(seed & 0xffffffff), static_cast<std::int32_t>(seed >> 32));
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

Tensor Initializer::operator()(const Shape& shape, DType dtype) const {
  if (kind_ == Kind::kConstant) return full(shape, a_, dtype);
  const Tensor seed = seed_tensor(seed_ ? static_cast<std::uint64_t>(*seed_) : next_seed());
  switch (kind_) {
    case Kind::kNormal: return stateless_random_normal(shape, seed, a_, b_, dtype);
    case Kind::kUniform: return stateless_random_uniform(shape, seed, a_, b_, dtype);
    case Kind::kTruncatedNormal: return stateless_truncated_normal(shape, seed, a_, b_, dtype);
    default: break;
  }
  const Fans fans = fans_of(shape);
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
    case Kind::kVarianceScaling: break;
  }
  JsonValue config = JsonValue::object({{"seed", number(seed_)}});
  if (class_name_ == "VarianceScaling") {
    config.set("scale", a_);
    config.set("mode", mode_);
    config.set("distribution", distribution_);
  }
  config.set("input_axes", nullptr);
  config.set("output_axes", nullptr);
  return config;
}

JsonValue Initializer::serialize() const { return optim::keras_object("keras.initializers", class_name_, config()); }

namespace {

template <class Options>
Initializer make_constant(const JsonValue& config) {
  Options options;
  ConfigReader reader("initializer", config);
  if constexpr (std::is_same_v<Options, Constant>) reader.read("value", options.value);
  reader.finish();
  return options;
}

template <class Options>
Initializer make_normal(const JsonValue& config) {
  Options options;
  ConfigReader("initializer", config).read("seed", options.seed).read("mean", options.mean).read("stddev", options.stddev).finish();
  return options;
}

Initializer make_uniform(const JsonValue& config) {
  RandomUniform options;
  ConfigReader("initializer", config).read("seed", options.seed).read("minval", options.minval).read("maxval", options.maxval).finish();
  return options;
}

template <class Options>
Initializer make_scaled(const JsonValue& config) {
  Options options;
  ConfigReader reader("initializer", config);
  reader.read("seed", options.seed).refuse("input_axes").refuse("output_axes");
  if constexpr (std::is_same_v<Options, VarianceScaling>) {
    reader.read("scale", options.scale).read("mode", options.mode).read("distribution", options.distribution);
  }
  reader.finish();
  return options;
}

struct Entry {
  std::string_view class_name;
  std::string_view word;
  std::string_view alias;
  Initializer (*make)(const JsonValue& config);
};
constexpr auto kTable = std::to_array<Entry>({
    {"Zeros", "zeros", "zero", make_constant<Zeros>},
    {"Ones", "ones", "one", make_constant<Ones>},
    {"Constant", "constant", "", make_constant<Constant>},
    {"RandomNormal", "random_normal", "normal", make_normal<RandomNormal>},
    {"RandomUniform", "random_uniform", "uniform", make_uniform},
    {"TruncatedNormal", "truncated_normal", "", make_normal<TruncatedNormal>},
    {"VarianceScaling", "variance_scaling", "", make_scaled<VarianceScaling>},
    {"GlorotUniform", "glorot_uniform", "", make_scaled<GlorotUniform>},
    {"GlorotNormal", "glorot_normal", "", make_scaled<GlorotNormal>},
    {"HeUniform", "he_uniform", "", make_scaled<HeUniform>},
    {"HeNormal", "he_normal", "", make_scaled<HeNormal>},
    {"LecunUniform", "lecun_uniform", "", make_scaled<LecunUniform>},
    {"LecunNormal", "lecun_normal", "", make_scaled<LecunNormal>},
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
