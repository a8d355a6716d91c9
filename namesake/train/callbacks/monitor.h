// The number that a callback watches: which way is better, and whether a new value is an improvement.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "namesake/nn/model.h"

namespace namesake::train {

class Monitor {
 public:
  /// `callback` is named in errors. Throws InvalidArgument for an unknown mode.
  Monitor(std::string_view callback, std::string name, const std::string& mode, double min_delta);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Finds out which way is better. Throws InvalidArgument if that cannot be told of the name.
  void settle(const Model& model);
  /// True if `value` is better than `reference` by more than min_delta, or there is no reference.
  [[nodiscard]] bool improves(double value, std::optional<double> reference) const;
  /// The monitored number; nothing if it is not among `logs`. Throws InvalidArgument if this run can never have it.
  [[nodiscard]] std::optional<double> value_in(const Logs& logs, const TrainingRun& run) const;

 private:
  enum class Better { kUnknown, kSmaller, kLarger };
  std::string_view callback_;
  std::string name_;
  double min_delta_;
  Better better_ = Better::kUnknown;
};

}  // namespace namesake::train
