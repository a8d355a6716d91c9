// Metrics from words and from the objects in Keras 3 and Keras 2 files, and users' own by name.
#include <fmt/format.h>

#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/aliases.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/optim/keras_object.h"
#include "namesake/optim/registered.h"

namespace namesake {
namespace {

using nn::MetricEntry;

std::vector<std::span<const MetricEntry>> families() {
  return {nn::accuracy_metrics(), nn::function_metrics(), nn::reduction_metrics(), nn::confusion_metrics(),
          nn::auc_metrics(),      nn::f_score_metrics(),  nn::r2_metrics()};
}

template <class Fits>
const MetricEntry* find_entry(Fits fits) {
  for (const auto& family : families()) {
    for (const MetricEntry& entry : family) {
      if (fits(entry)) return &entry;
    }
  }
  return nullptr;
}
const MetricEntry* find_class(std::string_view name) {
  return find_entry([&](const MetricEntry& entry) { return entry.metric_class.class_name == name; });
}
/// By the class's name, that name in small letters ("auc", "f_beta_score"), or an alias.
const MetricEntry* find_word(std::string_view name) {
  return find_entry([&](const MetricEntry& entry) {
    const std::string_view class_name = entry.metric_class.class_name;
    return entry.has_words && (name == class_name || name == naming::to_snake_case(class_name) || nn::is_alias(entry.alias, name));
  });
}

[[noreturn]] void refuse_word(std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& family : families()) {
    for (const MetricEntry& entry : family) {
      const std::string_view class_name = entry.metric_class.class_name;
      texts.push_back(entry.has_words ? naming::to_snake_case(class_name) : std::string(class_name));
    }
  }
  const std::vector<std::string_view> words(texts.begin(), texts.end());
  throw Unsupported(optim::unknown_word("metric", name, words));
}

using UsersMetrics = optim::Registered<nn::MetricClass>;
using UsersFunctions = optim::Registered<LossFunction>;
UsersMetrics& users_metrics() {
  static UsersMetrics registry("metric classes");
  return registry;
}
UsersFunctions& users_functions() {
  static UsersFunctions registry("metrics");
  return registry;
}

/// The mean of a function of the user's.
std::shared_ptr<MetricBase> mean_of_users(const std::string& registered_name, std::string name, LossFunction function) {
  nn::FunctionConfig config{optim::function_object(registered_name), JsonValue::object()};
  return nn::mean_of_loss(Loss(registered_name, std::move(function)), std::move(config), std::move(name), "");
}

/// What a file says has a name, but nobody gave it: it may get a number.
Metric from_file(std::shared_ptr<MetricBase> body) {
  body->set_name(body->name(), false);
  return Metric(std::move(body), Site{});
}

/// A MeanMetricWrapper: of a loss's function with its options, of a user's, or (Keras 2) of a metric's function.
Metric make_wrapped(const JsonValue& config) {
  const JsonValue* function = config.find("fn");
  if (function == nullptr) throw Unsupported({.subject = "MeanMetricWrapper", .what = "A MeanMetricWrapper has no function \"fn\"."});
  const std::string word = optim::read_keras_object(*function, "metric").class_name;
  JsonValue options = config;
  options.erase("fn");
  std::string name, dtype;
  ConfigFields fields{JsonView(config)};
  fields("name", name);
  fields("dtype", dtype);
  JsonValue of_function = options;
  of_function.erase("name");
  of_function.erase("dtype");
  if (const Loss loss = nn::loss_from_function(word, of_function); loss.defined()) {
    return from_file(nn::mean_of_loss(loss, nn::function_config(loss), name, dtype));
  }
  if (const MetricEntry* entry = find_word(word)) return Metric(entry->metric_class.make(options), Site{});
  const auto* users = users_functions().find(word);
  if (users == nullptr) refuse_word(word);
  return from_file(mean_of_users(users->registered_name, name, users->value));
}

}  // namespace

Metric::Metric(std::string name, LossFunction function, Site site) : word_(std::move(name)), is_function_(true) {
  if (!function) throw InvalidArgument({.subject = word_, .what = fmt::format("The metric \"{}\" was given no function.", word_)});
  body_ = mean_of_users(word_, word_, std::move(function));
  body_->set_site(site);
}

Metric::Metric(std::string_view word, Site site) : word_(word) {
  const std::string small = naming::to_lower(word);
  if (small == "accuracy" || small == "acc") {
    body_ = nn::accuracy_by_shapes(word_);
  } else if (const MetricEntry* entry = find_word(word)) {
    body_ = entry->metric_class.make(JsonValue::object());
    body_->set_name(word_, false);
  } else if (const auto* function = users_functions().find(word)) {
    word_ = function->registered_name;
    is_function_ = true;
    body_ = mean_of_users(function->registered_name, function->name, function->value);
    body_->set_name(function->name, false);
  } else if (const auto* users_class = users_metrics().find(word)) {
    word_.clear();
    body_ = users_class->value.make(JsonValue::object());
  } else {
    refuse_word(word);
  }
  body_->set_site(site);
}

JsonValue Metric::serialize() const {
  if (is_function_) return optim::function_object(word_);
  if (!word_.empty()) return word_;
  JsonValue config = JsonValue::object({{"name", name()}, {"dtype", to_string(body_->dtype())}});
  body_->extend_config(config);
  const bool keras = class_name() == "MeanMetricWrapper" || find_class(class_name()) != nullptr;
  if (keras) return optim::keras_object("keras.metrics", class_name(), std::move(config));
  return optim::users_object(class_name(), std::move(config), users_metrics().find(class_name()));
}

Metric Metric::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "metric");
  if (object.is_word) {
    const std::string& word = object.class_name;
    const bool is_metric = value.is_string() || find_word(word) != nullptr || users_functions().find(word) != nullptr;
    const Loss loss = is_metric ? Loss() : nn::loss_from_function(word, JsonValue::object());
    if (!loss.defined()) return Metric(word, Site{});
    const std::string name = word.substr(word.rfind('>') + 1);
    Metric metric = from_file(nn::mean_of_loss(loss, nn::function_config(loss), name, ""));  // a loss and no metric: huber
    metric.word_ = word;
    metric.is_function_ = true;
    return metric;
  }
  if (object.class_name == "MeanMetricWrapper") return make_wrapped(object.config);
  if (const auto* users = users_metrics().find(object.registered_name)) {
    return Metric(users->value.make(object.config), Site{});
  }
  if (const MetricEntry* entry = find_class(object.class_name)) return Metric(entry->metric_class.make(object.config), Site{});
  refuse_word(object.class_name);
}

namespace nn {

void add_metric_class(std::string_view package, MetricClass metric_class, Site site) {
  if (find_class(metric_class.class_name) != nullptr) optim::refuse_kerass_name("metric class", metric_class.class_name, site);
  users_metrics().add(package, metric_class.class_name, metric_class, site,
                      [](const MetricClass& a, const MetricClass& b) { return a.make == b.make; });
}

}  // namespace nn

void register_metric(std::string_view name, LossFunction function, std::string_view package, Site site) {
  if (!function) throw InvalidArgument({.subject = std::string(name), .what = fmt::format("The metric \"{}\" was given no function.", name)});
  const std::string small = naming::to_lower(name);
  if (find_word(name) != nullptr || small == "accuracy" || small == "acc") optim::refuse_kerass_name("metric", name, site);
  users_functions().add(package, name, std::move(function), site, [](const LossFunction&, const LossFunction&) { return false; });
}

}  // namespace namesake
