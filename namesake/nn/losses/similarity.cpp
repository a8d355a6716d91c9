#include "namesake/nn/losses/similarity.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/nn/losses/ctc.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"

namespace namesake {
namespace nn {
namespace {

/// log(sum(exp(x))) over the columns that `kept` holds; minus infinity for a row without one.
Tensor log_sum_exp(const Tensor& x, const Tensor& kept) {
  return logsumexp(where(kept, x, -std::numeric_limits<double>::infinity()), 1);
}

/// Which pairs of rows are of one class, and which are not.
struct Pairs {
  Tensor same, different;
};
Pairs pairs_of(const Tensor& y_true, bool remove_diagonal) {
  const Tensor column = reshape(cast(y_true, DType::kInt32), {-1, 1});
  const Tensor same = equal(column, transpose(column));
  const std::int64_t rows = column.shape()[0];
  const Tensor others = remove_diagonal ? logical_and(same, not_equal(eye(rows), 1)) : same;
  return {others, logical_not(same)};
}

struct CircleSpec {
  using Options = losses::CircleOptions;
  static constexpr std::string_view kClassName = "Circle", kWord = "circle", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    f("gamma", o.gamma);
    f("margin", o.margin);
    f("remove_diagonal", o.remove_diagonal);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    const bool fits = y_pred.rank() == 2 && y_pred.shape()[0] >= 0 && (y_true.rank() == 1 || y_true.rank() == 2) &&
                      y_true.shape().elements() == y_pred.shape()[0];
    if (!fits) {
      throw ShapeMismatch({.subject = "circle",
                           .what = "Labels and predictions of circle do not go together.",
                           .expected = "class numbers (batch) and embeddings (batch, features)",
                           .received = fmt::format("y_true {}, y_pred {}", to_string(y_true.shape()), to_string(y_pred.shape()))});
    }
    const Tensor apart = maximum(1.0 - matmul(y_pred, transpose(y_pred)), 0.0);
    const Pairs pairs = pairs_of(y_true, o.remove_diagonal);
    const Tensor pulled = maximum(apart + o.margin, 0.0) * (o.margin - apart) * -o.gamma;
    const Tensor pushed = maximum((1.0 + o.margin) - apart, 0.0) * ((1.0 - o.margin) - apart) * o.gamma;
    const Tensor loss = softplus(log_sum_exp(pulled, pairs.same) + log_sum_exp(pushed, pairs.different));
    if (!loss.is_symbolic()) loss.set_mask(loss > 0);
    return loss;
  }
};

struct CTCSpec {
  using Options = losses::CTCOptions;
  static constexpr std::string_view kClassName = "CTC", kWord = "ctc", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return ctc_loss(y_true, y_pred); }
};

}  // namespace

std::span<const LossEntry> similarity_losses() {
  static constexpr auto kEntries = std::to_array<LossEntry>({loss_entry<CircleSpec>(), loss_entry<CTCSpec>()});
  return kEntries;
}

}  // namespace nn

namespace losses {

Loss make_loss(CircleOptions o) { return nn::loss_of<nn::CircleSpec>(std::move(o)); }
Loss make_loss(CTCOptions o) { return nn::loss_of<nn::CTCSpec>(std::move(o)); }

}  // namespace losses
}  // namespace namesake
