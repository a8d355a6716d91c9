// CallInputs: which input of a call is which parameter of Keras's call(), by position or by name. Internal to nn.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "namesake/nn/layer.h"

namespace namesake::nn {

class CallInputs {
 public:
  /// `parameters` in the order of Keras's signature; they must outlive this.
  CallInputs(std::span<const std::string_view> parameters, std::size_t inputs, const CallArguments* arguments)
      : parameters_(parameters), positional_(arguments == nullptr ? inputs : arguments->positional), arguments_(arguments) {}

  /// True if a tensor was given for it.
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// Its place among the inputs; behind them if it was not given.
  [[nodiscard]] std::size_t place(std::string_view name) const { return find(name).value_or(static_cast<std::size_t>(-1)); }
  /// An argument that is true or false; false if it was not given.
  [[nodiscard]] bool flag(std::string_view name) const {
    const JsonValue* value = arguments_ == nullptr ? nullptr : arguments_->values.find(name);
    return value != nullptr && ((value->is_bool() && value->as_bool()) || (value->is_int() && value->as_int() != 0));
  }

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const {
    const auto place = static_cast<std::size_t>(std::find(parameters_.begin(), parameters_.end(), name) - parameters_.begin());
    if (place < positional_) return place;
    const CallArguments::Named* named = arguments_ == nullptr ? nullptr : arguments_->find(name);
    return named == nullptr ? std::nullopt : std::optional(named->first);
  }

  std::span<const std::string_view> parameters_;
  std::size_t positional_;
  const CallArguments* arguments_;
};

}  // namespace namesake::nn
