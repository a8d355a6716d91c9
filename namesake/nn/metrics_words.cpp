// Metrics from words and from the objects in Keras 3 and Keras 2 files: one table of classes.
#include "namesake/nn/metrics_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "namesake/base/error.h"
#include "namesake/nn/metrics.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

using optim::ConfigReader;

/// Name and dtype, which every metric's config has.
template <class Options>
ConfigReader read_base(std::string_view class_name, const JsonValue& config, Options& options) {
  ConfigReader reader(fmt::format("metric {}", class_name), config);
  reader.read("name", options.name).ignore({"dtype"});
  const JsonValue* dtype = config.find("dtype");
  if (dtype == nullptr || dtype->is_null() || *dtype == JsonValue("float32")) return reader;
  throw Unsupported({.subject = "dtype",
                     .what = fmt::format("The metric {} has a dtype that is not done here.", class_name),
                     .expected = "float32",
                     .received = to_json(*dtype)});
}

template <class M, class Options>
Metric make_plain(std::string_view class_name, const JsonValue& config) {
  Options options;
  read_base(class_name, config, options).finish();
  return M(options);
}

Metric make_binary_accuracy(std::string_view class_name, const JsonValue& config) {
  metrics::BinaryAccuracyOptions options;
  read_base(class_name, config, options).read("threshold", options.threshold).finish();
  return metrics::BinaryAccuracy(options);
}

template <class M, class Options>
Metric make_top_k(std::string_view class_name, const JsonValue& config) {
  Options options;
  read_base(class_name, config, options).read("k", options.k).refuse("from_sorted_ids").finish();
  return M(options);
}

/// Keras writes an axis that may only be the last one.
void refuse_other_axes(ConfigReader& reader, std::string_view class_name) {
  std::int64_t axis = -1;
  reader.read("axis", axis);
  if (axis == -1) return;
  throw Unsupported({.subject = "axis",
                     .what = fmt::format("The metric {} has an axis that is not done here.", class_name),
                     .expected = "-1",
                     .received = fmt::format("{}", axis)});
}

Metric make_categorical_crossentropy(std::string_view class_name, const JsonValue& config) {
  metrics::CategoricalCrossentropyOptions options;
  ConfigReader reader = read_base(class_name, config, options);
  reader.read("from_logits", options.from_logits).read("label_smoothing", options.label_smoothing).read("axis", options.axis).finish();
  return metrics::CategoricalCrossentropy(options);
}

Metric make_sparse_crossentropy(std::string_view class_name, const JsonValue& config) {
  metrics::SparseCategoricalCrossentropyOptions options;
  ConfigReader reader = read_base(class_name, config, options);
  refuse_other_axes(reader, class_name);
  reader.read("from_logits", options.from_logits).refuse("ignore_class").finish();
  return metrics::SparseCategoricalCrossentropy(options);
}

Metric make_binary_crossentropy(std::string_view class_name, const JsonValue& config) {
  metrics::BinaryCrossentropyOptions options;
  ConfigReader reader = read_base(class_name, config, options);
  reader.read("from_logits", options.from_logits).read("label_smoothing", options.label_smoothing).finish();
  return metrics::BinaryCrossentropy(options);
}

struct Entry {
  std::string_view class_name;
  std::string_view word;
  std::string_view alias;  // in small or in capital letters
  Metric (*make)(std::string_view class_name, const JsonValue& config);
};
constexpr auto kTable = std::to_array<Entry>({
    {"Mean", "mean", "", make_plain<metrics::Mean, metrics::MeanOptions>},
    {"Accuracy", "accuracy", "", make_plain<metrics::Accuracy, metrics::AccuracyOptions>},
    {"BinaryAccuracy", "binary_accuracy", "", make_binary_accuracy},
    {"CategoricalAccuracy", "categorical_accuracy", "", make_plain<metrics::CategoricalAccuracy, metrics::CategoricalAccuracyOptions>},
    {"SparseCategoricalAccuracy", "sparse_categorical_accuracy", "",
     make_plain<metrics::SparseCategoricalAccuracy, metrics::SparseCategoricalAccuracyOptions>},
    {"TopKCategoricalAccuracy", "top_k_categorical_accuracy", "",
     make_top_k<metrics::TopKCategoricalAccuracy, metrics::TopKCategoricalAccuracyOptions>},
    {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy", "",
     make_top_k<metrics::SparseTopKCategoricalAccuracy, metrics::SparseTopKCategoricalAccuracyOptions>},
    {"MeanSquaredError", "mean_squared_error", "mse", make_plain<metrics::MeanSquaredError, metrics::MeanSquaredErrorOptions>},
    {"MeanAbsoluteError", "mean_absolute_error", "mae", make_plain<metrics::MeanAbsoluteError, metrics::MeanAbsoluteErrorOptions>},
    {"CategoricalCrossentropy", "categorical_crossentropy", "", make_categorical_crossentropy},
    {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "", make_sparse_crossentropy},
    {"BinaryCrossentropy", "binary_crossentropy", "bce", make_binary_crossentropy},
});

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_alias(const Entry& entry, std::string_view name) {
  if (entry.alias.empty() || lower(name) != entry.alias) return false;
  return name == entry.alias || std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c); });
}

Metric make(std::string_view name, const JsonValue& config) {
  for (const Entry& entry : kTable) {
    if (name == entry.class_name || name == entry.word || is_alias(entry, name)) return entry.make(entry.class_name, config);
  }
  std::array<std::string_view, kTable.size()> words;
  std::transform(kTable.begin(), kTable.end(), words.begin(), [](const Entry& entry) { return entry.word; });
  throw Unsupported(optim::unknown_word("metric", name, words));
}

/// Keras 2 wrote a metric that was made of a word as a wrapped function, with the word as its name.
Metric make_wrapped(const JsonValue& config) {
  const JsonValue* function = config.find("fn");
  if (function == nullptr) throw Unsupported({.subject = "MeanMetricWrapper", .what = "A MeanMetricWrapper has no function \"fn\"."});
  JsonValue rest = config;
  rest.erase("fn");
  return make(optim::read_keras_object(*function, "metric").class_name, rest);
}

}  // namespace

Metric::Metric(std::string_view word) : word_(word) {
  const std::string small = lower(word);
  if (small == "accuracy" || small == "acc") {
    body_ = nn::accuracy_by_shapes(word_);
  } else {
    body_ = make(word, JsonValue::object()).body_;
    body_->set_name(word_);
  }
}

JsonValue Metric::serialize() const {
  if (!word_.empty()) return word_;
  JsonValue config = JsonValue::object({{"name", name()}, {"dtype", "float32"}});
  body_->extend_config(config);
  return optim::keras_object("keras.metrics", class_name(), std::move(config));
}

Metric Metric::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "metric");
  if (object.is_word) return Metric(object.class_name);
  if (object.class_name == "MeanMetricWrapper") return make_wrapped(object.config);
  return make(object.class_name, object.config);
}

}  // namespace namesake
