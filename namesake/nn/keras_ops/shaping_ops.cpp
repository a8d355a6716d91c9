// Operations that change the shape: axes, joining and taking apart.
#include "namesake/ops/shaping.h"

#include <algorithm>
#include <array>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor turned(const Tensor& x, const Ints& axes) { return transpose(x, std::span<const std::int64_t>(axes)); }

Compute make_reshape(OpArguments& a) {
  const Ints sizes = a.integers("newshape");
  if (std::count(sizes.begin(), sizes.end(), -1) > 1) a.fail("\"newshape\" has more than one -1.", "at most one");
  return one([x = a.operand(0, "x"), shape = Shape(std::span<const std::int64_t>(sizes))](const Tensors& in) { return reshape(x(in), shape); });
}
Compute make_transpose(OpArguments& a) {
  return one([x = a.operand(0, "x"), axes = a.maybe_integers("axes")](const Tensors& in) {
    return axes ? turned(x(in), *axes) : transpose(x(in));
  });
}
Compute make_swapaxes(OpArguments& a) {
  return one([x = a.operand(0, "x"), axis1 = a.axis("axis1"), axis2 = a.axis("axis2")](const Tensors& in) {
    const Tensor value = x(in);
    Ints axes(static_cast<std::size_t>(value.rank()));
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(i);
    std::swap(axes[static_cast<std::size_t>(axis_of(value, axis1))], axes[static_cast<std::size_t>(axis_of(value, axis2))]);
    return turned(value, axes);
  });
}
// As np.moveaxis: the axes that are not named keep their order.
Compute make_moveaxis(OpArguments& a) {
  const Ints source = a.integers("source"), destination = a.integers("destination");
  if (source.size() != destination.size()) a.fail("\"source\" and \"destination\" differ in length.", "as many places as axes");
  return one([x = a.operand(0, "x"), source, destination](const Tensors& in) {
    const Tensor value = x(in);
    const auto rank = static_cast<std::size_t>(value.rank());
    Ints axes(rank, -1), from;
    for (std::size_t i = 0; i < source.size(); ++i) {
      from.push_back(axis_of(value, source[i]));
      axes[static_cast<std::size_t>(axis_of(value, destination[i]))] = from.back();
    }
    std::int64_t next = 0;
    for (std::int64_t& axis : axes) {
      if (axis >= 0) continue;
      while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
      axis = next++;
    }
    return turned(value, axes);
  });
}
// Places are those of the result, the first ones first.
Compute make_expand_dims(OpArguments& a) {
  return one([x = a.operand(0, "x"), axes = a.integers("axis")](const Tensors& in) {
    Tensor value = x(in);
    const auto rank = static_cast<std::int64_t>(value.rank()) + static_cast<std::int64_t>(axes.size());
    Ints places = axes;
    for (std::int64_t& axis : places) axis = axis < 0 ? axis + rank : axis;
    std::sort(places.begin(), places.end());
    for (const std::int64_t axis : places) value = expand_dims(value, static_cast<int>(std::clamp<std::int64_t>(axis, -99, 99)));
    return value;
  });
}
Compute make_squeeze(OpArguments& a) {
  return one([x = a.operand(0, "x"), axes = a.maybe_integers("axis")](const Tensors& in) {
    if (!axes) return squeeze(x(in));
    Tensor value = x(in);
    Ints places;
    for (const std::int64_t axis : *axes) places.push_back(axis_of(value, axis));
    std::sort(places.begin(), places.end());
    for (std::size_t i = places.size(); i-- > 0;) value = squeeze(value, {places[i]});
    return value;
  });
}
Compute make_broadcast_to(OpArguments& a) {
  return one([x = a.operand(0, "x"), sizes = a.integers("shape")](const Tensors& in) {
    return broadcast_to(x(in), Shape(std::span<const std::int64_t>(sizes)));
  });
}

Tensors all_of(const std::vector<Operand>& operands, const Tensors& in) {
  Tensors values;
  for (const Operand& operand : operands) values.push_back(operand(in));
  return values;
}
Compute make_concatenate(OpArguments& a) {
  return one([xs = a.operands(0, "xs"), axis = a.axis("axis", 0)](const Tensors& in) { return concatenate(all_of(xs, in), axis); });
}
Compute make_stack(OpArguments& a) {
  return one([xs = a.operands(0, "xs"), axis = a.axis("axis", 0)](const Tensors& in) { return stack(all_of(xs, in), axis); });
}
Compute make_append(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  return one([x1 = a.operand(0, "x1"), x2 = a.operand(1, "x2"), axis](const Tensors& in) {
    if (!axis) return concatenate({flattened(x1(in)), flattened(x2(in))}, 0);
    const Tensor first = x1(in);
    return concatenate({first, x2(in)}, axis_of(first, *axis));
  });
}
Compute make_hstack(OpArguments& a) {
  return one([xs = a.operands(0, "xs")](const Tensors& in) {
    Tensors values = all_of(xs, in);
    for (Tensor& value : values) value = value.rank() == 0 ? reshape(value, Shape({1})) : value;
    return concatenate(values, values[0].rank() == 1 ? 0 : 1);
  });
}
Compute make_vstack(OpArguments& a) {
  return one([xs = a.operands(0, "xs")](const Tensors& in) {
    Tensors values = all_of(xs, in);
    for (Tensor& value : values) {
      while (value.rank() < 2) value = expand_dims(value, 0);
    }
    return concatenate(values, 0);
  });
}

Compute splitting(OpArguments& a, int axis) {
  const JsonValue parts = a.value("indices_or_sections");
  return [x = a.operand(0, "x"), values = a.integers("indices_or_sections"), sections = !parts.is_array(), axis](const Tensors& in) {
    return sections ? split(x(in), values[0], axis) : split(x(in), std::span<const std::int64_t>(values), axis);
  };
}
// The first parts are one longer where it cannot be divided.
Compute make_array_split(OpArguments& a) {
  const JsonValue parts = a.value("indices_or_sections");
  if (parts.is_array()) return splitting(a, a.axis("axis", 0));
  const std::int64_t sections = a.integer("indices_or_sections", 1);
  constexpr std::int64_t kMostSections = 1 << 20;
  if (sections < 1 || sections > kMostSections) a.fail("\"indices_or_sections\" is no number of parts.", "1 or more", std::to_string(sections));
  return [x = a.operand(0, "x"), sections, axis = a.axis("axis", 0)](const Tensors& in) {
    const Tensor value = x(in);
    const std::int64_t size = known_size(value, axis_of(value, axis));
    Ints sizes;
    for (std::int64_t i = 0; i < sections; ++i) sizes.push_back(size / sections + (i < size % sections ? 1 : 0));
    return split_sizes(value, sizes, axis);
  };
}
Compute make_unstack(OpArguments& a) {
  a.ignore("num");
  return [x = a.operand(0, "x"), axis = a.axis("axis", 0)](const Tensors& in) { return unstack(x(in), axis); };
}

// Each vector along an axis of its own, repeated along the others'.
Compute make_meshgrid(OpArguments& a) {
  const bool turned_first_two = a.word("indexing", "xy") == "xy";
  return [xs = a.rest(0), turned_first_two](const Tensors& in) {
    Tensors values = all_of(xs, in), grids;
    const std::size_t n = values.size();
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t place = turned_first_two && n > 1 && i < 2 ? 1 - i : i;
      values[i] = flattened(values[i]);
      for (std::size_t k = 0; k < place; ++k) values[i] = expand_dims(values[i], 0);
      for (std::size_t k = place + 1; k < n; ++k) values[i] = expand_dims(values[i], -1);
    }
    for (std::size_t i = 0; i < n; ++i) {
      Tensor grid = values[i];
      for (std::size_t k = 0; k < n; ++k) {
        if (k != i) grid = grid + cast(zeros_like(values[k]), grid.dtype());
      }
      grids.push_back(grid);
    }
    return grids;
  };
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Append", kNumpyOps, make_append},
    {"ArraySplit", kNumpyOps, make_array_split},
    {"BroadcastTo", kNumpyOps, make_broadcast_to},
    {"Concatenate", kNumpyOps, make_concatenate},
    {"ExpandDims", kNumpyOps, make_expand_dims},
    {"Hsplit", kNumpyOps, [](OpArguments& a) { return splitting(a, 1); }},
    {"Hstack", kNumpyOps, make_hstack},
    {"Meshgrid", kNumpyOps, make_meshgrid},
    {"Moveaxis", kNumpyOps, make_moveaxis},
    {"Ravel", kNumpyOps, [](OpArguments& a) { return of_one(a, flattened); }},
    {"Reshape", kNumpyOps, make_reshape},
    {"Split", kNumpyOps, [](OpArguments& a) { return splitting(a, a.axis("axis", 0)); }},
    {"Squeeze", kNumpyOps, make_squeeze},
    {"Stack", kNumpyOps, make_stack},
    {"Swapaxes", kNumpyOps, make_swapaxes},
    {"Transpose", kNumpyOps, make_transpose},
    {"Unstack", kCoreOps, make_unstack},
    {"Vsplit", kNumpyOps, [](OpArguments& a) { return splitting(a, 0); }},
    {"Vstack", kNumpyOps, make_vstack},
});

}  // namespace

std::span<const OpClass> shaping_ops() { return kClasses; }

}  // namespace namesake::nn
