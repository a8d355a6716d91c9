#include "namesake/nn/axis_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "namesake/base/error.h"

namespace namesake {

std::vector<std::int64_t> AxisList::resolved(int rank, std::string_view what) const {
  std::vector<std::int64_t> found;
  for (const std::int64_t axis : axes_) {
    const std::int64_t place = axis < 0 ? axis + rank : axis;
    if (place < 0 || place >= rank || std::find(found.begin(), found.end(), place) != found.end()) {
      throw InvalidArgument({.subject = "axis",
                             .what = fmt::format("{} got axes that its input does not have.", what),
                             .expected = fmt::format("different axes, each at least {} and below {}", -rank, rank),
                             .received = fmt::format("{}", fmt::join(axes_, ", "))});
    }
    found.push_back(place);
  }
  return found;
}

JsonValue AxisList::serialize() const {
  if (form_ == Form::kNone) return {};
  if (form_ == Form::kOne) return axes_.front();
  JsonValue list = JsonValue::array();
  for (const std::int64_t axis : axes_) list.push_back(axis);
  return list;
}

AxisList AxisList::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  if (!value.is_array()) return static_cast<int>(value.as_int("axis"));
  std::vector<std::int64_t> axes;
  for (const JsonValue& item : value.items()) axes.push_back(item.as_int("axis"));
  return AxisList(std::move(axes));
}

}  // namespace namesake
