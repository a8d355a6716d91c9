// How a model was compiled, in words that Keras 2.15 and Keras 3 both take: full names of losses, and only optimizers, losses, metrics and
// options that both know.
#include <fmt/format.h>

#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving {
namespace {

using keras2::among;
using keras2::word_at;

// What Keras 2.15 has not. LossScaleOptimizer it has, in other words and in another place.
constexpr std::string_view kNewClasses =
    "Lamb Muon MultiOptimizer ScheduleFreeAdamW LossScaleOptimizer CTC CategoricalGeneralizedCrossEntropy Circle Dice Tversky "
    "ConcordanceCorrelation PearsonCorrelation";
constexpr std::string_view kNewWords = "ctc categorical_generalized_cross_entropy circle dice tversky concordance_correlation pearson_correlation";
// Off, they are left out.
constexpr std::string_view kNewOptions = "loss_scale_factor gradient_accumulation_steps";

class Check {
 public:
  explicit Check(std::vector<std::string>& obstacles) : obstacles_(obstacles) {}

  JsonValue value(const JsonValue& value) {
    if (value.is_string() && among(value.as_string(), kNewWords)) tell(value.as_string());
    if (value.is_array()) {
      JsonValue list = JsonValue::array();
      for (const JsonValue& item : value.items()) list.push_back(this->value(item));
      return list;
    }
    if (!value.is_object()) return value;
    const std::string class_name = word_at(value, "class_name");
    if (among(class_name, kNewClasses)) tell(class_name);
    JsonValue object = JsonValue::object();
    for (const JsonMember& member : value.members()) {
      if (among(member.key, kNewOptions)) {
        if (!member.value.is_null()) tell(fmt::format("{} = {}", member.key, to_json(member.value)));
      } else if (member.key == "reduction") {
        object.add(member.key, reduction(member.value));
      } else if (member.key == "dtype") {
        object.add(member.key, dtype(member.value));
      } else {
        object.add(member.key, this->value(member.value));
      }
    }
    return object;
  }

 private:
  void tell(std::string_view what) { obstacles_.push_back(fmt::format("Keras 2 has no {}", what)); }

  JsonValue reduction(const JsonValue& value) {
    if (value.is_null()) return "none";
    if (value.is_string() && value.as_string().starts_with("mean")) tell(fmt::format("reduction = {}", to_json(value)));
    return value;
  }

  static JsonValue dtype(const JsonValue& value) {
    const JsonValue* config = value.find("config");
    return config == nullptr ? value : JsonValue(word_at(*config, "name"));
  }

  std::vector<std::string>& obstacles_;
};

}  // namespace

JsonValue common_compile_config(const JsonValue& config, std::vector<std::string>& obstacles) {
  Check check(obstacles);
  JsonValue result = JsonValue::object();
  for (const JsonMember& member : config.members()) {
    if (member.key == "auto_scale_loss" || (member.value.is_null() && among(member.key, "run_eagerly steps_per_execution jit_compile"))) continue;
    if (member.key == "jit_compile" && member.value == JsonValue("auto")) continue;
    result.add(member.key, check.value(member.value));
  }
  return result;
}

}  // namespace namesake::saving
