// Parts of a tensor: x[key], slices, and elements by their places.
#include "namesake/ops/indexing.h"

#include <array>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/scatter.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor int64s(const Ints& values) { return Tensor::of(std::span<const std::int64_t>(values), {static_cast<std::int64_t>(values.size())}); }

// x[key] as StridedSlice has it: one entry of the three lists an index, with its bit in the masks.
struct Key {
  enum Mask : std::size_t { kBegin, kEnd, kEllipsis, kNewAxis, kShrink };
  Ints begin, end, stride;
  std::array<std::int64_t, 5> masks{};

  void add(std::int64_t from, std::int64_t to, std::int64_t step) {
    begin.push_back(from);
    end.push_back(to);
    stride.push_back(step);
  }
  void mark(Mask mask) { masks[mask] |= std::int64_t{1} << (begin.size() - 1); }
  [[nodiscard]] Tensor of(const Tensor& x) const {
    return ops::apply(ops::kStridedSlice, {x, int64s(begin), int64s(end), int64s(stride)},
                      ops::Attrs::of(masks[0], masks[1], masks[2], masks[3], masks[4]));
  }
};

void add_slice(OpArguments& a, const JsonValue& config, Key& key) {
  const auto number = [&](std::string_view name) -> std::optional<std::int64_t> {
    const JsonValue* value = config.find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->kind() != JsonValue::Kind::kInt) a.fail("a slice is not made of integers.", "integers or null", to_json(config));
    return value->as_int();
  };
  const auto start = number("start"), stop = number("stop"), step = number("step");
  key.add(start.value_or(0), stop.value_or(0), step.value_or(1));
  if (!start) key.mark(Key::kBegin);
  if (!stop) key.mark(Key::kEnd);
}

void add_index(OpArguments& a, const JsonValue& index, Key& key) {
  const JsonValue* class_name = index.find("class_name");
  const std::string word = class_name != nullptr && class_name->is_string() ? class_name->as_string() : "";
  if (index.kind() == JsonValue::Kind::kInt) {
    key.add(index.as_int(), index.as_int() == -1 ? 0 : index.as_int() + 1, 1);
    key.mark(Key::kShrink);
  } else if (index.is_null()) {
    key.add(0, 0, 1);
    key.mark(Key::kNewAxis);
  } else if (word == "__ellipsis__") {
    key.add(0, 0, 1);
    key.mark(Key::kEllipsis);
  } else if (word == "__slice__" && index.find("config") != nullptr) {
    add_slice(a, *index.find("config"), key);
  } else if (word == "__keras_tensor__" || word == "__tensor__" || word == "__numpy__") {
    a.unsupported("a tensor as an index; take() does that.");
  } else {
    a.fail("its key has an index that cannot be.", "an integer, a slice, an ellipsis or null", to_json(index));
  }
}

Compute make_get_item(OpArguments& a) {
  const JsonValue* given = a.argument(1, "key");
  Key key;
  if (given == nullptr || !given->is_array()) {
    add_index(a, given == nullptr ? JsonValue() : *given, key);
  } else {
    constexpr std::size_t kMostIndices = Shape::kMaxRank;
    if (given->items().size() > kMostIndices) a.fail("its key has too many indices.", "at most 8", std::to_string(given->items().size()));
    for (const JsonValue& index : given->items()) add_index(a, index, key);
  }
  return one([x = a.operand(0, "x"), key](const Tensors& in) { return key.of(x(in)); });
}

Compute make_slice(OpArguments& a) {
  return one([x = a.operand(0, "inputs"), start = a.operand(1, "start_indices"), sizes = a.integers("shape")](const Tensors& in) {
    return ops::apply(ops::kSlice, x(in), cast(start(in), DType::kInt64), int64s(sizes));
  });
}

// Places counted from the front.
Tensor from_front(const Tensor& indices, const Tensor& x, int axis) {
  const Tensor places = is_integer(indices.dtype()) ? indices : cast(indices, DType::kInt32);
  if (places.dtype() == DType::kUInt8 || (!places.is_symbolic() && (places.size() == 0 || min(places).item<double>() >= 0))) return places;
  const std::int64_t size = x.shape()[axis];
  const Tensor count = size >= 0 ? ops::number_beside(static_cast<double>(size), true, places) : cast(take_one(shape_of(x), 0, axis), places.dtype());
  return where(less(places, 0), places + count, places);
}
Compute make_take(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  return one([x = a.operand(0, "x"), indices = a.operand(1, "indices"), axis](const Tensors& in) {
    const Tensor value = axis ? x(in) : flattened(x(in));
    const int along = axis ? axis_of(value, *axis) : 0;
    return take(value, from_front(indices(in), value, along), along);
  });
}

Compute make_take_along_axis(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  return one([x = a.operand(0, "x"), indices = a.operand(1, "indices"), axis](const Tensors& in) {
    if (!axis) return take_along_axis(flattened(x(in)), flattened(indices(in)), 0);
    const Tensor value = x(in);
    return take_along_axis(value, indices(in), axis_of(value, *axis));
  });
}

Compute make_scatter(OpArguments& a) {
  return one([indices = a.operand(0, "indices"), values = a.operand(1, "values"), sizes = a.integers("shape")](const Tensors& in) {
    return scatter(indices(in), values(in), Shape(std::span<const std::int64_t>(sizes)));
  });
}
Compute make_scatter_update(OpArguments& a) {
  const std::string word = a.word("reduction");
  Tensor (*function)(const Tensor&, const Tensor&, const Tensor&) = word.empty()   ? scatter_update
                                                                   : word == "add" ? scatter_add
                                                                   : word == "max" ? scatter_max
                                                                   : word == "min" ? scatter_min
                                                                                   : nullptr;
  if (function == nullptr) a.unsupported("only the reductions add, max and min are done here.");
  return one([x = a.operand(0, "inputs"), indices = a.operand(1, "indices"), updates = a.operand(2, "updates"), function](const Tensors& in) {
    const Tensor value = x(in);
    return function(value, indices(in), cast(updates.beside(value, in), value.dtype()));
  });
}

// The block of `updates` at a place of `inputs`: every place of it, row after row.
Compute make_slice_update(OpArguments& a) {
  const Operand start = a.operand(1, "start_indices"), updates = a.operand(2, "updates");
  if (!start.is_constant()) a.unsupported("only from places that are constants.");
  return one([x = a.operand(0, "inputs"), start, updates](const Tensors& in) {
    const Tensor value = x(in), block = updates(in), from = cast(start(in), DType::kInt32);
    Tensors axes;  // of each place in the block: (sizes of the block)
    for (int i = 0; i < block.rank(); ++i) {
      Ints sizes(static_cast<std::size_t>(block.rank()), 1);
      sizes[static_cast<std::size_t>(i)] = known_size(block, i);
      const Tensor along = add(arange(known_size(block, i)), take_one(from, 0, i));
      axes.push_back(add(reshape(along, Shape(std::span<const std::int64_t>(sizes))), zeros(block.shape(), DType::kInt32)));
    }
    const Tensor places = stack(axes, -1);
    return scatter_update(value, places, cast(block, value.dtype()));
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"GetItem", kNumpyOps, make_get_item},
    {"Scatter", kCoreOps, make_scatter},
    {"ScatterUpdate", kCoreOps, make_scatter_update},
    {"Slice", kCoreOps, make_slice},
    {"SliceUpdate", kCoreOps, make_slice_update},
    {"Take", kNumpyOps, make_take},
    {"TakeAlongAxis", kNumpyOps, make_take_along_axis},
});

}  // namespace

std::span<const OpClass> indexing_ops() { return kClasses; }

}  // namespace namesake::nn
