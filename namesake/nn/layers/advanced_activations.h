// Activations that have options or weights of their own: ReLU, LeakyReLU, PReLU, ELU, Softmax.
#pragma once

#include <optional>

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct ReLUOptions {
  std::optional<double> max_value = std::nullopt;
  double negative_slope = 0.0;
  double threshold = 0.0;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct LeakyReLUOptions {
  double negative_slope = 0.3;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  Regularizer alpha_regularizer = {};
  Constraint alpha_constraint = {};
  AxisList shared_axes = {};  // axes, counted from 1, along which one slope serves all
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
struct ELUOptions {
  double alpha = 1.0;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
struct SoftmaxOptions {
  AxisList axis = -1;
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// x from `threshold` up to max_value, negative_slope (x - threshold) below it.
class NAMESAKE_API ReLUBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "ReLU";
  using Options = ReLUOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for an option below 0.
  explicit ReLUBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

class NAMESAKE_API LeakyReLUBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "LeakyReLU";
  using Options = LeakyReLUOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for a slope below 0.
  explicit LeakyReLUBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double negative_slope_;
};

/// x where it is above 0, alpha x elsewhere; the weight alpha has the input's shape without the batch axis.
class NAMESAKE_API PReLUBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "PReLU";
  using Options = PReLUOptions;
  static void config(Options& o, ConfigFields& f);
  explicit PReLUBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable alpha_;
};

class NAMESAKE_API ELUBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "ELU";
  using Options = ELUOptions;
  static void config(Options& o, ConfigFields& f);
  explicit ELUBody(const Options& options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  double alpha_;
};

/// exp(x) by its sum over `axis`, one or several. Where the input's mask, broadcast from the last axis on, is false: 0.
class NAMESAKE_API SoftmaxBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Softmax";
  using Options = SoftmaxOptions;
  static void config(Options& o, ConfigFields& f);
  explicit SoftmaxBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

}  // namespace nn

using ReLU = LayerOf<nn::ReLUBody>;
using LeakyReLU = LayerOf<nn::LeakyReLUBody>;
using PReLU = LayerOf<nn::PReLUBody>;
using ELU = LayerOf<nn::ELUBody>;
using Softmax = LayerOf<nn::SoftmaxBody>;

}  // namespace namesake
