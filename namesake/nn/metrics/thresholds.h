// Thresholds: an option that Keras takes as one number, as several, or as none, and writes as it was given.
#pragma once

#include <initializer_list>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake::metrics {

class NAMESAKE_API Thresholds {
 public:
  /// None.
  Thresholds() = default;
  Thresholds(double threshold) : values_{threshold} {}
  Thresholds(std::initializer_list<double> thresholds) : values_(thresholds), is_list_(true) {}
  explicit Thresholds(std::vector<double> thresholds) : values_(std::move(thresholds)), is_list_(true) {}

  [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }
  /// null, a number, or a list.
  [[nodiscard]] JsonValue serialize() const;
  [[nodiscard]] static Thresholds deserialize(const JsonValue& value);

 private:
  std::vector<double> values_;
  bool is_list_ = false;
};

}  // namespace namesake::metrics
