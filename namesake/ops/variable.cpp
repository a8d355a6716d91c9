#include "namesake/ops/variable.h"

#include <fmt/format.h>

#include <utility>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"

namespace namesake {
namespace {
thread_local constinit DType autocast_dtype = DType::kInvalid;
}

ops::VariableAutocast::VariableAutocast(DType dtype) noexcept : outer_(std::exchange(autocast_dtype, dtype)) {}
ops::VariableAutocast::~VariableAutocast() { autocast_dtype = outer_; }

Variable::Variable(const Tensor& initial_value, VariableOptions options, Site site)
    : body_(std::make_shared<Body>(Body{std::move(options.name), initial_value, options.trainable, site,
                                        std::move(options.regularizer), std::move(options.constraint)})) {
  if (!initial_value.defined() || initial_value.is_symbolic()) {
    throw InvalidArgument({.subject = body_->name,
                           .what = "A variable needs an initial value with numbers.",
                           .places = {{"here", site, {}, {}}}});
  }
}

Tensor Variable::value() const {
  Tensor value = read();
  if (autocast_dtype == DType::kInvalid || value.dtype() == autocast_dtype || !is_floating(value.dtype())) return value;
  return cast(value, autocast_dtype);
}

Tensor Variable::read() const {
  if (ops::Recorder::innermost() == nullptr) return body_->value;
  const Tensor value = ops::tracing() ? body_->value.alias() : body_->value;  // a graph tells each read from the others, and from constants
  for (auto* r = ops::Recorder::innermost(); r != nullptr; r = r->outer()) r->on_read(*this, value);
  return value;
}

void Variable::assign(const Tensor& value) const {
  if (!value.defined() || value.dtype() != dtype() || !value.shape().compatible_with(shape())) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("The variable \"{}\" cannot take this value.", name()),
                         .expected = fmt::format("{} {}", to_string(dtype()), to_string(shape())),
                         .received = value.defined()
                                         ? fmt::format("{} {}", to_string(value.dtype()), to_string(value.shape()))
                                         : "no value"});
  }
  if (!value.is_symbolic() && !ops::tracing()) body_->value = value;
  for (auto* r = ops::Recorder::innermost(); r != nullptr; r = r->outer()) r->on_assign(*this, value);
}

void Variable::apply_constraint() const {
  if (!body_->constraint) return;
  const ops::StopRecording quiet;
  assign(body_->constraint(body_->value));
}

void Variable::assign_add(const Tensor& delta) const { assign(add(read(), delta)); }
void Variable::assign_sub(const Tensor& delta) const { assign(subtract(read(), delta)); }

void* Variable::exclusive_data(DType wanted) const {
  if (wanted != dtype()) {
    throw InvalidArgument(
        {.subject = name(),
         .what = fmt::format("The variable \"{}\" was written as another dtype than its own.", name()),
         .expected = std::string(to_string(dtype())),
         .received = std::string(to_string(wanted))});
  }
  if (!body_->value.exclusive()) body_->value = body_->value.copy();
  return body_->value.raw();
}

}  // namespace namesake
