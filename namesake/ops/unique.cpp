// Unique, UniqueWithCounts, ListDiff, InvertPermutation and UnravelIndex: lists of numbers, and places in them.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

/// The elements that come once or more: `first` holds the place of each, in the order of coming; `which` the number of each element's own.
struct Distinct {
  std::vector<std::int64_t> first, which, counts;
};
template <class Visit>
void with_element(const OpRecord& op, DType dtype, Visit visit) {
  if (dtype == DType::kString) return visit(std::string{});
  with_number(op, dtype, visit);
}
Distinct distinct(const OpRecord& op, const Tensor& x) {
  Distinct found;
  with_element(op, x.dtype(), [&](const auto& zero) {
    using T = std::decay_t<decltype(zero)>;
    std::unordered_map<T, std::int64_t> numbers;
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const auto [at, is_new] = numbers.try_emplace(x.raw_as<T>()[i], static_cast<std::int64_t>(found.first.size()));
      if (is_new) {
        found.first.push_back(i);
        found.counts.push_back(0);
      }
      ++found.counts[static_cast<std::size_t>(at->second)];
      found.which.push_back(at->second);
    }
  });
  return found;
}
void write_ints(const Tensor& out, const std::vector<std::int64_t>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (out.dtype() == DType::kInt32)
      out.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(values[i]);
    else
      out.raw_as<std::int64_t>()[i] = values[i];
  }
}
void write_elements(const OpRecord& op, const Tensor& from, const std::vector<std::int64_t>& places, const Tensor& out) {
  with_element(op, from.dtype(), [&](const auto& zero) {
    using T = std::decay_t<decltype(zero)>;
    for (std::size_t i = 0; i < places.size(); ++i) out.raw_as<T>()[i] = from.raw_as<T>()[places[i]];
  });
}

void infer_unique(const InferContext& c) {
  check_rank(c, 0, 1);
  const Tensor& x = c.inputs[0];
  const std::int64_t count = x.is_symbolic() ? Shape::kOpen : static_cast<std::int64_t>(distinct(c.op, x).first.size());
  c.outputs[0] = {x.dtype(), {count}};
  c.outputs[1] = {index_type(c, 0), x.shape().known_rank() ? x.shape() : Shape{Shape::kOpen}};
  if (c.outputs.size() > 2) c.outputs[2] = {index_type(c, 0), {count}};
}
void unique_kernel(const KernelContext& c) {
  const Distinct found = distinct(c.op, c.inputs[0]);
  write_elements(c.op, c.inputs[0], found.first, c.outputs[0]);
  write_ints(c.outputs[1], found.which);
  if (c.outputs.size() > 2) write_ints(c.outputs[2], found.counts);
}

// ListDiff: what of x is not in y, and where it stood.
std::vector<std::int64_t> left_over(const OpRecord& op, const Tensor& x, const Tensor& y) {
  std::vector<std::int64_t> places;
  with_element(op, x.dtype(), [&](const auto& zero) {
    using T = std::decay_t<decltype(zero)>;
    const std::unordered_set<T> out(y.raw_as<T>(), y.raw_as<T>() + y.size());
    for (std::int64_t i = 0; i < x.size(); ++i) {
      if (!out.contains(x.raw_as<T>()[i])) places.push_back(i);
    }
  });
  return places;
}
void infer_list_diff(const InferContext& c) {
  check_rank(c, 0, 1);
  check_rank(c, 1, 1);
  check_same_dtype(c, 0, 1);
  const bool known = !c.inputs[0].is_symbolic() && !c.inputs[1].is_symbolic();
  const std::int64_t count = known ? static_cast<std::int64_t>(left_over(c.op, c.inputs[0], c.inputs[1]).size()) : Shape::kOpen;
  c.outputs[0] = {c.inputs[0].dtype(), {count}};
  c.outputs[1] = {index_type(c, 0), {count}};
}
void list_diff_kernel(const KernelContext& c) {
  const std::vector<std::int64_t> places = left_over(c.op, c.inputs[0], c.inputs[1]);
  write_elements(c.op, c.inputs[0], places, c.outputs[0]);
  write_ints(c.outputs[1], places);
}

void infer_invert(const InferContext& c) {
  check_rank(c, 0, 1);
  check_integers(c, 0);
  infer_as_input(c);
}
void invert_kernel(const KernelContext& c) {
  const std::int64_t n = c.inputs[0].size();
  std::vector<std::int64_t> places(static_cast<std::size_t>(n), -1);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t at = index_at(c.inputs[0], i);
    if (at < 0 || at >= n || places[static_cast<std::size_t>(at)] >= 0)
      throw_invalid(c.op, "InvertPermutation needs each number once.", fmt::format("0 to {}", n - 1), std::to_string(at));
    places[static_cast<std::size_t>(at)] = i;
  }
  write_ints(c.outputs[0], places);
}

// UnravelIndex: places in a tensor of these dims, as an index for each axis.
void infer_unravel(const InferContext& c) {
  check_integers(c, 0);
  check_same_dtype(c, 0, 1);
  check_rank(c, 1, 1);
  const Shape &indices = c.inputs[0].shape(), &dims = c.inputs[1].shape();
  if (indices.rank() > 1) throw_mismatch(c.op, c.inputs, "UnravelIndex needs a place, or a list of them.");
  const std::int64_t axes = dims.known_rank() ? dims[0] : Shape::kOpen;
  c.outputs[0] = {c.inputs[0].dtype(), !indices.known_rank() ? Shape() : indices.rank() == 0 ? Shape{axes} : Shape{axes, indices[0]}};
}
void unravel_kernel(const KernelContext& c) {
  const Tensor &indices = c.inputs[0], &dims = c.inputs[1];
  std::int64_t all = 1;
  for (std::int64_t i = 0; i < dims.size(); ++i) {
    const std::int64_t size = index_at(dims, i);
    if (size < 1 || __builtin_mul_overflow(all, size, &all)) throw_invalid(c.op, "UnravelIndex needs dims above 0.", "", std::to_string(size));
  }
  std::vector<std::int64_t> values(static_cast<std::size_t>(c.outputs[0].size()));
  for (std::int64_t i = 0; i < indices.size(); ++i) {
    std::int64_t place = index_at(indices, i);
    if (place < 0 || place >= all) throw_invalid(c.op, "UnravelIndex got a place outside.", fmt::format("0 <= index < {}", all), std::to_string(place));
    for (std::int64_t k = dims.size() - 1; k >= 0; --k) {
      values[static_cast<std::size_t>(k * indices.size() + i)] = place % index_at(dims, k);
      place /= index_at(dims, k);
    }
  }
  write_ints(c.outputs[0], values);
}

constexpr std::string_view kNamesUnique[] = {"y", "idx", "count"};
constexpr AttrDef kAttrsIndex[] = {{"out_idx", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};
constexpr std::string_view kNamesDiff[] = {"out", "idx"};
constexpr std::string_view kNamesUnravel[] = {"indices", "dims"};
constexpr TypeAttr kTypesUnravel[] = {{"Tidx", 0}};
constexpr OpRecord unique(std::string_view name, std::size_t outputs) {
  return {.name = name,
          .input_names = kNamesX,
          .output_names = std::span(kNamesUnique).first(outputs),
          .attrs = kAttrsIndex,
          .types = kTypeT,
          .infer = infer_unique,
          .kernel = unique_kernel,
          .blocks_gradient = true};
}

}  // namespace

constinit const OpRecord kUnique = unique("Unique", 2);
constinit const OpRecord kUniqueWithCounts = unique("UniqueWithCounts", 3);
constinit const OpRecord kListDiff = {.name = "ListDiff",
                                      .input_names = kNamesXY,
                                      .output_names = kNamesDiff,
                                      .attrs = kAttrsIndex,
                                      .types = kTypeT,
                                      .infer = infer_list_diff,
                                      .kernel = list_diff_kernel,
                                      .blocks_gradient = true};
constinit const OpRecord kInvertPermutation = {.name = "InvertPermutation",
                                               .input_names = kNamesX,
                                               .output_names = kNamesY,
                                               .types = kTypeT,
                                               .infer = infer_invert,
                                               .kernel = invert_kernel,
                                               .blocks_gradient = true};
constinit const OpRecord kUnravelIndex = {.name = "UnravelIndex",
                                          .input_names = kNamesUnravel,
                                          .output_names = kNamesOutput,
                                          .types = kTypesUnravel,
                                          .infer = infer_unravel,
                                          .kernel = unravel_kernel,
                                          .blocks_gradient = true};

}  // namespace namesake::ops
