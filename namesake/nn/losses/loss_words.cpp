// Losses from words and from the objects in Keras 3 and Keras 2 files, and users' own by name.
#include <fmt/format.h>

#include <array>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/aliases.h"
#include "namesake/nn/by_shapes.h"
#include "namesake/nn/losses/probabilistic.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/optim/keras_object.h"
#include "namesake/optim/registered.h"

namespace namesake {
namespace {

using nn::LossEntry;

/// Keras's rule for the words "crossentropy" and "ce".
class CrossentropyByShapes final : public LossBase {
 public:
  explicit CrossentropyByShapes(std::string name) : LossBase("Crossentropy", std::move(name), "sum_over_batch_size") {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    switch (nn::kind_by_shapes(y_true.shape(), y_pred.shape())) {
      case nn::TargetKind::kBinary: return binary_.each(y_true, y_pred);
      case nn::TargetKind::kSparse: return sparse_.each(y_true, y_pred);
      default: return categorical_.each(y_true, y_pred);
    }
  }
  [[nodiscard]] bool takes_class_numbers() const override { return true; }

 private:
  losses::BinaryCrossentropy binary_;
  losses::SparseCategoricalCrossentropy sparse_;
  losses::CategoricalCrossentropy categorical_;
};

/// A function of the user's.
class UsersFunction final : public LossBase {
 public:
  UsersFunction(std::string name, std::string reduction, LossFunction function)
      : LossBase("LossFunctionWrapper", std::move(name), std::move(reduction)), function_(std::move(function)) {}
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override {
    const nn::Fitted fitted = nn::squeeze_or_expand(y_true, y_pred);
    return function_(fitted.first, fitted.second);
  }

 private:
  LossFunction function_;
};

std::vector<std::span<const LossEntry>> families() {
  return {nn::probabilistic_losses(), nn::regression_losses(), nn::hinge_losses(), nn::overlap_losses(), nn::similarity_losses()};
}

/// The entry that `fits`; null if there is none.
template <class Fits>
const LossEntry* find_entry(Fits fits) {
  for (const auto& family : families()) {
    for (const LossEntry& entry : family) {
      if (fits(entry)) return &entry;
    }
  }
  return nullptr;
}
const LossEntry* find_class(std::string_view name) {
  return find_entry([&](const LossEntry& entry) { return entry.loss_class.class_name == name; });
}
const LossEntry* find_word(std::string_view name) {
  return find_entry([&](const LossEntry& entry) { return !name.empty() && (name == entry.word || nn::is_alias(entry.alias, name)); });
}

/// What the functions that Keras 2 knew by other names are called today.
std::string_view todays_word(std::string_view word) {
  constexpr std::array<std::array<std::string_view, 2>, 5> kOld{{{"kullback_leibler_divergence", "kl_divergence"},
                                                                 {"logcosh", "log_cosh"},
                                                                 {"huber_loss", "huber"},
                                                                 {"cosine_proximity", "cosine_similarity"},
                                                                 {"LossFunctionWrapper", ""}}};
  for (const auto& [old, today] : kOld) {
    if (word == old && !today.empty()) return today;
  }
  return word;
}

[[noreturn]] void refuse_word(std::string_view name) {
  std::vector<std::string_view> words;
  for (const auto& family : families()) {
    for (const LossEntry& entry : family) words.push_back(entry.word.empty() ? entry.loss_class.class_name : entry.word);
  }
  throw Unsupported(optim::unknown_word("loss", name, words));
}

using UsersLosses = optim::Registered<nn::LossClass>;
using UsersFunctions = optim::Registered<LossFunction>;
UsersLosses& users_losses() {
  static UsersLosses registry("loss classes");
  return registry;
}
UsersFunctions& users_functions() {
  static UsersFunctions registry("losses");
  return registry;
}

/// A LossFunctionWrapper: the config of the function's class, with the function beside it.
Loss make_wrapped(const JsonValue& config) {
  const JsonValue* function = config.find("fn");
  if (function == nullptr) throw Unsupported({.subject = "LossFunctionWrapper", .what = "A LossFunctionWrapper has no function \"fn\"."});
  const std::string word = optim::read_keras_object(*function, "loss").class_name;
  if (const LossEntry* entry = find_word(todays_word(word))) return Loss(entry->loss_class.make(config));
  const auto* users = users_functions().find(word);
  if (users == nullptr) refuse_word(word);
  std::string name = word, reduction = "sum_over_batch_size";
  ConfigFields fields{JsonView(config)};
  nn::read_loss_base(config, fields, &name, &reduction, nullptr);
  fields.refuse_others("LossFunctionWrapper");
  return Loss(std::make_shared<const UsersFunction>(name, reduction, users->value));
}

}  // namespace

Loss::Loss(std::string name, LossFunction function) : word_(std::move(name)), is_function_(true) {
  if (!function) throw InvalidArgument({.subject = word_, .what = fmt::format("The loss \"{}\" was given no function.", word_)});
  body_ = std::make_shared<const UsersFunction>(word_, "sum_over_batch_size", std::move(function));
}

Loss::Loss(std::string_view word) : word_(word) {
  const std::string small = naming::to_lower(word);
  if (small == "crossentropy" || small == "ce") {
    body_ = std::make_shared<CrossentropyByShapes>(word_);
  } else if (const LossEntry* of_class = find_class(word)) {
    body_ = of_class->loss_class.make(JsonValue::object());
  } else if (const LossEntry* of_function = find_word(word)) {
    // A function gives its loss the name that it was called by; a class has a name of its own.
    body_ = of_function->loss_class.make(JsonValue::object({{"name", word}}));
  } else if (const auto* function = users_functions().find(word)) {
    word_ = function->registered_name;
    is_function_ = true;
    body_ = std::make_shared<const UsersFunction>(function->name, "sum_over_batch_size", function->value);
  } else if (const auto* users_class = users_losses().find(word)) {
    word_.clear();
    body_ = users_class->value.make(JsonValue::object());
  } else {
    refuse_word(word);
  }
}

JsonValue Loss::serialize() const {
  if (is_function_) return optim::function_object(word_);
  if (!word_.empty()) return word_;
  JsonValue config = JsonValue::object({{"name", name()}, {"reduction", body_->reduction()}});
  body_->extend_config(config);
  if (body_->dtype() != DType::kFloat32) config.add("dtype", to_string(body_->dtype()));  // Keras forgets it, and takes it
  if (find_class(class_name()) != nullptr) return optim::keras_object("keras.losses", class_name(), std::move(config));
  return optim::users_object(class_name(), std::move(config), users_losses().find(class_name()));
}

Loss Loss::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "loss");
  if (object.is_word) return Loss(todays_word(object.class_name));
  if (object.class_name == "LossFunctionWrapper") return make_wrapped(object.config);
  if (const auto* users = users_losses().find(object.registered_name)) return Loss(users->value.make(object.config));
  if (const LossEntry* entry = find_class(object.class_name)) return Loss(entry->loss_class.make(object.config));
  refuse_word(object.class_name);
}

namespace nn {

FunctionConfig function_config(const Loss& loss) {
  const JsonValue object = loss.serialize();
  if (object.find("class_name") != nullptr && *object.find("class_name") == JsonValue("function")) return {object, JsonValue::object()};
  const LossEntry* entry = find_class(loss.class_name());
  if (entry == nullptr || entry->word.empty()) {
    throw Unsupported({.subject = loss.name(),
                       .what = fmt::format("The loss \"{}\" is no function, so that a metric of it could not be saved.", loss.name()),
                       .expected = "one of Keras's losses that are functions too, or a C++ function",
                       .received = loss.class_name()});
  }
  const Loss made = loss.word().empty() ? loss : Loss(entry->loss_class.make(JsonValue::object()));
  const JsonValue serialized = made.serialize();
  JsonValue options = JsonValue::object();
  const Loss usual(entry->loss_class.make(JsonValue::object()));
  const JsonValue usual_object = usual.serialize();
  for (const JsonMember& member : serialized.find("config")->members()) {
    if (member.key == "name" || member.key == "reduction") continue;
    const JsonValue* unchanged = usual_object.find("config")->find(member.key);
    if (unchanged == nullptr || !(*unchanged == member.value)) options.add(member.key, member.value);
  }
  return {optim::function_object(entry->word), std::move(options)};
}

Loss loss_from_function(std::string_view function, const JsonValue& options) {
  if (const LossEntry* entry = find_word(todays_word(function))) return Loss(entry->loss_class.make(options));
  if (users_functions().find(function) != nullptr && options.members().empty()) return Loss(function);
  return {};
}

void add_loss_class(std::string_view package, LossClass loss_class, Site site) {
  if (find_class(loss_class.class_name) != nullptr) optim::refuse_kerass_name("loss class", loss_class.class_name, site);
  users_losses().add(package, loss_class.class_name, loss_class, site,
                     [](const LossClass& a, const LossClass& b) { return a.make == b.make; });
}

}  // namespace nn

void register_loss(std::string_view name, LossFunction function, std::string_view package, Site site) {
  if (!function) throw InvalidArgument({.subject = std::string(name), .what = fmt::format("The loss \"{}\" was given no function.", name)});
  if (find_word(name) != nullptr || find_class(name) != nullptr) optim::refuse_kerass_name("loss", name, site);
  users_functions().add(package, name, std::move(function), site, [](const LossFunction&, const LossFunction&) { return false; });
}

}  // namespace namesake
