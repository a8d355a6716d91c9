// NumberList: an option that Keras takes as a number, a list, an array or None: `scale=1/255`, `mean=[0.1, 0.2]`.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

class NAMESAKE_API NumberList {
 public:
  /// None.
  NumberList() = default;
  NumberList(double value) : values_{value}, shape_(Shape::scalar()) {}
  NumberList(int value) : NumberList(static_cast<double>(value)) {}
  NumberList(std::initializer_list<double> values) : NumberList(std::vector<double>(values)) {}
  explicit NumberList(std::vector<double> values) : values_(std::move(values)), shape_({static_cast<std::int64_t>(values_.size())}) {}

  /// False: None.
  explicit operator bool() const noexcept { return shape_.known_rank(); }
  /// A scalar for a number; unknown rank for None.
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] Tensor tensor(DType dtype) const;

  /// A number, a list of lists, null.
  [[nodiscard]] JsonValue serialize() const;
  /// The same, and the objects that Keras writes for an array. Throws FormatError for lists of unequal lengths.
  [[nodiscard]] static NumberList deserialize(const JsonValue& value);
  friend bool operator==(const NumberList&, const NumberList&) = default;

 private:
  std::vector<double> values_;
  Shape shape_;
};

}  // namespace namesake
