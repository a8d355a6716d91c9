#include "namesake/nn/number_list.h"

#include "namesake/base/error.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

void read_numbers(const JsonValue& value, int axis, Shape& shape, std::vector<double>& out) {
  if (!value.is_array()) {
    if (axis != shape.rank()) throw FormatError("", "", {.what = "A list of numbers is not regular.", .received = to_json(value)});
    out.push_back(value.as_double());
    return;
  }
  const auto size = static_cast<std::int64_t>(value.items().size());
  if (out.empty() && axis == shape.rank()) shape.push_back(size);
  if (axis >= shape.rank() || shape[axis] != size) {
    throw FormatError("", "", {.what = "A list of numbers is not regular.", .expected = "lists of one length", .received = to_json(value)});
  }
  for (const JsonValue& item : value.items()) read_numbers(item, axis + 1, shape, out);
}

JsonValue nested(const std::vector<double>& values, const Shape& shape, int axis, std::size_t& next) {
  if (axis == shape.rank()) return values[next++];
  JsonValue list = JsonValue::array();
  for (std::int64_t i = 0; i < shape[axis]; ++i) list.push_back(nested(values, shape, axis + 1, next));
  return list;
}

}  // namespace

Tensor NumberList::tensor(DType dtype) const { return cast(Tensor::of<double>(std::span<const double>(values_), shape_), dtype); }

JsonValue NumberList::serialize() const {
  if (!*this) return {};
  std::size_t next = 0;
  return nested(values_, shape_, 0, next);
}

NumberList NumberList::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  if (value.is_object()) {  // {"class_name": "__numpy__", "config": {"value": [...], "dtype": "float32"}}
    const JsonValue* config = value.find("config");
    const JsonValue* numbers = config == nullptr ? nullptr : config->find("value");
    if (numbers != nullptr && !numbers->is_object()) return deserialize(*numbers);
    throw Unsupported({.what = "These numbers are written in a way that is not done here.", .received = to_json(value)});
  }
  NumberList list;
  list.shape_ = Shape::scalar();
  read_numbers(value, 0, list.shape_, list.values_);
  return list;
}

}  // namespace namesake
