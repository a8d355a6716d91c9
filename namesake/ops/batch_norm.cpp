// FusedBatchNorm, V2 and V3: batch normalization as TensorFlow's graphs have it. (Layers here are written in plainer ops, or run the fused
// form of normalize.h.)
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/channel_layout.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/normalize.h"
#include "namesake/ops/normalize_records.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

enum Slot : std::size_t { kEpsilonSlot, kFactorSlot, kFormatSlot, kTrainingSlot };
enum Input : std::size_t { kX, kScale, kOffset, kMean, kVariance };
enum Output : std::size_t { kY, kBatchMean, kBatchVariance, kSavedMean, kSavedVariance, kNothing };

bool channels_first(const Attrs& attrs) { return attrs.integer(kFormatSlot) % 2 == 1; }  // NCHW, NCDHW
int channel_axis(const Attrs& attrs, int rank) { return channels_first(attrs) ? 1 : rank - 1; }

void infer_batch_norm(const InferContext& c) {
  check_floating(c, kX);
  const Shape& x = c.inputs[kX].shape();
  if (x.known_rank() && x.rank() != 4 && x.rank() != 5) throw_mismatch(c.op, c.inputs, fmt::format("{} needs images.", c.op.name), "rank 4 or 5");
  std::int64_t channels = x.known_rank() ? x[channel_axis(c.attrs, x.rank())] : Shape::kOpen;
  for (const Input i : {kScale, kOffset, kMean, kVariance}) {
    check_floating(c, i);
    check_same_dtype(c, kScale, i);
    const Shape& shape = c.inputs[i].shape();
    const bool may_be_empty = i >= kMean && c.attrs.boolean(kTrainingSlot) && c.attrs.real(kFactorSlot) == 1;
    if (!shape.compatible_with({channels}) && !(may_be_empty && shape == Shape{0})) {
      throw_mismatch(c.op, c.inputs, fmt::format("{} needs a number for each channel.", c.op.name), to_string(Shape{channels}));
    }
    if (channels == Shape::kOpen && i < kMean && shape.known_rank()) channels = shape[0];
  }
  c.outputs[kY] = {c.inputs[kX].dtype(), x};
  for (const Output i : {kBatchMean, kBatchVariance, kSavedMean, kSavedVariance}) c.outputs[i] = {c.inputs[kScale].dtype(), {channels}};
  if (c.outputs.size() > kNothing) c.outputs[kNothing] = {c.inputs[kScale].dtype(), {0}};
}

template <class T>
void moments_plainly(const ChannelLayout& s, const T* x, T* mean, T* variance) {
  std::vector<double, base::PoolAllocator<double>> totals(static_cast<std::size_t>(s.channels));
  const auto fill = [&](T* out, auto term) {
    std::fill(totals.begin(), totals.end(), 0.0);
    s.each_run([&](std::int64_t channel, std::int64_t at) {
      for (std::int64_t i = at; i < at + s.inner; ++i) totals[static_cast<std::size_t>(channel)] += term(x[i], channel);
    });
    for (std::int64_t k = 0; k < s.channels; ++k) out[k] = static_cast<T>(totals[static_cast<std::size_t>(k)] / static_cast<double>(s.of_each_channel()));
  };
  fill(mean, [](T value, std::int64_t) { return static_cast<double>(value); });
  fill(variance, [&](T value, std::int64_t k) { return (static_cast<double>(value) - mean[k]) * (static_cast<double>(value) - mean[k]); });
}
template <class T>
void scale_plainly(const ChannelLayout& s, const T* x, const T* factor, const T* shift, T* y) {
  s.each_run([&](std::int64_t channel, std::int64_t at) {
    for (std::int64_t i = at; i < at + s.inner; ++i) y[i] = x[i] * factor[channel] + shift[channel];
  });
}

/// y of x with these statistics.
template <class T>
void apply_statistics(const KernelContext& c, const ChannelLayout& s, const T* mean, const T* variance) {
  const Tensor factor = Tensor::empty(dtype_of<T>(), {s.channels}), shift = Tensor::empty(dtype_of<T>(), {s.channels});
  const T epsilon = static_cast<T>(c.attrs.real(kEpsilonSlot));
  for (std::int64_t k = 0; k < s.channels; ++k) {
    factor.raw_as<T>()[k] = c.inputs[kScale].raw_as<T>()[k] / std::sqrt(variance[k] + epsilon);
    shift.raw_as<T>()[k] = c.inputs[kOffset].raw_as<T>()[k] - mean[k] * factor.raw_as<T>()[k];
  }
  if (s.inner > 1) return scale_plainly(s, c.inputs[kX].raw_as<T>(), factor.raw_as<T>(), shift.raw_as<T>(), c.outputs[kY].raw_as<T>());
  const Tensor inputs[] = {c.inputs[kX], factor, shift};
  kScaleColumns.kernel({kScaleColumns, inputs, {}, c.outputs.first(1)});
}

/// The moving statistic behind the batch's; `unbiased` is a factor.
template <class T>
void move_statistic(const KernelContext& c, Input old, const T* batch, T unbiased, Output moved) {
  const double share = c.attrs.real(kFactorSlot);
  const Tensor& out = c.outputs[moved];
  for (std::int64_t k = 0; k < out.size(); ++k) {
    const T now = batch[k] * unbiased;
    out.raw_as<T>()[k] = share == 1 ? now : static_cast<T>((1 - share) * c.inputs[old].raw_as<T>()[k] + share * now);
  }
}

template <class T>
void train(const KernelContext& c, const ChannelLayout& s) {
  T *mean = c.outputs[kSavedMean].raw_as<T>(), *variance = c.outputs[kSavedVariance].raw_as<T>();
  if (s.inner > 1) {
    moments_plainly(s, c.inputs[kX].raw_as<T>(), mean, variance);
    apply_statistics(c, s, mean, variance);
  } else {
    Tensor outputs[] = {c.outputs[kY], c.outputs[kSavedMean], c.outputs[kSavedVariance]};
    kNormalize.kernel({kNormalize, c.inputs.first(3), Attrs::of(static_cast<std::int64_t>(NormalizeOver::kRows), c.attrs.real(kEpsilonSlot)), outputs});
  }
  const std::int64_t n = s.of_each_channel();
  move_statistic<T>(c, kMean, mean, T(1), kBatchMean);
  move_statistic<T>(c, kVariance, variance, static_cast<T>(n) / static_cast<T>(n > 1 ? n - 1 : 1), kBatchVariance);
}

void batch_norm_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[kX];
  const ChannelLayout s(x.shape(), channel_axis(c.attrs, x.rank()));
  if (x.dtype() != c.inputs[kScale].dtype()) throw_unsupported_dtype(c.op, x.dtype());
  with_floating(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = kBatchMean; i < c.outputs.size(); ++i) std::fill_n(c.outputs[i].raw_as<T>(), c.outputs[i].size(), T(0));
    if (x.size() == 0) return;
    if (c.attrs.boolean(kTrainingSlot)) return train<T>(c, s);
    for (const Output to : {kBatchMean, kBatchVariance, kSavedMean, kSavedVariance}) {
      const Input from = to == kBatchMean || to == kSavedMean ? kMean : kVariance;
      std::copy_n(c.inputs[from].raw_as<T>(), s.channels, c.outputs[to].raw_as<T>());
    }
    apply_statistics<T>(c, s, c.inputs[kMean].raw_as<T>(), c.inputs[kVariance].raw_as<T>());
  });
}

void gradient_batch_norm(const GradientContext& c) {
  if (!c.output_gradients[kY].defined()) return;
  const Tensor &x = c.inputs[kX], &scale = c.inputs[kScale];
  const DType wide = scale.dtype();
  std::array<std::int64_t, Shape::kMaxRank> axes{};
  Shape one_each = Shape::scalar();  // that a number for each channel broadcasts from
  std::size_t count = 0;
  for (int i = 0; i < x.rank(); ++i) {
    const bool is_channels = i == channel_axis(c.attrs, x.rank());
    one_each.push_back(is_channels ? Shape::kOpen : 1);
    if (!is_channels) axes[count++] = i;
  }
  const Axes others(std::span<const std::int64_t>(axes.data(), count));
  const auto each_channel = [&](const Tensor& t) { return reshape(t, one_each); };
  const Tensor dy = cast(c.output_gradients[kY], wide), apart = cast(x, wide) - each_channel(c.outputs[kSavedMean]);
  const Tensor factor = rsqrt(each_channel(c.outputs[kSavedVariance]) + c.attrs.real(kEpsilonSlot));
  const Tensor unit = apart * factor;
  if (c.needs[kX]) {
    Tensor dx = dy;
    if (c.attrs.boolean(kTrainingSlot)) dx = dy - mean(dy, others, true) - unit * mean(dy * unit, others, true);
    c.input_gradients[kX] = cast(dx * (each_channel(scale) * factor), x.dtype());
  }
  if (c.needs[kScale]) c.input_gradients[kScale] = sum(dy * unit, others);
  if (c.needs[kOffset]) c.input_gradients[kOffset] = sum(dy, others);
}

constexpr AttrDef kAttrsV3[] = {{.name = "epsilon", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(1e-4)},
                                {.name = "exponential_avg_factor", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(1.0)},
                                {.name = "data_format", .kind = AttrKind::kWord, .words = "NHWC,NCHW,NDHWC,NCDHW"},
                                {.name = "is_training", .kind = AttrKind::kBool, .fallback = 1}};
constexpr AttrDef kAttrsV2[] = {kAttrsV3[0], kAttrsV3[1], {.name = "data_format", .kind = AttrKind::kWord, .words = "NHWC,NCHW"}, kAttrsV3[3]};
constexpr std::string_view kNamesBatchNorm[] = {"x", "scale", "offset", "mean", "variance"};
constexpr std::string_view kNamesOutputs[] = {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"};
constexpr TypeAttr kTypesV2[] = {{"T", kX}, {"U", kScale}};
constexpr OpRecord batch_norm(std::string_view name, std::size_t outputs, std::span<const AttrDef> attrs, std::span<const TypeAttr> types) {
  return {.name = name,
          .input_names = kNamesBatchNorm,
          .output_names = std::span(kNamesOutputs).first(outputs),
          .attrs = attrs,
          .types = types,
          .infer = infer_batch_norm,
          .kernel = batch_norm_kernel,
          .gradient = gradient_batch_norm};
}

}  // namespace

constinit const OpRecord kFusedBatchNorm = batch_norm("FusedBatchNorm", kNothing, kAttrsV2, kTypeT);
constinit const OpRecord kFusedBatchNormV2 = batch_norm("FusedBatchNormV2", kNothing, kAttrsV2, kTypesV2);
constinit const OpRecord kFusedBatchNormV3 = batch_norm("FusedBatchNormV3", kNothing + 1, kAttrsV3, kTypesV2);

}  // namespace namesake::ops
