#include "namesake/nn/losses/loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/losses/fitting.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

/// Sample weights and mask as one weight. For means, the rows that count share the whole: what is left of `total` rows.
Tensor weight_of(const Tensor& sample_weight, const Tensor& mask, DType dtype, bool is_mean) {
  const Tensor weight = sample_weight.defined() ? cast(sample_weight, dtype) : Tensor();
  if (!mask.defined()) return weight;
  Tensor counted = cast(mask, dtype);
  if (is_mean) counted = counted * divide_no_nan(sum(ones_like(counted)), sum(counted));
  if (!weight.defined()) return counted;
  const nn::Fitted fitted = nn::squeeze_or_expand(counted, weight);
  return fitted.first * fitted.second;
}

Tensor both(const Tensor& mask_1, const Tensor& mask_2) {
  if (!mask_1.defined()) return mask_2;
  return mask_2.defined() ? logical_and(mask_1, mask_2) : mask_1;
}

DType dtype_of_loss(std::string_view word) {
  if (word.empty() || word == "float32") return DType::kFloat32;
  if (word == "float64") return DType::kFloat64;
  throw Unsupported({.subject = "dtype",
                     .what = "Losses and metrics are not computed in this dtype here.",
                     .expected = "float32 or float64",
                     .received = std::string(word)});
}

}  // namespace

LossBase::LossBase(std::string class_name, std::string name, std::string reduction, std::string_view dtype)
    : class_name_(std::move(class_name)), name_(std::move(name)), reduction_(std::move(reduction)), dtype_(dtype_of_loss(dtype)) {
  constexpr std::array<std::string_view, 5> kWords{"sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"};
  if (std::find(kWords.begin(), kWords.end(), reduction_) != kWords.end()) return;
  throw InvalidArgument(optim::unknown_word("reduction", reduction_, kWords));
}

LossBase::~LossBase() = default;

Tensor Loss::each(const Tensor& y_true, const Tensor& y_pred) const {
  const DType dtype = body_->dtype();
  const Tensor labels = body_->takes_class_numbers() ? y_true : cast(y_true, dtype);
  return body_->call(labels, cast(y_pred, dtype));
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  Tensor values = each(y_true, y_pred);
  const std::string& reduction = body_->reduction();
  const bool is_mean = reduction == "sum_over_batch_size" || reduction == "mean";
  const Tensor weight = weight_of(sample_weight, both(y_pred.mask(), values.mask()), values.dtype(), is_mean);
  Tensor weight_sum;
  if (weight.defined()) {
    const nn::Fitted fitted = nn::squeeze_or_expand(values, weight);
    values = fitted.first * fitted.second;
    if (reduction == "mean_with_sample_weight") weight_sum = sum(fitted.second);
  }
  const bool is_empty = !values.is_symbolic() && values.size() == 0;
  if (reduction == "none" || values.rank() == 0 || (is_empty && values.rank() == 1)) return values;
  if (reduction == "sum" || is_empty) return sum(values);
  return weight_sum.defined() ? divide_no_nan(sum(values), weight_sum) : mean(values);
}

namespace nn {

void read_loss_base(const JsonValue& config, ConfigFields& fields, std::string* name, std::string* reduction, std::string* dtype) {
  std::string unused;
  fields("name", name != nullptr ? *name : unused);
  fields("dtype", dtype != nullptr ? *dtype : unused);
  fields.ignore("fn");
  std::string& word = reduction != nullptr ? *reduction : unused;
  const std::string usual = word;
  fields("reduction", word);
  if (word == "auto") word = usual;
  const JsonValue* given = config.find("reduction");
  if (given != nullptr && given->is_null()) word = "none";
}

}  // namespace nn
}  // namespace namesake
