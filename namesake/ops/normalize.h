// Normalization by the numbers' own mean and variance in few passes over memory: what BatchNormalization and LayerNormalization
// do in training. Their gradients have gradients. Fused forms are no ops of TensorFlow's: layers call them with eager float32
// tensors, and the ops that they are made of with symbolic ones, so that a graph holds TensorFlow's ops alone.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/ops/recorder.h"
#include "namesake/tensor/tensor.h"

namespace namesake::ops {

/// Over which numbers of x (rows, columns) a mean is taken; the columns are as many as gamma has numbers.
enum class NormalizeOver : std::int64_t { kRows, kColumns };

struct Normalized {
  Tensor y;               // (x - mean) / sqrt(variance + epsilon) * gamma + beta
  Tensor mean, variance;  // of each column (over rows), of shape (columns); of each row (over columns), of shape (rows)
};

/// gamma and beta have the shape of x's last axes. float32 and float64. Throws ShapeMismatch, Unsupported.
[[nodiscard]] NAMESAKE_API Normalized normalize(const Tensor& x, const Tensor& gamma, const Tensor& beta, NormalizeOver over, double epsilon);

/// x factor + shift, each of the shape of x's last axis: normalization by given statistics. float32 and float64.
[[nodiscard]] NAMESAKE_API Tensor scale_columns(const Tensor& x, const Tensor& factor, const Tensor& shift);

/// True if the fused forms compute this tensor: eager, float32, with numbers.
[[nodiscard]] inline bool may_fuse(const Tensor& x) {
  return !x.is_symbolic() && x.dtype() == DType::kFloat32 && x.rank() > 1 && x.size() > 0 && !tracing();
}

}  // namespace namesake::ops
