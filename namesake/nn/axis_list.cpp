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
  if (single_) return axes_.front();
  JsonValue list = JsonValue::array();
  for (const std::int64_t axis : axes_) list.push_back(axis);
  return list;
}

AxisList AxisList::deserialize(const JsonValue& value) {
  AxisList list{};
  list.single_ = !value.is_array();
  if (list.single_) {
    list.axes_.push_back(value.as_int("axis"));
  } else {
    for (const JsonValue& item : value.items()) list.axes_.push_back(item.as_int("axis"));
  }
  return list;
}

}  // namespace namesake
