// Optimizers' updates of one variable, in place and in one pass over the numbers: Keras 3's formulas, in its order.
// All spans of a call have one length.
#pragma once

#include <span>

#include "namesake/base/export.h"

namespace namesake::ops {

/// m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); param -= m alpha / (sqrt(v) + epsilon),
/// where alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t). With amsgrad the largest v so far (v_hat) stands
/// for v.
struct AdamUpdate {
  double alpha = 0.001, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
};
NAMESAKE_API void adam_update(std::span<float> param, std::span<float> m, std::span<float> v,
                              std::span<const float> grad, const AdamUpdate& update);
NAMESAKE_API void adam_update(std::span<float> param, std::span<float> m, std::span<float> v, std::span<float> v_hat,
                              std::span<const float> grad, const AdamUpdate& update);

/// param -= g learning_rate
NAMESAKE_API void sgd_update(std::span<float> param, std::span<const float> grad, double learning_rate);
/// m = m momentum - g learning_rate; param += m, or with nesterov param += m momentum - g learning_rate
NAMESAKE_API void sgd_update(std::span<float> param, std::span<float> m, std::span<const float> grad,
                             double learning_rate, double momentum, bool nesterov);

/// values *= factor (weight decay, gradients to be clipped).
NAMESAKE_API void scale_in_place(std::span<float> values, double factor);
/// The sum of the squares (norms of gradients).
[[nodiscard]] NAMESAKE_API float sum_of_squares(std::span<const float> values);

}  // namespace namesake::ops
