// AxisList: an option that Keras takes as one axis, as several, or as None: `axis=-1`, `axis=[1, 2]`. Written as it was given.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake {

class NAMESAKE_API AxisList {
 public:
  /// None.
  AxisList() = default;
  AxisList(int axis) : axes_{axis}, form_(Form::kOne) {}
  AxisList(std::initializer_list<std::int64_t> axes) : axes_(axes), form_(Form::kList) {}
  explicit AxisList(std::vector<std::int64_t> axes) : axes_(std::move(axes)), form_(Form::kList) {}

  [[nodiscard]] const std::vector<std::int64_t>& values() const noexcept { return axes_; }
  [[nodiscard]] std::size_t size() const noexcept { return axes_.size(); }
  /// True if it was given as one number.
  [[nodiscard]] bool single() const noexcept { return form_ == Form::kOne; }
  /// False: None.
  explicit operator bool() const noexcept { return form_ != Form::kNone; }
  /// As axes in [0, rank), in their order. Throws InvalidArgument, naming `what`, for one outside or given twice.
  [[nodiscard]] std::vector<std::int64_t> resolved(int rank, std::string_view what) const;

  [[nodiscard]] JsonValue serialize() const;
  [[nodiscard]] static AxisList deserialize(const JsonValue& value);
  friend bool operator==(const AxisList&, const AxisList&) = default;

 private:
  enum class Form : std::uint8_t { kNone, kOne, kList };
  std::vector<std::int64_t> axes_;
  Form form_ = Form::kNone;
};

}  // namespace namesake
