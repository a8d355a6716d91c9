#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/update.h"
#include "namesake/optim/optimizer.h"

namespace namesake {
namespace {

class SgdOptimizer final : public OptimizerBase {
 public:
  explicit SgdOptimizer(const SGDOptions& options)
      : OptimizerBase("SGD", {.learning_rate = options.learning_rate,
                              .weight_decay = options.weight_decay,
                              .clipnorm = options.clipnorm,
                              .clipvalue = options.clipvalue,
                              .global_clipnorm = options.global_clipnorm,
                              .name = options.name}),
        momentum_(options.momentum),
        nesterov_(options.nesterov) {
    if (momentum_ >= 0 && momentum_ <= 1) return;
    throw InvalidArgument({.subject = "momentum",
                           .what = "The momentum of SGD lies outside its range.",
                           .expected = "a number in [0, 1]",
                           .received = fmt::format("{}", momentum_)});
  }

 private:
  void create_slots() override {
    if (momentum_ != 0) add_slots({"momentum"});
  }

  void update_step(const Step& step) override {
    if (momentum_ == 0) {
      ops::sgd_update(step.variable, step.gradient, step.learning_rate);
    } else {
      ops::sgd_update(step.variable, slot(0, step.index), step.gradient, step.learning_rate, momentum_, nesterov_);
    }
  }

  void extend_config(JsonValue& config) const override {
    config.set("momentum", momentum_);
    config.set("nesterov", nesterov_);
  }

  double momentum_;
  bool nesterov_;
};

}  // namespace

SGD::SGD(SGDOptions options) : Optimizer(std::make_shared<SgdOptimizer>(options)) {}

}  // namespace namesake
