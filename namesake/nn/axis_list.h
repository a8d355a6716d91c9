// AxisList: an option that Keras takes as one axis or as several, `axis=-1` or `axis=[1, 2]`, and writes as it was given.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake {

class NAMESAKE_API AxisList {
 public:
  AxisList(int axis) : axes_{axis}, single_(true) {}
  AxisList(std::initializer_list<std::int64_t> axes) : axes_(axes) {}
  explicit AxisList(std::vector<std::int64_t> axes) : axes_(std::move(axes)) {}

  [[nodiscard]] const std::vector<std::int64_t>& values() const noexcept { return axes_; }
  [[nodiscard]] std::size_t size() const noexcept { return axes_.size(); }
  /// True if it was given as one number.
  [[nodiscard]] bool single() const noexcept { return single_; }
  /// As axes in [0, rank), in their order. Throws InvalidArgument, naming `what`, for one outside or given twice.
  [[nodiscard]] std::vector<std::int64_t> resolved(int rank, std::string_view what) const;

  [[nodiscard]] JsonValue serialize() const;
  [[nodiscard]] static AxisList deserialize(const JsonValue& value);
  friend bool operator==(const AxisList&, const AxisList&) = default;

 private:
  std::vector<std::int64_t> axes_;
  bool single_ = false;
};

}  // namespace namesake
