#include "namesake/tensor/tensor_json.h"

#include <fmt/format.h>

#include <optional>
#include <type_traits>

#include "namesake/base/error.h"
#include "namesake/tensor/element_type.h"

namespace namesake {
namespace {

// with_element_type, which throws Unsupported for other dtypes.
template <class Visit>
void with_number_type(DType dtype, Visit visit) {
  if (with_element_type(dtype, visit)) return;
  throw Unsupported({.subject = std::string(to_string(dtype)),
                     .what = fmt::format("A constant of dtype {} has no form in a config.", to_string(dtype)),
                     .expected = "numbers or bools"});
}

template <class T>
JsonValue nested(const T*& next, std::span<const std::int64_t> sizes) {
  if (sizes.empty()) {
    if constexpr (std::is_same_v<T, float>) return JsonValue(static_cast<double>(*next++));  // as Python prints a float32
    else return JsonValue(*next++);
  }
  JsonValue list = JsonValue::array();
  for (std::int64_t i = 0; i < sizes[0]; ++i) list.push_back(nested(next, sizes.subspan(1)));
  return list;
}

// Numbers in nested lists, and the shape that the lists have.
struct Numbers {
  std::vector<JsonView> values;
  Shape shape = Shape::scalar();
};

void gather(const JsonView& json, int depth, Numbers& out) {
  if (!json.value().is_array()) {
    if (!json.value().is_number() && !json.value().is_bool()) json.fail("A constant has something that is no number.", "numbers in lists");
    if (depth != out.shape.rank()) json.fail("The lists of a constant are uneven.", fmt::format("{} levels", out.shape.rank()));
    out.values.push_back(json);
    return;
  }
  const std::vector<JsonView> items = json.items();
  if (depth == out.shape.rank()) {
    if (!out.values.empty() || depth == Shape::kMaxRank) json.fail("The lists of a constant are uneven or too deep.");
    out.shape.push_back(static_cast<std::int64_t>(items.size()));
  }
  if (out.shape[depth] != static_cast<std::int64_t>(items.size())) {
    json.fail("The lists of a constant are uneven.", fmt::format("{} items", out.shape[depth]), std::to_string(items.size()));
  }
  for (const JsonView& item : items) gather(item, depth + 1, out);
}

DType natural_dtype(const Numbers& numbers) {
  bool all_bool = !numbers.values.empty(), all_int = all_bool;
  for (const JsonView& value : numbers.values) {
    all_bool = all_bool && value.value().is_bool();
    all_int = all_int && value.value().is_int();
  }
  return all_bool ? DType::kBool : all_int ? DType::kInt32 : DType::kFloat32;
}

template <class T>
T number(const JsonView& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.value().is_bool() ? value.as_bool() : value.as_double() != 0;
  } else if (value.value().is_bool()) {
    return static_cast<T>(value.as_bool() ? 1 : 0);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.as_double());
  } else {
    const std::int64_t wide = value.as_int();
    if (static_cast<std::int64_t>(static_cast<T>(wide)) != wide) value.fail("A number does not fit the dtype of its constant.");
    return static_cast<T>(wide);
  }
}

}  // namespace

JsonValue constant_to_json(const Tensor& tensor) {
  JsonValue value;
  with_number_type(tensor.dtype(), [&](auto element) {
    const auto* next = tensor.raw_as<decltype(element)>();
    value = nested(next, tensor.shape().sizes());
  });
  return JsonValue::object({{"class_name", "__tensor__"},
                            {"config", JsonValue::object({{"value", std::move(value)}, {"dtype", to_string(tensor.dtype())}})}});
}

Tensor constant_from_json(const JsonView& json) {
  std::optional<DType> dtype;
  JsonView value = json;
  if (json.value().is_object()) {
    value = json.at("config").at("value");
    const JsonView word = json.at("config").at("dtype");
    dtype = dtype_from_string(word.as_string());
    if (!dtype) word.fail("A constant has an unknown dtype.", "a dtype such as float32");
  }
  Numbers numbers;
  gather(value, 0, numbers);
  Tensor tensor = Tensor::empty(dtype.value_or(natural_dtype(numbers)), numbers.shape);
  with_number_type(tensor.dtype(), [&](auto element) {
    auto* out = tensor.raw_as<decltype(element)>();
    for (const JsonView& item : numbers.values) *out++ = number<decltype(element)>(item);
  });
  return tensor;
}

}  // namespace namesake
