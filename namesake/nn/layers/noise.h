// Noise in training: GaussianNoise, GaussianDropout, AlphaDropout. In inference the input as it is.
#pragma once

#include "namesake/nn/layer_of.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {

struct GaussianNoiseOptions {
  double stddev = 0.1;
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct GaussianDropoutOptions {
  double rate = 0.5;
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct AlphaDropoutOptions {
  double rate = 0.5;
  Shape noise_shape = {};  // as Dropout's
  std::optional<std::int64_t> seed = std::nullopt;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// x + normal numbers of mean 0.
class NAMESAKE_API GaussianNoiseBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "GaussianNoise";
  using Options = GaussianNoiseOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless 0 <= stddev <= 1, as Keras does.
  explicit GaussianNoiseBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double stddev_;
  SeedGenerator seeds_;
};

/// x times normal numbers of mean 1 and variance rate / (1 - rate).
class NAMESAKE_API GaussianDropoutBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "GaussianDropout";
  using Options = GaussianDropoutOptions;
  static void config(Options& o, ConfigFields& f);
  explicit GaussianDropoutBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double rate_;
  SeedGenerator seeds_;
};

/// Drops to SELU's lower limit and rescales, so that mean and variance stay (Klambauer and others, 2017).
class NAMESAKE_API AlphaDropoutBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "AlphaDropout";
  using Options = AlphaDropoutOptions;
  static void config(Options& o, ConfigFields& f);
  explicit AlphaDropoutBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double rate_;
  Shape noise_shape_;
  SeedGenerator seeds_;
};

}  // namespace nn

using GaussianNoise = LayerOf<nn::GaussianNoiseBody>;
using GaussianDropout = LayerOf<nn::GaussianDropoutBody>;
using AlphaDropout = LayerOf<nn::AlphaDropoutBody>;

}  // namespace namesake
