// Operations that repeat, pad and move elements.
#include <fmt/format.h>

#include <array>
#include <string>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/diagonal.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/reversing.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor axes_turned(const Tensor& x, const Ints& axes) { return transpose(x, std::span<const std::int64_t>(axes)); }

// As np.tile: where x or the repeats are shorter, ones stand before them.
Compute make_tile(OpArguments& a) {
  return one([x = a.operand(0, "x"), repeats = a.integers("repeats")](const Tensors& in) {
    Tensor value = x(in);
    Ints all = repeats;
    while (value.rank() < static_cast<int>(all.size())) value = expand_dims(value, 0);
    all.insert(all.begin(), static_cast<std::size_t>(value.rank()) - all.size(), 1);
    return tile(value, std::span<const std::int64_t>(all));
  });
}

// One number for all elements, or one for each along the axis.
Compute make_repeat(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  const Ints repeats = a.integers("repeats");
  constexpr std::int64_t kMost = 1 << 24;
  for (const std::int64_t count : repeats) {
    if (count < 0 || count > kMost) a.fail("\"repeats\" has a number that cannot be.", "0 or more", std::to_string(count));
  }
  Ints places;
  for (std::size_t i = 0; repeats.size() > 1 && i < repeats.size(); ++i) places.insert(places.end(), static_cast<std::size_t>(repeats[i]), static_cast<std::int64_t>(i));
  if (places.size() > static_cast<std::size_t>(kMost)) a.fail("\"repeats\" makes too many elements.");
  const Tensor indices = Tensor::of(std::span<const std::int64_t>(places), {static_cast<std::int64_t>(places.size())});
  return one([x = a.operand(0, "x"), axis, repeats, indices](const Tensors& in) {
    const Tensor value = axis ? x(in) : flattened(x(in));
    const int along = axis ? axis_of(value, *axis) : 0;
    return repeats.size() == 1 ? repeat(value, repeats[0], along) : take(value, indices, along);
  });
}

// A number, a pair, or a pair for each axis.
std::vector<std::array<std::int64_t, 2>> read_paddings(OpArguments& a) {
  const JsonValue widths = a.value("pad_width");
  std::vector<std::array<std::int64_t, 2>> pairs;
  const auto whole = [&](const JsonValue& value) {
    if (value.kind() != JsonValue::Kind::kInt || value.as_int() < 0) a.fail("\"pad_width\" has a width that cannot be.", "0 or more", to_json(value));
    return value.as_int();
  };
  if (widths.is_int()) return {{whole(widths), whole(widths)}};
  if (!widths.is_array()) a.fail("\"pad_width\" is missing.", "pairs of integers");
  const JsonArray& items = widths.items();
  if (items.size() == 2 && items[0].is_int()) return {{whole(items[0]), whole(items[1])}};
  for (const JsonValue& item : items) {
    if (!item.is_array() || item.items().size() != 2) a.fail("\"pad_width\" is no list of pairs.", "a pair of integers for each axis", to_json(widths));
    pairs.push_back({whole(item.items()[0]), whole(item.items()[1])});
  }
  return pairs;
}
Compute make_pad(OpArguments& a) {
  const std::string mode = a.word("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "symmetric") a.unsupported("only the modes constant, reflect and symmetric are done here.");
  const JsonValue* value = a.argument(1, "constant_values");
  if (value != nullptr && !value->is_number()) a.fail("\"constant_values\" is no number.", "a number", to_json(*value));
  const double number = value == nullptr ? 0 : value->as_double();
  return one([x = a.operand(0, "x"), pairs = read_paddings(a), mode, number](const Tensors& in) {
    const Tensor inside = x(in);
    auto paddings = pairs;
    if (paddings.size() == 1) paddings.resize(static_cast<std::size_t>(inside.rank()), paddings[0]);
    return mode == "constant" ? pad(inside, paddings, number) : pad(inside, paddings, std::string_view(mode));
  });
}

int small(OpArguments& a, std::string_view key, int fallback) {
  constexpr std::int64_t kMost = 1 << 30;
  const std::int64_t value = a.integer(key, fallback);
  if (value < -kMost || value > kMost) a.fail(fmt::format("\"{}\" is out of range.", key), "a place", std::to_string(value));
  return static_cast<int>(value);
}

Compute make_flip(OpArguments& a) {
  return one([x = a.operand(0, "x"), axes = a.axes()](const Tensors& in) { return flip(x(in), axes); });
}
// Without an axis: of the flattened tensor, brought into shape again.
Compute make_roll(OpArguments& a) {
  const Ints shifts = a.integers("shift");
  const auto axes = a.maybe_integers("axis");
  if (shifts.empty() || (axes && axes->size() != shifts.size() && shifts.size() != 1)) a.fail("\"shift\" and \"axis\" differ in length.", "a shift for each axis");
  return one([x = a.operand(0, "x"), shifts, axes](const Tensors& in) {
    Tensor value = x(in);
    if (!axes) return ops::reshape_as(roll(flattened(value), shifts[0], 0), value);
    for (std::size_t i = 0; i < axes->size(); ++i) value = roll(value, shifts[shifts.size() == 1 ? 0 : i], axis_of(value, (*axes)[i]));
    return value;
  });
}
Compute make_rot90(OpArguments& a) {
  const std::int64_t turns = ((a.integer("k", 1) % 4) + 4) % 4;
  const auto given = a.maybe_integers("axes");
  if (given && given->size() != 2) a.fail("\"axes\" is no pair of axes.", "two axes");
  return one([x = a.operand(0, "array"), turns, given](const Tensors& in) {
    const Tensor value = x(in);
    const int first = axis_of(value, given ? (*given)[0] : 0), second = axis_of(value, given ? (*given)[1] : 1);
    if (turns == 0) return identity(value);
    if (turns == 2) return flip(flip(value, first), second);
    Ints swapped;
    for (int i = 0; i < value.rank(); ++i) swapped.push_back(i == first ? second : i == second ? first : i);
    return turns == 1 ? axes_turned(flip(value, second), swapped) : flip(axes_turned(value, swapped), second);
  });
}

// Diag, Tril, Triu.
Compute with_k(OpArguments& a, Tensor (*function)(const Tensor&, int)) {
  return one([x = a.operand(0, "x"), k = small(a, "k", 0), function](const Tensors& in) { return function(x(in), k); });
}
Compute of_diagonal(OpArguments& a, Tensor (*function)(const Tensor&, int, int, int)) {
  return one([x = a.operand(0, "x"), offset = small(a, "offset", 0), axis1 = a.axis("axis1", 0), axis2 = a.axis("axis2", 1), function](
                 const Tensors& in) { return function(x(in), offset, axis1, axis2); });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Diag", kNumpyOps, [](OpArguments& a) { return with_k(a, diag); }},
    {"Diagonal", kNumpyOps, [](OpArguments& a) { return of_diagonal(a, diagonal); }},
    {"Flip", kNumpyOps, make_flip},
    {"Pad", kNumpyOps, make_pad},
    {"Repeat", kNumpyOps, make_repeat},
    {"Roll", kNumpyOps, make_roll},
    {"Rot90", kNumpyOps, make_rot90},
    {"Tile", kNumpyOps, make_tile},
    {"Trace", kNumpyOps, [](OpArguments& a) { return of_diagonal(a, trace); }},
    {"Tril", kNumpyOps, [](OpArguments& a) { return with_k(a, tril); }},
    {"Triu", kNumpyOps, [](OpArguments& a) { return with_k(a, triu); }},
});

}  // namespace

std::span<const OpClass> arranging_ops() { return kClasses; }

}  // namespace namesake::nn
