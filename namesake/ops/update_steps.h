// The numbers of one step of each optimizer, as Keras 3's formulas take them: in float32, with everything that is the same
// for all numbers of a variable worked out. t counts steps from 1; lr is the learning rate.
#pragma once

namespace namesake::ops {

/// param -= g lr; with momentum m = m momentum - g lr, and param += m, or with nesterov param += m momentum - g lr.
struct SgdStep {
  float learning_rate = 0.01F, momentum = 0;
  bool nesterov = false;
};

/// m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); param -= m alpha / (sqrt(v) + epsilon), where
/// alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t). With amsgrad the largest v so far (v_hat) stands for v.
struct AdamStep {
  float alpha = 0.001F, one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, epsilon = 1e-7F;
};

/// m += (g - m)(1 - beta_1); u = max(beta_2 u, |g|); param -= lr m / (correction (u + epsilon)), correction = 1 - beta_1^t.
struct AdamaxStep {
  float learning_rate = 0.001F, one_minus_beta_1 = 0.1F, beta_2 = 0.999F, correction = 0.1F, epsilon = 1e-7F;
};

/// m and v as Adam's; param -= lr (m of_momentum + g of_gradient) / (sqrt(v of_velocity) + epsilon).
struct NadamStep {
  float learning_rate = 0.001F, one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, of_momentum = 1, of_gradient = 1,
        of_velocity = 1, epsilon = 1e-7F;
};

/// v = rho v + (1 - rho) g^2; centered: a = rho a + (1 - rho) g, and v - a^2 stands for v; d = lr g / sqrt(v + epsilon);
/// param -= d, or with momentum m = momentum m + d, param -= m.
struct RmspropStep {
  float learning_rate = 0.001F, rho = 0.9F, one_minus_rho = 0.1F, momentum = 0, epsilon = 1e-7F;
};

/// a += g^2; param -= lr g / sqrt(a + epsilon).
struct AdagradStep {
  float learning_rate = 0.001F, epsilon = 1e-7F;
};

/// a = rho a + (1 - rho) g^2; d = -g sqrt(x + epsilon) / sqrt(a + epsilon); x = rho x + (1 - rho) d^2; param += lr d.
struct AdadeltaStep {
  float learning_rate = 0.001F, rho = 0.95F, one_minus_rho = 0.05F, epsilon = 1e-7F;
};

/// b = a + g^2; linear += g + two_shrinkage param - (b^power - a^power) / lr param;
/// param = (clip(linear, -l1, l1) - linear) / (b^power / lr + two_l2); a = b.
struct FtrlStep {
  float learning_rate = 0.001F, power = 0.5F, l1 = 0, two_l2 = 0, two_shrinkage = 0;
};

/// param -= lr sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g.
struct LionStep {
  float learning_rate = 0.001F, beta_1 = 0.9F, one_minus_beta_1 = 0.1F, beta_2 = 0.99F, one_minus_beta_2 = 0.01F;
};

/// m and v as Adam's; update = m / momentum_correction / (sqrt(v / velocity_correction) + epsilon), where the corrections are
/// 1 - beta_1^t and 1 - beta_2^t.
struct LambStep {
  float one_minus_beta_1 = 0.1F, one_minus_beta_2 = 0.001F, momentum_correction = 1, velocity_correction = 1, epsilon = 1e-7F;
};

}  // namespace namesake::ops
