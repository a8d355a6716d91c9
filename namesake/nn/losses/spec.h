// How Keras's losses are written down: a spec has the class's name, the function's word, the options, their config and the
// function. Internal to nn.
//   struct HuberSpec {
//     using Options = losses::HuberOptions;
//     static constexpr std::string_view kClassName = "Huber", kWord = "huber", kAlias = "";
//     static void config(Options& o, ConfigFields& f);                       // if it has options of its own
//     static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred);
//   };
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "namesake/nn/losses/fitting.h"
#include "namesake/nn/losses/loss.h"

namespace namesake::nn {

inline constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()

template <class Spec>
class FunctionLoss : public LossBase {
 public:
  using Options = typename Spec::Options;
  static constexpr std::string_view kClassName = Spec::kClassName;
  static void config(Options& options, ConfigFields& fields) {
    if constexpr (requires { Spec::config(options, fields); }) Spec::config(options, fields);
  }
  explicit FunctionLoss(const Options& o) : LossBase(std::string(kClassName), o.name, o.reduction, o.dtype), options_(o) {
    if constexpr (requires { Spec::check(o); }) Spec::check(o);
  }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const Fitted fitted = squeeze_or_expand(y_true, y_pred);
    return Spec::call(options_, fitted.first, fitted.second);
  }
  [[nodiscard]] bool takes_class_numbers() const override { return requires { Spec::kTakesClassNumbers; }; }

 private:
  Options options_;
};

template <class Spec>
[[nodiscard]] Loss loss_of(typename Spec::Options options) {
  return Loss(std::make_shared<const WithOptions<FunctionLoss<Spec>>>(std::move(options)));
}

/// A class of Keras's, and the words for its function.
struct LossEntry {
  LossClass loss_class;
  std::string_view word;
  std::string_view alias;  // in small or in capital letters
};
template <class Spec>
constexpr LossEntry loss_entry() {
  return {{Spec::kClassName, &loss_from_config<FunctionLoss<Spec>>}, Spec::kWord, Spec::kAlias};
}

// The classes of each file.
[[nodiscard]] std::span<const LossEntry> hinge_losses();
[[nodiscard]] std::span<const LossEntry> overlap_losses();
[[nodiscard]] std::span<const LossEntry> probabilistic_losses();
[[nodiscard]] std::span<const LossEntry> regression_losses();
[[nodiscard]] std::span<const LossEntry> similarity_losses();

}  // namespace namesake::nn
