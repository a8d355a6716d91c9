// The float32 loops of the ops, as a table of function pointers: one table for each instruction level that the library
// was compiled for, the best one of the machine chosen at first use. Results are the same on every machine of a level.
// Outputs do not overlap inputs.
#pragma once

#include <cstdint>

#include "namesake/ops/kernels/updates.h"

namespace namesake::ops::kernels {

using Int = std::int64_t;
using Unary = void (*)(float* out, const float* in, Int n);
using Binary = void (*)(void* out, const void* a, const void* b,
                        Int n);  // of float; untyped, as loops of other dtypes are
using Pair = void (*)(float* out, const float* first, const float* second, Int n);

enum UnaryOp {
  kNeg,
  kAbs,
  kSign,
  kSquare,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kFloor,
  kCeil,
  kRound,
  kErf,
  kTanh,
  kSigmoid,
  kRelu,
  kRelu6,
  kElu,
  kSelu,
  kSoftplus,
  kSoftsign,
  kUnaryOps
};
enum BinaryOp { kAdd, kSub, kMul, kDiv, kMax, kMin, kSquaredDifference, kDivNoNan, kBinaryOps };
/// How a binary loop walks: both inputs, or one number of `b`, or one number of `a`.
enum Walk { kBoth, kOneB, kOneA, kWalks };
/// Gradients of two inputs: (dy, x) or (y, dy) in the order of TensorFlow's op of that name.
enum GradOp {
  kReluGrad,
  kRelu6Grad,
  kEluGrad,
  kSeluGrad,
  kSoftplusGrad,
  kSoftsignGrad,
  kSigmoidGrad,
  kTanhGrad,
  kSqrtGrad,
  kRsqrtGrad,
  kReciprocalGrad,
  kGradOps
};

/// Windows over images with channels last; a window reaches over the image's edge where it begins before it, or ends after it.
struct PoolWindow {
  Int batch, in_height, in_width, out_height, out_width, channels;
  Int kernel_height, kernel_width, stride_height, stride_width, before_height, before_width;
};

struct Table {
  const char* level;
  Unary unary[kUnaryOps];
  Binary binary[kBinaryOps][kWalks];
  Pair grad[kGradOps];
  void (*leaky_relu)(float* out, const float* in, float alpha, Int n);
  void (*leaky_relu_grad)(float* out, const float* dy, const float* x, float alpha, Int n);
  void (*clip)(float* out, const float* in, float low, float high, Int n);
  void (*scale)(float* values, float factor, Int n);  // in place
  // Reductions of n > 0 numbers. max and min give NaN if there is one.
  float (*sum)(const float* in, Int n);
  float (*sum_of_squares)(const float* in, Int n);
  float (*max)(const float* in, Int n);
  float (*min)(const float* in, Int n);
  float (*prod)(const float* in, Int n);
  /// out (rows) = the sum of each row of in (rows, cols).
  void (*sum_each_row)(float* out, const float* in, Int rows, Int cols);
  /// out (cols) = the sum of the rows of in (rows, cols).
  void (*sum_rows)(float* out, const float* in, Int rows, Int cols);
  /// out (rows, cols) = in + bias (cols).
  void (*bias_add)(float* out, const float* in, const float* bias, Int rows, Int cols);
  /// out (rows, cols) = in times factors (rows).
  void (*scale_rows)(float* out, const float* in, const float* factors, Int rows, Int cols);
  /// out (cols, rows) = in (rows, cols).
  void (*transpose)(float* out, const float* in, Int rows, Int cols);
  // Over rows of `cols` > 0 numbers.
  void (*softmax)(float* out, const float* in, Int rows, Int cols);
  void (*log_softmax)(float* out, const float* in, Int rows, Int cols);
  /// loss (rows), backprop (rows, cols) = softmax(logits) - labels.
  void (*softmax_cross_entropy)(float* loss, float* backprop, const float* logits, const float* labels, Int rows,
                                Int cols);
  /// The same for labels (rows) that are classes, each in [0, cols).
  void (*sparse_cross_entropy_int32)(float* loss, float* backprop, const float* logits, const std::int32_t* labels,
                                     Int rows, Int cols);
  void (*sparse_cross_entropy_int64)(float* loss, float* backprop, const float* logits, const std::int64_t* labels,
                                     Int rows, Int cols);
  Updates update;
  // Pooling; what lies over the edge does not count. The gradients set all of grad_in.
  void (*max_pool)(float* out, const float* in, const PoolWindow& window);
  void (*max_pool_grad)(float* grad_in, const float* in, const float* out, const float* grad, const PoolWindow& window);
  void (*average_pool)(float* out, const float* in, const PoolWindow& window);
  void (*average_pool_grad)(float* grad_in, const float* grad, const PoolWindow& window);
  /// values (rows, cols) += bias (cols); then relu.
  void (*bias_in_place)(float* values, const float* bias, Int rows, Int cols);
  void (*bias_relu_in_place)(float* values, const float* bias, Int rows, Int cols);
  /// dx = dy where y > 0, else 0; total (cols) = the sum of dx's rows.
  void (*relu_bias_grad)(float* dx, float* total, const float* dy, const float* y, Int rows, Int cols);
  /// c (m, n) = op(a) op(b) for k > 0; op(a) is (m, k), op(b) is (k, n), each stored the other way round if so said.
  void (*small_product)(float* c, const float* a, const float* b, bool transpose_a, bool transpose_b, Int m, Int n, Int k);
  // Normalization of x (rows, cols) by its columns' statistics (cols), or by its rows' (rows).
  /// mean, and m2, the sum of the squared distances from it; `room` is of 2 cols. rows > 0.
  void (*column_moments)(float* mean, float* m2, float* room, const float* in, Int rows, Int cols);
  /// Makes mean and m2 of `count` rows those of `count + more`.
  void (*join_moments)(float* mean, float* m2, Int count, const float* other_mean, const float* other_m2, Int more, Int cols);
  /// out = (in - middle) factor + shift.
  void (*scale_columns)(float* out, const float* in, const float* middle, const float* factor, const float* shift, Int rows, Int cols);
  /// total = the sum of dy's rows, product = that of dy (x - mean).
  void (*column_gradient_sums)(float* total, float* product, const float* dy, const float* x, const float* mean, Int rows, Int cols);
  /// dx = dy of_dy + (x - mean) of_x + shift.
  void (*column_gradient)(float* dx, const float* dy, const float* x, const float* mean, const float* of_dy, const float* of_x,
                          const float* shift, Int rows, Int cols);
  /// out = (in - mean) / sqrt(variance + epsilon) gamma + beta, with each row's mean and variance, which it gives too.
  void (*normalize_rows)(float* out, float* mean, float* variance, const float* in, const float* gamma, const float* beta, float epsilon,
                         Int rows, Int cols);
  /// Its gradients; dgamma (cols) and dbeta (cols) are sums over the rows.
  void (*normalize_rows_grad)(float* dx, float* dgamma, float* dbeta, const float* dy, const float* x, const float* gamma,
                              const float* mean, const float* variance, float epsilon, Int rows, Int cols);
};

/// The table for this machine.
[[nodiscard]] const Table& table();

extern const Table kBaseline;
#if defined(__x86_64__)
extern const Table kAvx2;
#endif

}  // namespace namesake::ops::kernels
