// FusedBatchNormGradV3 (and its elders), as training steps in graphs have them.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/channel_layout.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

enum Slot : std::size_t { kEpsilonSlot, kFormatSlot, kTrainingSlot };
enum Input : std::size_t { kDy, kX, kScale, kMean, kVariance };
enum Output : std::size_t { kDx, kDscale, kDoffset, kNothing };

int channel_axis(const Attrs& attrs, int rank) { return attrs.integer(kFormatSlot) % 2 == 1 ? 1 : rank - 1; }

void infer_grad(const InferContext& c) {
  infer_gradient_pair(c);
  check_floating(c, kX);
  const Shape& x = c.inputs[kX].shape();
  if (x.known_rank() && x.rank() != 4 && x.rank() != 5) throw_mismatch(c.op, c.inputs, fmt::format("{} needs images.", c.op.name), "rank 4 or 5");
  const std::int64_t channels = x.known_rank() ? x[channel_axis(c.attrs, x.rank())] : Shape::kOpen;
  for (const Input i : {kScale, kMean, kVariance}) {
    check_floating(c, i);
    check_same_dtype(c, kScale, i);
    if (!c.inputs[i].shape().compatible_with({channels}))
      throw_mismatch(c.op, c.inputs, fmt::format("{} needs a number for each channel.", c.op.name), to_string(Shape{channels}));
  }
  const DType wide = c.inputs[kScale].dtype();
  c.outputs[kDx] = {c.inputs[kX].dtype(), x};
  c.outputs[kDscale] = c.outputs[kDoffset] = {wide, {channels}};
  for (std::size_t i = kNothing; i < c.outputs.size(); ++i) c.outputs[i] = {wide, Shape::scalar()};
}

/// With unit = (x - mean) factor: dscale is the sum of dy unit, doffset that of dy; in training dx loses the means of both.
template <class T>
void take_gradients(const KernelContext& c) {
  const Tensor& x = c.inputs[kX];
  const ChannelLayout s(x.shape(), channel_axis(c.attrs, x.rank()));
  const T *dy = c.inputs[kDy].raw_as<T>(), *in = x.raw_as<T>(), *mean = c.inputs[kMean].raw_as<T>();
  const auto size = static_cast<std::size_t>(s.channels);
  std::vector<double, base::PoolAllocator<double>> factor(size), of_dy(size), of_unit(size);
  for (std::size_t k = 0; k < size; ++k) factor[k] = 1 / std::sqrt(static_cast<double>(c.inputs[kVariance].raw_as<T>()[k]) + c.attrs.real(kEpsilonSlot));
  const auto unit = [&](std::int64_t i, std::int64_t k) { return (static_cast<double>(in[i]) - static_cast<double>(mean[k])) * factor[static_cast<std::size_t>(k)]; };
  s.each_run([&](std::int64_t channel, std::int64_t at) {
    for (std::int64_t i = at; i < at + s.inner; ++i) {
      of_dy[static_cast<std::size_t>(channel)] += static_cast<double>(dy[i]);
      of_unit[static_cast<std::size_t>(channel)] += static_cast<double>(dy[i]) * unit(i, channel);
    }
  });
  const double share = c.attrs.boolean(kTrainingSlot) && x.size() > 0 ? 1 / static_cast<double>(s.of_each_channel()) : 0;
  s.each_run([&](std::int64_t channel, std::int64_t at) {
    const auto k = static_cast<std::size_t>(channel);
    for (std::int64_t i = at; i < at + s.inner; ++i) {
      const double centered = static_cast<double>(dy[i]) - share * (of_dy[k] + unit(i, channel) * of_unit[k]);
      c.outputs[kDx].raw_as<T>()[i] = static_cast<T>(centered * factor[k] * static_cast<double>(c.inputs[kScale].raw_as<T>()[k]));
    }
  });
  for (std::size_t k = 0; k < size; ++k) {
    c.outputs[kDscale].raw_as<T>()[k] = static_cast<T>(of_unit[k]);
    c.outputs[kDoffset].raw_as<T>()[k] = static_cast<T>(of_dy[k]);
  }
}
void grad_kernel(const KernelContext& c) {
  if (c.inputs[kX].dtype() != c.inputs[kScale].dtype()) throw_unsupported_dtype(c.op, c.inputs[kX].dtype());
  with_floating(c.op, c.inputs[kX].dtype(), [&](auto zero) {
    take_gradients<decltype(zero)>(c);
    for (const Tensor& nothing : c.outputs.subspan(kNothing)) *nothing.raw_as<decltype(zero)>() = zero;
  });
}

constexpr AttrDef kAttrsV3[] = {{.name = "epsilon", .kind = AttrKind::kFloat, .fallback = std::bit_cast<std::int64_t>(1e-4)},
                                {.name = "data_format", .kind = AttrKind::kWord, .words = "NHWC,NCHW,NDHWC,NCDHW"},
                                {.name = "is_training", .kind = AttrKind::kBool, .fallback = 1}};
constexpr AttrDef kAttrsV2[] = {kAttrsV3[0], {.name = "data_format", .kind = AttrKind::kWord, .words = "NHWC,NCHW"}, kAttrsV3[2]};
constexpr std::string_view kNamesGrad[] = {"y_backprop", "x", "scale", "reserve_space_1", "reserve_space_2", "reserve_space_3"};
constexpr std::string_view kNamesOutputs[] = {"x_backprop", "scale_backprop", "offset_backprop", "reserve_space_3", "reserve_space_4"};
constexpr std::string_view kNamesOutputsV3[] = {"x_backprop", "scale_backprop", "offset_backprop", "reserve_space_4", "reserve_space_5"};
constexpr TypeAttr kTypes[] = {{"T", kDy}, {"U", kMean}};
constexpr OpRecord grad_record(std::string_view name, std::span<const std::string_view> inputs, std::span<const std::string_view> outputs,
                               std::span<const AttrDef> attrs, std::span<const TypeAttr> types) {
  return {.name = name, .input_names = inputs, .output_names = outputs, .attrs = attrs, .types = types, .infer = infer_grad, .kernel = grad_kernel};
}

}  // namespace

constinit const OpRecord kFusedBatchNormGrad = grad_record("FusedBatchNormGrad", std::span(kNamesGrad).first(5), kNamesOutputs, kAttrsV2, kTypeT);
constinit const OpRecord kFusedBatchNormGradV2 = grad_record("FusedBatchNormGradV2", std::span(kNamesGrad).first(5), kNamesOutputs, kAttrsV2, kTypes);
constinit const OpRecord kFusedBatchNormGradV3 = grad_record("FusedBatchNormGradV3", kNamesGrad, kNamesOutputsV3, kAttrsV3, kTypes);

}  // namespace namesake::ops
