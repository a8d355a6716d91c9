#include "namesake/ops/update.h"

#include "namesake/ops/kernels/table.h"

namespace namesake::ops {
namespace {

kernels::AdamStep step_of(const AdamUpdate& update) {
  return {static_cast<float>(update.alpha), static_cast<float>(1 - update.beta_1),
          static_cast<float>(1 - update.beta_2), static_cast<float>(update.epsilon)};
}
std::int64_t length(std::span<const float> values) { return static_cast<std::int64_t>(values.size()); }

}  // namespace

void adam_update(std::span<float> param, std::span<float> m, std::span<float> v, std::span<const float> grad,
                 const AdamUpdate& update) {
  kernels::table().adam(param.data(), m.data(), v.data(), grad.data(), step_of(update), length(param));
}
void adam_update(std::span<float> param, std::span<float> m, std::span<float> v, std::span<float> v_hat,
                 std::span<const float> grad, const AdamUpdate& update) {
  kernels::table().adam_amsgrad(param.data(), m.data(), v.data(), v_hat.data(), grad.data(), step_of(update),
                                length(param));
}
void sgd_update(std::span<float> param, std::span<const float> grad, double learning_rate) {
  kernels::table().sgd(param.data(), grad.data(), {static_cast<float>(learning_rate), 0, false}, length(param));
}
void sgd_update(std::span<float> param, std::span<float> m, std::span<const float> grad, double learning_rate,
                double momentum, bool nesterov) {
  kernels::table().sgd_momentum(param.data(), m.data(), grad.data(),
                                {static_cast<float>(learning_rate), static_cast<float>(momentum), nesterov},
                                length(param));
}
void scale_in_place(std::span<float> values, double factor) {
  kernels::table().scale(values.data(), static_cast<float>(factor), length(values));
}
float sum_of_squares(std::span<const float> values) {
  return values.empty() ? 0.0f : kernels::table().sum_of_squares(values.data(), length(values));
}

}  // namespace namesake::ops
