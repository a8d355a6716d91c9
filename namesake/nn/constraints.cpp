#include "namesake/nn/constraints.h"

#include "namesake/base/error.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/keras_object.h"
#include "namesake/tensor/config_fields.h"

namespace namesake {
namespace {

/// keras.backend.epsilon()
constexpr double kEpsilon = 1e-7;

}  // namespace

Constraint::Constraint(const MaxNorm& o) : kind_(Kind::kMaxNorm), max_(o.max_value), axis_(o.axis), class_name_("MaxNorm") {}
Constraint::Constraint(const NonNeg&) : kind_(Kind::kNonNeg), class_name_("NonNeg") {}
Constraint::Constraint(const UnitNorm& o) : kind_(Kind::kUnitNorm), axis_(o.axis), class_name_("UnitNorm") {}
Constraint::Constraint(const MinMaxNorm& o)
    : kind_(Kind::kMinMaxNorm), min_(o.min_value), max_(o.max_value), rate_(o.rate), axis_(o.axis), class_name_("MinMaxNorm") {}

Constraint::Constraint(std::string_view word) : Constraint(make(word, word, JsonValue::object())) {}

Tensor Constraint::operator()(const Tensor& w) const {
  if (kind_ == Kind::kNone) return w;
  if (kind_ == Kind::kFunction) return function_(w);
  if (kind_ == Kind::kNonNeg) return maximum(w, 0);
  const Tensor norms = sqrt(sum(square(w), Axes(std::span<const std::int64_t>(axis_.values())), true));
  if (kind_ == Kind::kUnitNorm) return w / (norms + kEpsilon);
  Tensor desired = clip(norms, min_, max_);
  if (kind_ == Kind::kMinMaxNorm) desired = desired * rate_ + norms * (1 - rate_);
  return w * (desired / (norms + kEpsilon));
}

JsonValue Constraint::config() const {
  switch (kind_) {
    case Kind::kMaxNorm: return JsonValue::object({{"max_value", max_}, {"axis", axis_.serialize()}});
    case Kind::kUnitNorm: return JsonValue::object({{"axis", axis_.serialize()}});
    case Kind::kMinMaxNorm:
      return JsonValue::object({{"min_value", min_}, {"max_value", max_}, {"rate", rate_}, {"axis", axis_.serialize()}});
    default: return JsonValue::object();
  }
}

JsonValue Constraint::serialize() const {
  if (kind_ == Kind::kNone) return {};
  if (kind_ == Kind::kFunction) return optim::function_object(class_name_);
  return optim::keras_object("keras.constraints", class_name_, config());
}

Constraint Constraint::make(std::string_view name, std::string_view registered_name, const JsonValue& config) {
  if (const nn::FoundFunction found = nn::find_function(nn::FunctionKind::kConstraint, registered_name, name); found.function != nullptr) {
    Constraint own;
    own.kind_ = Kind::kFunction;
    own.class_name_ = found.registered_name;
    own.function_ = found.function;
    return own;
  }
  ConfigFields fields{JsonView(config, "constraint")};
  if (name == "MaxNorm" || name == "max_norm") {
    MaxNorm options;
    fields("axis", options.axis);
    fields("max_value", options.max_value);
    fields.refuse_others(name);
    return options;
  }
  if (name == "NonNeg" || name == "non_neg") return NonNeg();
  if (name == "UnitNorm" || name == "unit_norm") {
    UnitNorm options;
    fields("axis", options.axis);
    fields.refuse_others(name);
    return options;
  }
  if (name == "MinMaxNorm" || name == "min_max_norm") {
    MinMaxNorm options;
    fields("axis", options.axis);
    fields("min_value", options.min_value);
    fields("max_value", options.max_value);
    fields("rate", options.rate);
    fields.refuse_others(name);
    return options;
  }
  nn::refuse_unknown(nn::FunctionKind::kConstraint, registered_name, {"max_norm", "non_neg", "unit_norm", "min_max_norm"});
}

Constraint Constraint::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  const optim::KerasObject object = optim::read_keras_object(value, "constraint");
  return make(object.class_name, object.registered_name, object.config);
}

void register_constraint(std::string_view name, RegisteredFunction function, std::string_view package, Site site) {
  nn::register_function(nn::FunctionKind::kConstraint, name, function, package, site);
}

}  // namespace namesake
