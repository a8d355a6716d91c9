// DenseBincount, Bincount, HistogramFixedWidth, LowerBound and UpperBound: how often numbers come, and where they belong.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

std::int64_t wanted_count(const InferContext& c, std::size_t i) {
  const HostInts size = host_ints(c.op, c.inputs[i]);
  if (!size.known) return Shape::kOpen;
  if (size.size != 1 || size[0] < 0) throw_invalid(c.op, fmt::format("{} needs a size of 0 or more.", c.op.name));
  return size[0];
}

// Bincount and DenseBincount: the numbers, how many there may be, and a weight for each, or none.
enum BinInput : std::size_t { kNumbers, kSize, kWeights };

void check_weights(const InferContext& c) {
  check_integers(c, kNumbers);
  const Shape &numbers = c.inputs[kNumbers].shape(), &weights = c.inputs[kWeights].shape();
  if (!weights.compatible_with(numbers) && !(weights == Shape{0})) throw_mismatch(c.op, c.inputs, fmt::format("{} needs a weight for each number, or none.", c.op.name));
}
void infer_bincount(const InferContext& c) {
  check_weights(c);
  c.outputs[0] = {c.inputs[kWeights].dtype(), {wanted_count(c, kSize)}};
}
void infer_dense_bincount(const InferContext& c) {
  check_weights(c);
  check_same_dtype(c, kNumbers, kSize);
  const Shape& numbers = c.inputs[kNumbers].shape();
  if (numbers.rank() == 0 || numbers.rank() > 2) throw_mismatch(c.op, c.inputs, "DenseBincount needs numbers in one row, or in rows.", "rank 1 or 2");
  const std::int64_t size = wanted_count(c, kSize);
  c.outputs[0] = {c.inputs[kWeights].dtype(), !numbers.known_rank() ? Shape() : numbers.rank() == 1 ? Shape{size} : Shape{numbers[0], size}};
}
/// `rows` rows of numbers, each counted into a row of the output.
void count_rows(const KernelContext& c, std::int64_t rows, bool only_whether) {
  const Tensor &numbers = c.inputs[kNumbers], &weights = c.inputs[kWeights], &out = c.outputs[0];
  const std::int64_t bins = out.shape().back(), each = rows == 0 ? 0 : numbers.size() / rows;
  with_number(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T(0));
    for (std::int64_t i = 0; i < rows * each; ++i) {
      const std::int64_t number = index_at(numbers, i);
      if (number < 0) throw_invalid(c.op, fmt::format("{} cannot count negative numbers.", c.op.name), "", std::to_string(number));
      if (number >= bins) continue;
      T& bin = out.raw_as<T>()[i / each * bins + number];
      if (only_whether)
        bin = T(1);
      else
        bin = static_cast<T>(bin + (weights.size() == 0 ? T(1) : weights.raw_as<T>()[i]));
    }
  });
}
void bincount_kernel(const KernelContext& c) { count_rows(c, 1, false); }
void dense_bincount_kernel(const KernelContext& c) {
  const Shape& numbers = c.inputs[kNumbers].shape();
  count_rows(c, numbers.rank() == 2 ? numbers[0] : 1, c.attrs.boolean(0));
}

// HistogramFixedWidth: values, value_range, nbins.
void infer_histogram(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  if (!c.inputs[1].shape().compatible_with({2})) throw_mismatch(c.op, c.inputs, "HistogramFixedWidth needs the two ends of a range.");
  const std::int64_t bins = wanted_count(c, 2);
  if (bins == 0) throw_invalid(c.op, "HistogramFixedWidth needs one bin or more.");
  if (!c.inputs[1].is_symbolic()) {
    with_number(c.op, c.inputs[1].dtype(), [&](auto zero) {
      const auto* range = c.inputs[1].raw_as<decltype(zero)>();
      if (!(range[0] < range[1])) throw_invalid(c.op, "HistogramFixedWidth needs a range that is not empty.");
    });
  }
  c.outputs[0] = {index_type(c, 0), {bins}};
}
void histogram_kernel(const KernelContext& c) {
  const Tensor &values = c.inputs[0], &out = c.outputs[0];
  const std::int64_t bins = out.size();
  with_number(c.op, values.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto low = static_cast<double>(c.inputs[1].raw_as<T>()[0]), step = (static_cast<double>(c.inputs[1].raw_as<T>()[1]) - low) / static_cast<double>(bins);
    with_index(c.op, out.dtype(), [&](auto count) {
      auto* to = out.raw_as<decltype(count)>();
      std::fill_n(to, bins, count);
      for (const T value : values.data<T>()) {
        const double place = std::floor((static_cast<double>(value) - low) / step);
        ++to[place > 0 ? static_cast<std::int64_t>(std::min(place, static_cast<double>(bins - 1))) : 0];
      }
    });
  });
}

// LowerBound, UpperBound: rows of sorted_inputs, rows of values.
void infer_bound(const InferContext& c) {
  check_rank(c, 0, 2);
  check_rank(c, 1, 2);
  check_same_dtype(c, 0, 1);
  const Shape &sorted = c.inputs[0].shape(), &values = c.inputs[1].shape();
  if (sorted.known_rank() && values.known_rank() && !Shape{sorted[0]}.compatible_with({values[0]}))
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs as many rows of values as of sorted numbers.", c.op.name));
  c.outputs[0] = {index_type(c, 0), values};
}
template <bool kUpper>
void bound_kernel(const KernelContext& c) {
  const Tensor &sorted = c.inputs[0], &values = c.inputs[1], &out = c.outputs[0];
  const std::int64_t row = sorted.shape()[1], wanted = values.shape()[1];
  with_number(c.op, values.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t i = 0; i < values.size(); ++i) {
      const T *begin = sorted.raw_as<T>() + i / wanted * row, value = values.raw_as<T>()[i];
      const T* const found = kUpper ? std::upper_bound(begin, begin + row, value) : std::lower_bound(begin, begin + row, value);
      if (out.dtype() == DType::kInt32)
        out.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(found - begin);
      else
        out.raw_as<std::int64_t>()[i] = found - begin;
    }
  });
}

constexpr std::string_view kNamesBincount[] = {"arr", "size", "weights"};
constexpr std::string_view kNamesBins[] = {"bins"};
constexpr TypeAttr kTypesBincount[] = {{"T", kWeights}};
constexpr std::string_view kNamesDense[] = {"input", "size", "weights"};
constexpr AttrDef kAttrsDense[] = {{"binary_output", AttrKind::kBool}};
constexpr TypeAttr kTypesDense[] = {{"Tidx", kNumbers}, {"T", kWeights}};
constexpr std::string_view kNamesHistogram[] = {"values", "value_range", "nbins"};
constexpr std::string_view kNamesOut[] = {"out"};
constexpr AttrDef kAttrsHistogram[] = {{"dtype", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};
constexpr std::string_view kNamesBound[] = {"sorted_inputs", "values"};
constexpr AttrDef kAttrsBound[] = {{"out_type", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};
constexpr OpRecord bound(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name, .input_names = kNamesBound, .output_names = kNamesOutput, .attrs = kAttrsBound, .types = kTypeT, .infer = infer_bound, .kernel = kernel, .blocks_gradient = true};
}

}  // namespace

constinit const OpRecord kBincount = {.name = "Bincount",
                                      .input_names = kNamesBincount,
                                      .output_names = kNamesBins,
                                      .types = kTypesBincount,
                                      .infer = infer_bincount,
                                      .kernel = bincount_kernel,
                                      .blocks_gradient = true};
constinit const OpRecord kDenseBincount = {.name = "DenseBincount",
                                           .input_names = kNamesDense,
                                           .output_names = kNamesOutput,
                                           .attrs = kAttrsDense,
                                           .types = kTypesDense,
                                           .infer = infer_dense_bincount,
                                           .kernel = dense_bincount_kernel,
                                           .blocks_gradient = true};
constinit const OpRecord kHistogramFixedWidth = {.name = "HistogramFixedWidth",
                                                 .input_names = kNamesHistogram,
                                                 .output_names = kNamesOut,
                                                 .attrs = kAttrsHistogram,
                                                 .types = kTypeT,
                                                 .infer = infer_histogram,
                                                 .kernel = histogram_kernel,
                                                 .blocks_gradient = true};
constinit const OpRecord kLowerBound = bound("LowerBound", bound_kernel<false>);
constinit const OpRecord kUpperBound = bound("UpperBound", bound_kernel<true>);

}  // namespace namesake::ops
