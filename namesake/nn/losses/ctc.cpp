// The forward recursion of https://www.cs.toronto.edu/~graves/icml_2006.pdf, section 4.1, on logarithms, made of ops: the
// tape gives the gradient. States are the labels with blanks around and between them: 2 * length + 1.
#include "namesake/nn/losses/ctc.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

constexpr double kNever = -1e30;  // the logarithm of nothing, finite so that differences of two are numbers

/// log(exp(a) + exp(b) + exp(c))
Tensor log_add(const Tensor& a, const Tensor& b, const Tensor& c) {
  const Tensor largest = stop_gradient(maximum(maximum(a, b), c));
  return log(exp(a - largest) + exp(b - largest) + exp(c - largest)) + largest;
}

/// (batch, states) moved by `steps` states, with kNever in front.
Tensor moved(const Tensor& x, std::int64_t steps) {
  const std::int64_t batch = x.shape()[0], states = x.shape()[1];
  if (steps >= states) return full({batch, states}, kNever, x.dtype());
  return concatenate({full({batch, steps}, kNever, x.dtype()), slice_axis(x, 1, 0, states - steps)}, 1);
}

/// 0 where `allowed`, kNever elsewhere.
Tensor barrier(const Tensor& allowed, DType dtype) {
  return (cast(allowed, dtype) - 1.0) * -kNever;
}

struct States {
  Tensor labels;  // (batch, states): blank, label, blank, label, .., blank
  Tensor jump;    // (batch, states): barrier to coming from two states before
  Tensor last;    // (batch, states): barrier to ending there
};

States states_of(const Tensor& y_true, DType dtype) {
  const std::int64_t batch = y_true.shape()[0], length = y_true.shape()[1], states = 2 * length + 1;
  const Tensor blanks = zeros({batch, length}, DType::kInt32);
  const Tensor pairs = reshape(stack({blanks, y_true}, 2), {batch, 2 * length});
  const Tensor labels = concatenate({pairs, zeros({batch, 1}, DType::kInt32)}, 1);
  const Tensor before = concatenate({zeros({batch, 2}, DType::kInt32), labels}, 1);
  const Tensor differs = logical_and(not_equal(labels, slice_axis(before, 1, 0, states)), not_equal(labels, 0));
  const Tensor ends = sum(cast(not_equal(y_true, 0), DType::kInt32), 1, true) * 2;  // the blank behind the last label
  const Tensor place = expand_dims(arange(states), 0);
  const Tensor last = logical_or(equal(place, ends), equal(place, ends - 1));
  return {labels, barrier(differs, dtype), barrier(last, dtype)};
}

}  // namespace

Tensor ctc_loss(const Tensor& y_true, const Tensor& y_pred) {
  const bool fits = y_true.rank() == 2 && y_pred.rank() == 3 && y_true.shape().fully_known() && y_pred.shape().fully_known() &&
                    y_true.shape()[0] == y_pred.shape()[0] && y_pred.shape()[1] >= 1 && y_pred.shape()[2] >= 1;
  if (!fits) {
    throw ShapeMismatch({.subject = "ctc",
                         .what = "Labels and predictions of ctc do not go together.",
                         .expected = "y_true (batch, length) and y_pred (batch, time, classes)",
                         .received = fmt::format("y_true {}, y_pred {}", to_string(y_true.shape()), to_string(y_pred.shape()))});
  }
  const DType dtype = y_pred.dtype();
  const States states = states_of(cast(y_true, DType::kInt32), dtype);
  const Tensor chosen = one_hot(states.labels, y_pred.shape()[2], -1, dtype);               // (batch, states, classes)
  const Tensor scores = matmul(log_softmax(y_pred), transpose(chosen, {0, 2, 1}));          // (batch, time, states)
  const Tensor first = barrier(arange(states.labels.shape()[1]) < 2, dtype);                // a path starts at one of two states
  Tensor forward = take_one(scores, 1, 0) + first;
  for (std::int64_t time = 1; time < y_pred.shape()[1]; ++time) {
    forward = log_add(forward, moved(forward, 1), moved(forward, 2) + states.jump) + take_one(scores, 1, time);
  }
  return negative(logsumexp(forward + states.last, 1));
}

}  // namespace namesake::nn
