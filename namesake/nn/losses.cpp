#include "namesake/nn/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/nn/losses_functions.h"
#include "namesake/nn/metrics.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

class CategoricalLoss final : public LossBase {
 public:
  explicit CategoricalLoss(const losses::CategoricalCrossentropyOptions& o)
      : LossBase("CategoricalCrossentropy", o.name, o.reduction), settings_{o.from_logits, o.label_smoothing, o.axis} {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const nn::Fitted fitted = nn::squeeze_or_expand(y_true, y_pred);
    return nn::categorical_crossentropy(fitted.first, fitted.second, settings_);
  }
  void extend_config(JsonValue& config) const override {
    config.set("from_logits", settings_.from_logits);
    config.set("label_smoothing", settings_.label_smoothing);
    config.set("axis", settings_.axis);
  }

 private:
  nn::CrossentropySettings settings_;
};

class SparseLoss final : public LossBase {
 public:
  explicit SparseLoss(const losses::SparseCategoricalCrossentropyOptions& o)
      : LossBase("SparseCategoricalCrossentropy", o.name, o.reduction), from_logits_(o.from_logits), ignore_class_(o.ignore_class) {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const nn::Fitted fitted = nn::squeeze_or_expand(y_true, y_pred);
    return nn::sparse_categorical_crossentropy(fitted.first, fitted.second, from_logits_, ignore_class_);
  }
  void extend_config(JsonValue& config) const override {
    config.set("from_logits", from_logits_);
    config.set("ignore_class", ignore_class_ ? JsonValue(*ignore_class_) : JsonValue());
  }
  [[nodiscard]] bool takes_class_numbers() const override { return true; }

 private:
  bool from_logits_;
  std::optional<std::int64_t> ignore_class_;
};

class BinaryLoss final : public LossBase {
 public:
  explicit BinaryLoss(const losses::BinaryCrossentropyOptions& o)
      : LossBase("BinaryCrossentropy", o.name, o.reduction), settings_{o.from_logits, o.label_smoothing, o.axis} {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const nn::Fitted fitted = nn::squeeze_or_expand(y_true, y_pred);
    return nn::binary_crossentropy(fitted.first, fitted.second, settings_);
  }
  void extend_config(JsonValue& config) const override {
    config.set("from_logits", settings_.from_logits);
    config.set("label_smoothing", settings_.label_smoothing);
    config.set("axis", settings_.axis);
  }

 private:
  nn::CrossentropySettings settings_;
};

/// A loss without options of its own.
class PlainLoss final : public LossBase {
 public:
  using Function = Tensor (*)(const Tensor& y_true, const Tensor& y_pred);
  PlainLoss(std::string class_name, std::string name, std::string reduction, Function function)
      : LossBase(std::move(class_name), std::move(name), std::move(reduction)), function_(function) {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const nn::Fitted fitted = nn::squeeze_or_expand(y_true, y_pred);
    return function_(fitted.first, fitted.second);
  }

 private:
  Function function_;
};

/// Keras's rule for the words "crossentropy" and "ce".
class CrossentropyByShapes final : public LossBase {
 public:
  explicit CrossentropyByShapes(std::string name) : LossBase("Crossentropy", std::move(name), "sum_over_batch_size") {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const std::string_view kind = accuracy_class(y_true.shape(), y_pred.shape());
    if (kind == "BinaryAccuracy") return losses::BinaryCrossentropy().each(y_true, y_pred);
    if (kind == "SparseCategoricalAccuracy") return losses::SparseCategoricalCrossentropy().each(y_true, y_pred);
    return losses::CategoricalCrossentropy().each(y_true, y_pred);
  }
  [[nodiscard]] bool takes_class_numbers() const override { return true; }
};

/// Sample weights and mask as one weight. For means, the rows that count share the whole: what is left of `total` rows.
Tensor weight_of(const Tensor& sample_weight, const Tensor& mask, bool is_mean) {
  const Tensor weight = sample_weight.defined() ? cast(sample_weight, DType::kFloat32) : Tensor();
  if (!mask.defined()) return weight;
  Tensor counted = cast(mask, DType::kFloat32);
  if (is_mean) counted = counted * divide_no_nan(sum(ones_like(counted)), sum(counted));
  if (!weight.defined()) return counted;
  const nn::Fitted fitted = nn::squeeze_or_expand(counted, weight);
  return fitted.first * fitted.second;
}

Tensor both(const Tensor& mask_1, const Tensor& mask_2) {
  if (!mask_1.defined()) return mask_2;
  return mask_2.defined() ? logical_and(mask_1, mask_2) : mask_1;
}

}  // namespace

LossBase::LossBase(std::string class_name, std::string name, std::string reduction)
    : class_name_(std::move(class_name)), name_(std::move(name)), reduction_(std::move(reduction)) {
  constexpr std::array<std::string_view, 5> kWords{"sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"};
  if (std::find(kWords.begin(), kWords.end(), reduction_) != kWords.end()) return;
  throw InvalidArgument(optim::unknown_word("reduction", reduction_, kWords));
}

LossBase::~LossBase() = default;

Tensor Loss::each(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor labels = body_->takes_class_numbers() ? y_true : cast(y_true, DType::kFloat32);
  return body_->call(labels, cast(y_pred, DType::kFloat32));
}

Tensor Loss::operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  Tensor values = each(y_true, y_pred);
  const std::string& reduction = body_->reduction();
  const bool is_mean = reduction == "sum_over_batch_size" || reduction == "mean";
  const Tensor weight = weight_of(sample_weight, both(y_pred.mask(), values.mask()), is_mean);
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

namespace losses {

CategoricalCrossentropy::CategoricalCrossentropy(CategoricalCrossentropyOptions o) : Loss(std::make_shared<CategoricalLoss>(o)) {}
SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions o)
    : Loss(std::make_shared<SparseLoss>(o)) {}
BinaryCrossentropy::BinaryCrossentropy(BinaryCrossentropyOptions o) : Loss(std::make_shared<BinaryLoss>(o)) {}
MeanSquaredError::MeanSquaredError(MeanSquaredErrorOptions o)
    : Loss(std::make_shared<PlainLoss>("MeanSquaredError", o.name, o.reduction, nn::mean_squared_error)) {}
MeanAbsoluteError::MeanAbsoluteError(MeanAbsoluteErrorOptions o)
    : Loss(std::make_shared<PlainLoss>("MeanAbsoluteError", o.name, o.reduction, nn::mean_absolute_error)) {}

}  // namespace losses

namespace {

using optim::ConfigReader;

/// What every loss's config has. Keras 2 wrote "auto" for the default reduction, and the function beside the class; Keras 3
/// writes null for "none".
template <class Options>
ConfigReader read_base(std::string_view class_name, const JsonValue& config, Options& options) {
  ConfigReader reader(fmt::format("loss {}", class_name), config);
  reader.read("name", options.name).read("reduction", options.reduction).ignore({"fn"});
  const JsonValue* reduction = config.find("reduction");
  if (reduction != nullptr && reduction->is_null()) options.reduction = "none";
  if (options.reduction == "auto") options.reduction = "sum_over_batch_size";
  return reader;
}

template <class L, class Options>
Loss make_crossentropy(std::string_view class_name, const JsonValue& config) {
  Options options;
  ConfigReader reader = read_base(class_name, config, options);
  reader.read("from_logits", options.from_logits);
  if constexpr (requires { options.ignore_class; }) {
    reader.read("ignore_class", options.ignore_class);
  } else {
    reader.read("label_smoothing", options.label_smoothing).read("axis", options.axis);
  }
  reader.finish();
  return L(options);
}

template <class L, class Options>
Loss make_plain(std::string_view class_name, const JsonValue& config) {
  Options options;
  read_base(class_name, config, options).finish();
  return L(options);
}

struct Entry {
  std::string_view class_name;
  std::string_view word;   // the function
  std::string_view alias;  // of the function
  std::string_view capital;
  Loss (*make)(std::string_view class_name, const JsonValue& config);
};
constexpr auto kTable = std::to_array<Entry>({
    {"CategoricalCrossentropy", "categorical_crossentropy", "", "",
     make_crossentropy<losses::CategoricalCrossentropy, losses::CategoricalCrossentropyOptions>},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "", "",
     make_crossentropy<losses::SparseCategoricalCrossentropy, losses::SparseCategoricalCrossentropyOptions>},
    {"BinaryCrossentropy", "binary_crossentropy", "bce", "BCE",
     make_crossentropy<losses::BinaryCrossentropy, losses::BinaryCrossentropyOptions>},
    {"MeanSquaredError", "mean_squared_error", "mse", "MSE", make_plain<losses::MeanSquaredError, losses::MeanSquaredErrorOptions>},
    {"MeanAbsoluteError", "mean_absolute_error", "mae", "MAE", make_plain<losses::MeanAbsoluteError, losses::MeanAbsoluteErrorOptions>},
});

[[noreturn]] void refuse_word(std::string_view name) {
  std::array<std::string_view, kTable.size()> words;
  std::transform(kTable.begin(), kTable.end(), words.begin(), [](const Entry& entry) { return entry.word; });
  throw Unsupported(optim::unknown_word("loss", name, words));
}

}  // namespace

Loss::Loss(std::string_view word) : word_(word) {
  std::string small = word_;
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (small == "crossentropy" || small == "ce") {
    body_ = std::make_shared<CrossentropyByShapes>(word_);
    return;
  }
  for (const Entry& entry : kTable) {
    const bool is_class = word == entry.class_name;
    const bool is_function = word == entry.word || (!entry.alias.empty() && (word == entry.alias || word == entry.capital));
    if (!is_class && !is_function) continue;
    // A function gives its loss the name that it was called by; a class has a name of its own.
    const JsonValue config = is_class ? JsonValue::object() : JsonValue::object({{"name", word}});
    body_ = entry.make(entry.class_name, config).body_;
    return;
  }
  refuse_word(word);
}

JsonValue Loss::serialize() const {
  if (!word_.empty()) return word_;
  JsonValue config = JsonValue::object({{"name", name()}, {"reduction", body_->reduction()}});
  body_->extend_config(config);
  return optim::keras_object("keras.losses", class_name(), std::move(config));
}

Loss Loss::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "loss");
  if (object.is_word) return Loss(object.class_name);
  for (const Entry& entry : kTable) {
    if (object.class_name == entry.class_name) return entry.make(entry.class_name, object.config);
  }
  refuse_word(object.class_name);
}

}  // namespace namesake
