// Layers that move numbers and compute none: Reshape, Permute, RepeatVector. (Flatten has its own file.)
#pragma once

#include <vector>

#include "namesake/nn/layer_of.h"

namespace namesake {

struct ReshapeOptions {
  std::vector<std::int64_t> target_shape = {};  // without the batch axis; one size may be -1: what is left over
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct PermuteOptions {
  std::vector<std::int64_t> dims = {};  // axes of the input, counted from 1
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct RepeatVectorOptions {
  std::int64_t n = 1;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// (batch, ...) to (batch, target_shape...).
class NAMESAKE_API ReshapeBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Reshape";
  using Options = ReshapeOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for more than one size of -1, or one below.
  explicit ReshapeBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

/// Axis i of the output is axis dims[i - 1] of the input; the batch axis stays.
class NAMESAKE_API PermuteBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Permute";
  using Options = PermuteOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument if `dims` is not 1 to its length in some order.
  explicit PermuteBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

/// (batch, features) to (batch, n, features).
class NAMESAKE_API RepeatVectorBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "RepeatVector";
  using Options = RepeatVectorOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless n is above 0.
  explicit RepeatVectorBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  std::int64_t n_;
};

}  // namespace nn

using Reshape = LayerOf<nn::ReshapeBody>;
using Permute = LayerOf<nn::PermuteBody>;
using RepeatVector = LayerOf<nn::RepeatVectorBody>;

}  // namespace namesake
