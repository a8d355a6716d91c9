#include "namesake/nn/regularizers.h"

#include <fmt/format.h>

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/keras_object.h"
#include "namesake/tensor/config_fields.h"

namespace namesake {
namespace {

double checked(double factor, std::string_view name) {
  if (std::isfinite(factor) && factor >= 0) return factor;
  throw InvalidArgument({.subject = std::string(name),
                         .what = fmt::format("A regularizer got a {} that is no factor.", name),
                         .expected = "a number that is not below 0",
                         .received = fmt::format("{} = {}", name, factor)});
}

/// Keras keeps some factors in a float32 tensor, and so writes 0.01 as 0.009999999776482582.
double as_float32(double factor) { return static_cast<double>(static_cast<float>(factor)); }

Tensor orthogonal_penalty(const Tensor& x, double factor, bool rows) {
  if (x.rank() != 2) {
    throw ShapeMismatch({.subject = "OrthogonalRegularizer",
                         .what = "OrthogonalRegularizer is a penalty on matrices.",
                         .expected = "2 axes",
                         .received = to_string(x.shape())});
  }
  const Tensor unit = l2_normalize(x, rows ? 1 : 0, 1e-14);  // keras.ops.normalize
  const Tensor products = rows ? matmul(unit, unit, false, true) : matmul(unit, unit, true, false);
  const std::int64_t size = x.shape()[rows ? 0 : 1];
  const Tensor apart = products * (1.0 - eye(size, -1, x.dtype()));
  const double pairs = static_cast<double>(size) * (static_cast<double>(size) - 1) / 2;
  return sum(abs(apart)) * (factor * 0.5) / pairs;
}

}  // namespace

Regularizer::Regularizer(const L1& o) : kind_(Kind::kL1), a_(as_float32(checked(o.l1, "l1"))), class_name_("L1") {}
Regularizer::Regularizer(const L2& o) : kind_(Kind::kL2), b_(checked(o.l2, "l2")), class_name_("L2") {}
Regularizer::Regularizer(const L1L2& o) : kind_(Kind::kL1L2), a_(checked(o.l1, "l1")), b_(checked(o.l2, "l2")), class_name_("L1L2") {}
Regularizer::Regularizer(const OrthogonalRegularizer& o)
    : kind_(Kind::kOrthogonal), a_(as_float32(checked(o.factor, "factor"))), class_name_("OrthogonalRegularizer"), mode_(o.mode) {
  if (mode_ == "rows" || mode_ == "columns") return;
  throw InvalidArgument({.subject = "mode",
                         .what = "OrthogonalRegularizer got a mode that it does not know.",
                         .expected = "rows or columns",
                         .received = mode_});
}

Regularizer::Regularizer(std::string_view word) : Regularizer(make(word, word, JsonValue::object())) {}

Tensor Regularizer::operator()(const Tensor& x) const {
  switch (kind_) {
    case Kind::kL1: return sum(abs(x)) * a_;
    case Kind::kL2: return sum(square(x)) * b_;
    case Kind::kOrthogonal: return orthogonal_penalty(x, a_, mode_ == "rows");
    case Kind::kFunction: return function_(x);
    case Kind::kNone:
    case Kind::kL1L2: break;
  }
  if (a_ == 0 && b_ == 0) return zeros(Shape::scalar(), x.dtype());
  if (b_ == 0) return sum(abs(x)) * a_;
  if (a_ == 0) return sum(square(x)) * b_;
  return sum(abs(x)) * a_ + sum(square(x)) * b_;
}

JsonValue Regularizer::config() const {
  switch (kind_) {
    case Kind::kL1: return JsonValue::object({{"l1", a_}});
    case Kind::kL2: return JsonValue::object({{"l2", b_}});
    case Kind::kL1L2: return JsonValue::object({{"l1", a_}, {"l2", b_}});
    case Kind::kOrthogonal: return JsonValue::object({{"factor", a_}, {"mode", mode_}});
    default: return JsonValue::object();
  }
}

JsonValue Regularizer::serialize() const {
  if (kind_ == Kind::kNone) return {};
  if (kind_ == Kind::kFunction) return optim::function_object(class_name_);
  return optim::keras_object("keras.regularizers", class_name_, config());
}

Regularizer Regularizer::make(std::string_view name, std::string_view registered_name, const JsonValue& config) {
  if (const nn::FoundFunction found = nn::find_function(nn::FunctionKind::kRegularizer, registered_name, name); found.function != nullptr) {
    Regularizer own;
    own.kind_ = Kind::kFunction;
    own.class_name_ = found.registered_name;
    own.function_ = found.function;
    return own;
  }
  ConfigFields fields{JsonView(config, "regularizer")};
  if (name == "L1" || name == "l1") {
    L1 options;
    fields("l1", options.l1);
    fields.refuse_others(name);
    return options;
  }
  if (name == "L2" || name == "l2") {
    L2 options;
    fields("l2", options.l2);
    fields.refuse_others(name);
    return options;
  }
  if (name == "L1L2" || name == "l1l2" || name == "l1_l2") {
    L1L2 options;
    fields("l1", options.l1);
    fields("l2", options.l2);
    fields.refuse_others(name);
    return options;
  }
  if (name == "OrthogonalRegularizer" || name == "orthogonal_regularizer") {
    OrthogonalRegularizer options;
    fields("factor", options.factor);
    fields("mode", options.mode);
    fields.refuse_others(name);
    return options;
  }
  nn::refuse_unknown(nn::FunctionKind::kRegularizer, registered_name, {"l1", "l2", "l1_l2", "orthogonal_regularizer"});
}

Regularizer Regularizer::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  const optim::KerasObject object = optim::read_keras_object(value, "regularizer");
  return make(object.class_name, object.registered_name, object.config);
}

void register_regularizer(std::string_view name, RegisteredFunction function, std::string_view package, Site site) {
  nn::register_function(nn::FunctionKind::kRegularizer, name, function, package, site);
}

}  // namespace namesake
