// Calls of TensorFlow that take more than other names to say as operations of keras.ops: indices, sizes that become places, flags that become
// another operation, and functions that are layers in Keras.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "namesake/base/error.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving::keras2 {
namespace {

constexpr std::string_view kNumpy = "keras.src.ops.numpy";

JsonValue slice(JsonValue start, JsonValue stop, JsonValue step) {
  return JsonValue::object({{"class_name", "__slice__"},
                            {"config", JsonValue::object({{"start", std::move(start)}, {"stop", std::move(stop)}, {"step", std::move(step)}})}});
}

// {"start": 1, "stop": 5, "step": null} as {"class_name": "__slice__", "config": {...}}; the others stand as they are.
JsonValue index_of(const JsonValue& spec) {
  if (!spec.is_object() || !spec.has("start")) return spec;
  return JsonValue::object({{"class_name", "__slice__"}, {"config", spec}});
}

JsonValue get_item(const JsonView& entry, const JsonValue& first, JsonValue key) {
  return operation(entry, "GetItem", kNumpy, JsonValue::object(), JsonValue::array({first, std::move(key)}));
}

// x[1:5, ..., 0].
JsonValue slicing(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  const JsonValue* spec = kwargs.find("slice_spec");
  if (spec == nullptr) refuse_op(entry, "has no slice_spec", "");
  if (!spec->is_array()) return get_item(entry, first, index_of(*spec));
  JsonValue key = JsonValue::array();
  for (const JsonValue& item : spec->items()) key.push_back(index_of(item));
  return get_item(entry, first, std::move(key));
}

bool is_place(const JsonValue& value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  return value.is_int() && value.as_int() >= -kMost && value.as_int() <= kMost;
}

// The member `key`, a list of integers.
const JsonArray& integers(const JsonView& entry, const JsonValue& kwargs, std::string_view key) {
  const JsonValue* list = kwargs.find(key);
  if (list == nullptr || !list->is_array() || !std::ranges::all_of(list->items(), is_place)) {
    refuse_op(entry, fmt::format("has a {} that is no list of integers", key), "say it with x[1:3]");
  }
  return list->items();
}

// tf.slice(x, begin, size); a size of -1 is all that is left.
JsonValue part(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  const JsonArray &begin = integers(entry, kwargs, "begin"), &size = integers(entry, kwargs, "size");
  if (begin.size() != size.size()) refuse_op(entry, "has begin and size of different lengths", "");
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const bool all = size[i].as_int() == -1;
    key.push_back(slice(begin[i], all ? JsonValue() : JsonValue(begin[i].as_int() + size[i].as_int()), JsonValue()));
  }
  return get_item(entry, first, std::move(key));
}

JsonValue strided(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  for (const JsonMember& member : kwargs.members()) {
    if (member.key.ends_with("_mask") && !(member.value == JsonValue(0))) refuse_op(entry, fmt::format("has {}, which is not done here", member.key), "say it with x[1:3]");
  }
  const JsonArray &begin = integers(entry, kwargs, "begin"), &end = integers(entry, kwargs, "end");
  const JsonValue* strides = kwargs.find("strides");
  const bool plain = strides == nullptr || strides->is_null();
  const JsonArray& steps = plain ? begin : integers(entry, kwargs, "strides");
  if (begin.size() != end.size() || begin.size() != steps.size()) refuse_op(entry, "has begin, end and strides of different lengths", "");
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) key.push_back(slice(begin[i], end[i], plain ? JsonValue() : steps[i]));
  return get_item(entry, first, std::move(key));
}

// Sizes of the pieces, where Keras has the places between them.
JsonValue split(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  JsonValue places = JsonValue::array();
  std::int64_t place = 0;
  const JsonArray& sizes = integers(entry, kwargs, "num_or_size_splits");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i].as_int() < 0) refuse_op(entry, "splits into pieces of which one has no size", "give each its size");
    place += sizes[i].as_int();
    if (i + 1 < sizes.size()) places.push_back(place);
  }
  const JsonValue* axis = kwargs.find("axis");
  return operation(entry, "Split", kNumpy, JsonValue::object({{"indices_or_sections", std::move(places)}, {"axis", axis == nullptr ? JsonValue(0) : *axis}}), JsonValue::array({first}));
}

JsonValue pad(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  const JsonValue* paddings = kwargs.find("paddings");
  if (paddings == nullptr) refuse_op(entry, "is a call of tf.pad without paddings", "");
  std::string mode = word_at(kwargs, "mode");
  std::ranges::transform(mode, mode.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  JsonValue others = JsonValue::object();
  const JsonValue* value = kwargs.find("constant_values");
  if (value != nullptr && value->is_number() && value->as_double() != 0) others.add("constant_values", *value);
  return operation(entry, "Pad", kNumpy, JsonValue::object({{"pad_width", *paddings}, {"mode", mode.empty() ? "constant" : mode}}), JsonValue::array({first}), std::move(others));
}

// A product with transposed factors, which Keras says by subscripts.
JsonValue transposed_product(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs, bool a, bool b) {
  const JsonValue* second = kwargs.find("b");
  if (second == nullptr) refuse_op(entry, "is a product of one factor", "");
  for (const JsonMember& member : kwargs.members()) {
    if (among(member.key, "b transpose_a transpose_b name") || member.value.is_null() || member.value == JsonValue(false)) continue;
    refuse_op(entry, fmt::format("is a product with {}, which is not done here", member.key), "put what it does into a layer");
  }
  return operation(entry, "Einsum", kNumpy, JsonValue::object({{"subscripts", fmt::format("...{},...{}->...ik", a ? "ji" : "ij", b ? "kj" : "jk")}}), JsonValue::array({first, *second}));
}

// A function that is a layer in Keras, with nothing to say but its name.
JsonValue layer(const JsonView& entry, std::string_view class_name, const JsonValue& first) { return operation(entry, class_name, "keras.layers", JsonValue::object(), JsonValue::array({first})); }

bool is_true(const JsonValue& kwargs, std::string_view key) {
  const JsonValue* value = kwargs.find(key);
  return value != nullptr && *value == JsonValue(true);
}

}  // namespace

std::optional<JsonValue> operation_of_own_form(std::string_view symbol, const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  if (symbol == "__operators__.getitem") return slicing(entry, first, kwargs);
  if (symbol == "slice") return part(entry, first, kwargs);
  if (symbol == "strided_slice") return strided(entry, first, kwargs);
  if (symbol == "pad") return pad(entry, first, kwargs);
  if (symbol == "split") {
    const JsonValue* sizes = kwargs.find("num_or_size_splits");
    if (sizes != nullptr && sizes->is_array()) return split(entry, first, kwargs);
  }
  if (among(symbol, "linalg.matmul matmul")) {
    const bool a = is_true(kwargs, "transpose_a"), b = is_true(kwargs, "transpose_b");
    if (a || b) return transposed_product(entry, first, kwargs, a, b);
  }
  if (among(symbol, "math.add_n math.accumulate_n")) return layer(entry, "Add", first);
  if (symbol == "keras.backend.batch_flatten") return layer(entry, "Flatten", first);
  if (symbol == "einsum") refuse_op(entry, "is a call of tf.einsum, of which Keras 2 saves no inputs", "use keras.layers.EinsumDense, Dot, or a layer of your own, and save the model again");
  return std::nullopt;
}

JsonValue operation(const JsonView& entry, std::string_view class_name, std::string_view module, JsonValue config, JsonValue args, JsonValue kwargs) {
  const std::string name = layer_name(entry.value());
  config.set("name", name);
  return JsonValue::object({{"module", module},
                            {"class_name", class_name},
                            {"config", std::move(config)},
                            {"registered_name", class_name},
                            {"name", name},
                            {"inbound_nodes", JsonValue::array({JsonValue::object({{"args", std::move(args)}, {"kwargs", std::move(kwargs)}})})}});
}

void refuse_op(const JsonView& entry, std::string_view what, std::string_view fix) {
  const std::string name = layer_name(entry.value());
  throw Unsupported({.subject = name,
                     .what = fmt::format("{}{}\"{}\" ({}) {}.", entry.file().empty() ? "" : fmt::format("{}: ", entry.file()),
                                         entry.path().empty() ? "" : entry.path() + ": ", name, word_at(entry.value(), "class_name"), what),
                     .fix = std::string(fix)});
}

}  // namespace namesake::saving::keras2
