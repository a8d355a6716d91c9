// Products of vectors, matrices and tensors.
#include <algorithm>
#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/diagonal.h"
#include "namesake/ops/einsum.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

// The sizes of x along `axes` as a vector; -1 where they are open.
struct Extent {
  Ints sizes;
  std::int64_t count = 1;  // -1: not known
};
Extent extent_of(const Tensor& x, const Ints& axes) {
  Extent extent;
  for (const std::int64_t axis : axes) {
    const std::int64_t size = x.shape()[static_cast<int>(axis)];
    extent.sizes.push_back(size);
    extent.count = size < 0 || extent.count < 0 ? -1 : extent.count * size;
  }
  return extent;
}

// The numbers of x's sizes along `axes` when they are there, for a shape that cannot be told before.
Tensor run_time_sizes(const Tensor& x, const Ints& axes) {
  return take(shape_of(x), Tensor::of(std::span<const std::int64_t>(axes), {static_cast<std::int64_t>(axes.size())}), 0);
}

// The sum of products over pairs of axes; what is left of x1 stands before what is left of x2.
Tensor contract(const Tensor& x1, const Tensor& x2, const Ints& axes1, const Ints& axes2) {
  Ints left, right, first, second;
  for (const std::int64_t axis : axes1) first.push_back(axis_of(x1, axis));
  for (const std::int64_t axis : axes2) second.push_back(axis_of(x2, axis));
  for (int i = 0; i < x1.rank(); ++i) {
    if (std::find(first.begin(), first.end(), i) == first.end()) left.push_back(i);
  }
  for (int i = 0; i < x2.rank(); ++i) {
    if (std::find(second.begin(), second.end(), i) == second.end()) right.push_back(i);
  }
  const Extent rows = extent_of(x1, left), columns = extent_of(x2, right), inner1 = extent_of(x1, first), inner2 = extent_of(x2, second);
  const std::int64_t inner = inner1.count >= 0 ? inner1.count : inner2.count;
  Ints turn1 = left, turn2 = second;
  turn1.insert(turn1.end(), first.begin(), first.end());
  turn2.insert(turn2.end(), right.begin(), right.end());
  const Tensor a = transpose(x1, std::span<const std::int64_t>(turn1)), b = transpose(x2, std::span<const std::int64_t>(turn2));
  const Tensor product = matmul(reshape(a, {rows.count >= 0 && inner < 0 ? rows.count : -1, inner}), reshape(b, {inner, columns.count}));
  Ints sizes = rows.sizes;
  sizes.insert(sizes.end(), columns.sizes.begin(), columns.sizes.end());
  if (std::count(sizes.begin(), sizes.end(), -1) <= 1) return reshape(product, Shape(std::span<const std::int64_t>(sizes)));
  Tensors parts;
  if (!left.empty()) parts.push_back(run_time_sizes(x1, left));
  if (!right.empty()) parts.push_back(run_time_sizes(x2, right));
  return ops::apply(ops::kReshape, product, concatenate(parts, 0));
}

Tensor dot(const Tensor& x1, const Tensor& x2) {
  if (x1.rank() == 0 || x2.rank() == 0) return multiply(x1, x2);
  return contract(x1, x2, {-1}, {x2.rank() == 1 ? -1 : -2});
}
Tensor inner(const Tensor& x1, const Tensor& x2) {
  if (x1.rank() == 0 || x2.rank() == 0) return multiply(x1, x2);
  return contract(x1, x2, {-1}, {-1});
}
Tensor outer(const Tensor& x1, const Tensor& x2) { return multiply(expand_dims(flattened(x1), 1), expand_dims(flattened(x2), 0)); }
Tensor vdot(const Tensor& x1, const Tensor& x2) { return sum(multiply(flattened(x1), flattened(x2))); }
// Of matrices, or tensors of one rank whose sizes are known but for one.
Tensor kron(const Tensor& x1, const Tensor& x2) {
  Tensor a = x1, b = x2;
  while (a.rank() < b.rank()) a = expand_dims(a, 0);
  while (b.rank() < a.rank()) b = expand_dims(b, 0);
  Ints sizes;
  const int rank = a.rank();
  for (int i = 0; i < rank; ++i) sizes.push_back(a.shape()[i] < 0 || b.shape()[i] < 0 ? -1 : a.shape()[i] * b.shape()[i]);
  for (int i = 0; i < rank; ++i) {
    a = expand_dims(a, 2 * i + 1);
    b = expand_dims(b, 2 * i);
  }
  return reshape(multiply(a, b), Shape(std::span<const std::int64_t>(sizes)));
}

Compute product(OpArguments& a, Tensor (*function)(const Tensor&, const Tensor&)) {
  return one([x1 = a.operand(0, "x1"), x2 = a.operand(1, "x2"), function](const Tensors& in) { return function(x1(in), x2(in)); });
}

// `axes`: how many of the last and first axes, or a pair of lists.
Compute make_tensordot(OpArguments& a) {
  const JsonValue axes = a.value("axes");
  Ints first, second;
  const auto read = [&](const JsonValue& value, Ints& into) {
    const JsonArray list = value.is_array() ? value.items() : JsonArray{value};
    for (const JsonValue& item : list) {
      if (item.kind() != JsonValue::Kind::kInt) a.fail("\"axes\" is no pair of lists.", "axes of the two tensors", to_json(axes));
      into.push_back(item.as_int());
    }
  };
  if (axes.is_array() && axes.items().size() == 2) {
    read(axes.items()[0], first);
    read(axes.items()[1], second);
  } else {
    const std::int64_t count = a.integer("axes", 2);
    if (count < 0 || count > Shape::kMaxRank) a.fail("\"axes\" is no number of axes.", "0 or more", std::to_string(count));
    for (std::int64_t i = 0; i < count; ++i) {
      first.push_back(i - count);
      second.push_back(i);
    }
  }
  if (first.size() != second.size()) a.fail("\"axes\" has lists of different lengths.", "pairs of axes", to_json(axes));
  return one([x1 = a.operand(0, "x1"), x2 = a.operand(1, "x2"), first, second](const Tensors& in) { return contract(x1(in), x2(in), first, second); });
}

// Of vectors of three along the last axes.
Compute make_cross(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  for (const std::string_view key : {"axisa", "axisb", "axisc"}) {
    if (a.axis(key) != -1) a.unsupported("only along the last axes.");
  }
  if (axis && *axis != -1) a.unsupported("only along the last axes.");
  return one([x1 = a.operand(0, "x1"), x2 = a.operand(1, "x2")](const Tensors& in) {
    const Tensor a1 = x1(in), a2 = x2(in);
    if (a1.shape().back() != 3 || a2.shape().back() != 3) {
      throw Unsupported({.what = "A cross product of other vectors than those of three numbers is not done here."});
    }
    Tensors parts;
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3, k = (i + 2) % 3;
      parts.push_back(take_one(a1, -1, j) * take_one(a2, -1, k) - take_one(a1, -1, k) * take_one(a2, -1, j));
    }
    return stack(parts, -1);
  });
}

Compute make_einsum(OpArguments& a) {
  return one([xs = a.rest(0), subscripts = a.word("subscripts")](const Tensors& in) {
    Tensors values;
    for (const Operand& x : xs) values.push_back(x(in));
    return einsum(subscripts, values);
  });
}

// Attention of (batch, length, heads, size); keys may have fewer heads, each of which then serves several of the queries'.
Compute make_attention(OpArguments& a) {
  a.ignore("flash_attention");
  if (a.maybe_number("attn_logits_soft_cap")) a.unsupported("a soft cap of the logits.");
  const auto bias = a.maybe_operand(3, "bias"), mask = a.maybe_operand(4, "mask"), scale = a.maybe_operand(5, "scale");
  return one([query = a.operand(0, "query"), key = a.operand(1, "key"), value = a.operand(2, "value"), bias, mask, scale, causal = a.boolean("is_causal")](
                 const Tensors& in) {
    const Tensor q = query(in);
    Tensor k = key(in), v = value(in);
    if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4) throw ShapeMismatch({.what = "Attention needs tensors of (batch, length, heads, size)."});
    const std::int64_t heads = known_size(q, 2), shared = heads / known_size(k, 2);
    if (shared > 1) {
      k = repeat(k, shared, 2);
      v = repeat(v, shared, 2);
    }
    Tensor logits = einsum("BTNH,BSNH->BNTS", {q, k});
    logits = scale ? logits * (*scale).beside(logits, in) : logits / std::sqrt(static_cast<double>(known_size(q, 3)));
    if (bias) logits = logits + (*bias)(in);
    constexpr double kLargeNegative = -0.7 * 3.4028234663852886e38;
    if (mask) logits = where((*mask)(in), logits, ops::number_beside(kLargeNegative, logits));
    if (causal) logits = where(tril(ones_like(logits)), logits, ops::number_beside(kLargeNegative, logits));
    return einsum("BNTS,BSNH->BTNH", {softmax(logits), v});
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Cross", kNumpyOps, make_cross},
    {"Dot", kNumpyOps, [](OpArguments& a) { return product(a, dot); }},
    {"DotProductAttention", kNnOps, make_attention},
    {"Einsum", kNumpyOps, make_einsum},
    {"Inner", kNumpyOps, [](OpArguments& a) { return product(a, inner); }},
    {"Kron", kNumpyOps, [](OpArguments& a) { return product(a, kron); }},
    {"Matmul", kNumpyOps, [](OpArguments& a) { return product(a, matmul); }},
    {"Outer", kNumpyOps, [](OpArguments& a) { return product(a, outer); }},
    {"Tensordot", kNumpyOps, make_tensordot},
    {"Vdot", kNumpyOps, [](OpArguments& a) { return product(a, vdot); }},
});

}  // namespace

std::span<const OpClass> product_ops() { return kClasses; }

}  // namespace namesake::nn
