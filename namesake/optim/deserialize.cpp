// Optimizers from words and from the objects in Keras 3 and Keras 2 files: one table of classes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "namesake/optim/keras_object.h"
#include "namesake/optim/optimizer.h"

namespace namesake {
namespace {

using optim::ConfigReader;

/// What every optimizer's config has. Options that are not done here must be off; what only means something beside
/// them is skipped, and so is what Keras 2 wrote about itself.
template <class Options>
void read_settings(ConfigReader& reader, Options& options) {
  reader.read("name", options.name)
      .read("weight_decay", options.weight_decay)
      .read("clipnorm", options.clipnorm)
      .read("global_clipnorm", options.global_clipnorm)
      .read("clipvalue", options.clipvalue)
      .refuse("use_ema")
      .refuse("loss_scale_factor")
      .refuse("gradient_accumulation_steps")
      .ignore({"ema_momentum", "ema_overwrite_frequency", "jit_compile", "is_legacy_optimizer"});
  std::optional<double> decay;  // Keras 2's legacy optimizers
  reader.read("decay", decay);
  if (decay && *decay != 0) reader.refuse("decay");
}

void read_learning_rate(ConfigReader& reader, const JsonValue& config, double& learning_rate) {
  const JsonValue* member = config.find("learning_rate");
  if (member != nullptr && member->is_object()) {
    const JsonValue* class_name = member->find("class_name");
    throw Unsupported({.subject = "learning_rate",
                       .what = "Learning rate schedules are not done here.",
                       .expected = "a number",
                       .received = class_name != nullptr ? to_json(*class_name) : "an object",
                       .fix = "save the model compiled with a number for the learning rate"});
  }
  reader.read("learning_rate", learning_rate);
}

Optimizer make_sgd(const JsonValue& config) {
  SGDOptions options;
  ConfigReader reader("optimizer SGD", config);
  read_learning_rate(reader, config, options.learning_rate);
  read_settings(reader, options);
  reader.read("momentum", options.momentum).read("nesterov", options.nesterov).finish();
  return SGD(options);
}

Optimizer make_adam(const JsonValue& config) {
  AdamOptions options;
  ConfigReader reader("optimizer Adam", config);
  read_learning_rate(reader, config, options.learning_rate);
  read_settings(reader, options);
  reader.read("beta_1", options.beta_1)
      .read("beta_2", options.beta_2)
      .read("epsilon", options.epsilon)
      .read("amsgrad", options.amsgrad)
      .finish();
  return Adam(options);
}

struct Entry {
  std::string_view word;  // Keras takes it in any case
  Optimizer (*make)(const JsonValue& config);
};
constexpr auto kTable = std::to_array<Entry>({{"sgd", make_sgd}, {"adam", make_adam}});

Optimizer make(const std::string& class_name, const JsonValue& config) {
  std::string word = class_name;
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&word](const Entry& entry) { return entry.word == word; });
  if (found != kTable.end()) return found->make(config);
  std::array<std::string_view, kTable.size()> words;
  std::transform(kTable.begin(), kTable.end(), words.begin(), [](const Entry& entry) { return entry.word; });
  throw Unsupported(optim::unknown_word("optimizer", class_name, words));
}

}  // namespace

Optimizer::Optimizer(std::string_view word) : Optimizer(make(std::string(word), JsonValue::object())) {}

Optimizer Optimizer::deserialize(const JsonValue& value) {
  const optim::KerasObject object = optim::read_keras_object(value, "optimizer");
  return make(object.class_name, object.config);
}

}  // namespace namesake
