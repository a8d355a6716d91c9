#include "namesake/ops/onednn_conv.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string_view>

#include "namesake/base/parallel_for.h"
#include "namesake/base/pool.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/onednn_primitives.h"

namespace namesake::ops {
namespace {

using dnnl::memory;

enum Pass : std::int64_t { kForward, kImagesBack, kFilterBack };

/// Below this many multiply-adds a second thread gains nothing, even if it is awake.
constexpr double kSmallMultiplyAdds = 1e6;

PrimitiveKey key_of(Pass pass, const ConvShape& s) {
  const WindowAxis &h = s.height, &w = s.width;
  return {pass,     s.format, s.batch,    s.in_channels, s.out_channels, s.groups, h.in,       h.out,    h.kernel, h.stride,
          h.dilation, h.before, h.after, w.in,          w.out,          w.kernel, w.stride, w.dilation, w.before, w.after};
}
ConvShape shape_of(const PrimitiveKey& k) {
  const auto axis = [](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                       std::int64_t before, std::int64_t after) {
    return WindowAxis{.in = in, .out = out, .kernel = kernel, .stride = stride, .dilation = dilation, .before = before, .after = after};
  };
  return {.format = k[1], .batch = k[2], .in_channels = k[3], .out_channels = k[4], .groups = k[5],
          .height = axis(k[6], k[7], k[8], k[9], k[10], k[11], k[12]), .width = axis(k[13], k[14], k[15], k[16], k[17], k[18], k[19])};
}

/// The layouts of the user's arrays, and those that the primitive is asked for.
struct Layouts {
  memory::desc images, filter, outputs;         // the user's
  memory::desc any_images, any_filter, any_outputs;
  memory::dims strides, dilations, before, after;

  explicit Layouts(const ConvShape& s) {
    constexpr auto kF32 = memory::data_type::f32;
    const auto format = s.format == kNchw ? memory::format_tag::nchw : memory::format_tag::nhwc;
    const auto any = memory::format_tag::any;
    const memory::dims in = {s.batch, s.in_channels, s.height.in, s.width.in}, out = {s.batch, s.out_channels, s.height.out, s.width.out};
    images = memory::desc(in, kF32, format);
    outputs = memory::desc(out, kF32, format);
    // Primitives work on channels-last images as they are nearly as fast as on blocked ones, and far slower on
    // channels-first ones: these are reordered.
    any_images = s.format == kNchw ? memory::desc(in, kF32, any) : images;
    any_outputs = s.format == kNchw ? memory::desc(out, kF32, any) : outputs;
    memory::dims weights = {s.out_channels, s.in_channels, s.height.kernel, s.width.kernel};
    if (s.groups > 1) weights = {s.groups, s.group_out(), s.group_in(), s.height.kernel, s.width.kernel};
    filter = memory::desc(weights, kF32, s.groups > 1 ? memory::format_tag::hwigo : memory::format_tag::hwio);
    any_filter = memory::desc(weights, kF32, any);
    strides = {s.height.stride, s.width.stride};
    dilations = {s.height.dilation - 1, s.width.dilation - 1};
    before = {s.height.before, s.width.before};
    after = {s.height.after, s.width.after};
  }
};

dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

// oneDNN's first choice for images of few channels takes twice the time of its second.
template <class Desc>
void pass_over_first_choice(Desc& desc, const ConvShape& s) {
  constexpr std::int64_t kFew = 4;
  if (s.groups != 1 || s.in_channels >= kFew || std::string_view(desc.impl_info_str()).substr(0, 7) != "brgconv") return;
  Desc second = desc;
  if (second.next_impl() && std::string_view(second.impl_info_str()).substr(0, 4) == "jit:") desc = std::move(second);
}

// oneDNN 3 has no operation descriptors; oneDNN 2 reads them again when it is asked for another implementation. `choose_for`: the
// shape, if the primitive is to be run.
auto forward_desc(const Layouts& l, const ConvShape* choose_for = nullptr) {
  using Desc = dnnl::convolution_forward;
  constexpr auto kKind = dnnl::prop_kind::forward_training;
#if DNNL_VERSION_MAJOR >= 3
  Desc::primitive_desc desc(onednn_engine(), kKind, kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before,
                            l.after, own_scratchpad());
#else
  const Desc::desc operation(kKind, kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before, l.after);
  Desc::primitive_desc desc(operation, own_scratchpad(), onednn_engine());
#endif
  if (choose_for != nullptr) pass_over_first_choice(desc, *choose_for);
  return desc;
}
auto images_back_desc(const Layouts& l) {
  using Desc = dnnl::convolution_backward_data;
#if DNNL_VERSION_MAJOR >= 3
  return Desc::primitive_desc(onednn_engine(), kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before,
                              l.after, forward_desc(l), own_scratchpad());
#else
  return Desc::primitive_desc({kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before, l.after},
                              own_scratchpad(), onednn_engine(), forward_desc(l));
#endif
}
auto filter_back_desc(const Layouts& l) {
  using Desc = dnnl::convolution_backward_weights;
#if DNNL_VERSION_MAJOR >= 3
  return Desc::primitive_desc(onednn_engine(), kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before,
                              l.after, forward_desc(l), own_scratchpad());
#else
  return Desc::primitive_desc({kAlgorithm, l.any_images, l.any_filter, l.any_outputs, l.strides, l.dilations, l.before, l.after},
                              own_scratchpad(), onednn_engine(), forward_desc(l));
#endif
}

std::unique_ptr<BoundPrimitive> make_conv(const PrimitiveKey& key) {
  using Argument = BoundPrimitive::Argument;
  const Layouts l(shape_of(key));
  if (key[0] == kForward) {
    const ConvShape shape = shape_of(key);
    const auto desc = forward_desc(l, &shape);
    const Argument arguments[] = {{DNNL_ARG_SRC, l.images, desc.src_desc(), false},
                                  {DNNL_ARG_WEIGHTS, l.filter, desc.weights_desc(), false},
                                  {DNNL_ARG_DST, l.outputs, desc.dst_desc(), true}};
    return std::make_unique<BoundPrimitive>(dnnl::convolution_forward(desc), desc.scratchpad_desc(), arguments);
  }
  if (key[0] == kImagesBack) {
    const auto desc = images_back_desc(l);
    const Argument arguments[] = {{DNNL_ARG_DIFF_SRC, l.images, desc.diff_src_desc(), true},
                                  {DNNL_ARG_WEIGHTS, l.filter, desc.weights_desc(), false},
                                  {DNNL_ARG_DIFF_DST, l.outputs, desc.diff_dst_desc(), false}};
    return std::make_unique<BoundPrimitive>(dnnl::convolution_backward_data(desc), desc.scratchpad_desc(), arguments);
  }
  const auto desc = filter_back_desc(l);
  const Argument arguments[] = {{DNNL_ARG_SRC, l.images, desc.src_desc(), false},
                                {DNNL_ARG_DIFF_WEIGHTS, l.filter, desc.diff_weights_desc(), true},
                                {DNNL_ARG_DIFF_DST, l.outputs, desc.diff_dst_desc(), false}};
  return std::make_unique<BoundPrimitive>(dnnl::convolution_backward_weights(desc), desc.scratchpad_desc(), arguments);
}

void run(Pass pass, const ConvShape& s, float* images, float* filter, float* outputs) {
  float* const arrays[] = {images, filter, outputs};
  bound_primitive(key_of(pass, s), make_conv).run(arrays);
}

// With several images the filter's way to another layout is short beside the work on them, and other threads would keep it too.
const Tensor* lasting_of(const ConvShape& s, const Tensor* lasting) { return s.batch == 1 ? lasting : nullptr; }

std::int64_t pieces_of(const ConvShape& s) {
  if (s.multiply_adds() < kSmallMultiplyAdds) return 1;
  return std::min<std::int64_t>(base::thread_count(), s.batch);
}

// Calls work(piece, shape of the piece, its first image) for each piece of the batch, on our threads.
template <class Work>
void each_piece(const ConvShape& s, std::int64_t pieces, Work work) {
  const std::int64_t length = (s.batch + pieces - 1) / pieces;
  base::parallel_for((s.batch + length - 1) / length, [&](std::int64_t i) {
    ConvShape part = s;
    part.batch = std::min(length, s.batch - i * length);
    work(i, part, i * length);
  });
}

}  // namespace

void convolve(const ConvShape& s, const float* images, const float* filter, float* outputs, const Tensor* lasting) {
  if (s.batch * s.output_count() == 0) return;
  if (s.filter_count() == 0) return static_cast<void>(std::fill_n(outputs, s.batch * s.output_count(), 0.0f));
  each_piece(s, pieces_of(s), [&](std::int64_t, const ConvShape& part, std::int64_t first) {
    constexpr std::int64_t kNoSteps[] = {0, 0, 0};
    float* const arrays[] = {const_cast<float*>(images) + first * s.image_count(), const_cast<float*>(filter), outputs + first * s.output_count()};
    bound_primitive(key_of(kForward, part), make_conv).run_each(arrays, kNoSteps, 1, [](void*, std::int64_t) {}, nullptr, lasting_of(s, lasting));
  });
}

void convolve_with_bias(const ConvShape& s, const float* images, const float* filter, const float* bias, bool relu, float* outputs,
                        const Tensor* lasting) {
  const auto add_bias = relu ? kernels::table().bias_relu_in_place : kernels::table().bias_in_place;
  const std::int64_t count = s.output_count(), places = s.height.out * s.width.out;
  if (s.batch * count == 0) return;
  if (s.filter_count() == 0) {
    std::fill_n(outputs, s.batch * count, 0.0f);
    return add_bias(outputs, bias, s.batch * places, s.out_channels);
  }
  constexpr std::int64_t kCached = 1 << 16;  // numbers, 256 KiB: most second-level caches hold them
  each_piece(s, pieces_of(s), [&](std::int64_t, const ConvShape& part, std::int64_t first) {
    const std::int64_t together = std::clamp<std::int64_t>(kCached / count, 1, part.batch);
    struct Step {
      decltype(add_bias) add;
      const float* bias;
      float* outputs;
      std::int64_t numbers, rows, channels;
    };
    const auto run_some = [&](std::int64_t begin, std::int64_t images_each, std::int64_t times) {
      if (times == 0) return;
      ConvShape few = part;
      few.batch = images_each;
      Step step{add_bias, bias, outputs + begin * count, images_each * count, images_each * places, s.out_channels};
      float* const arrays[] = {const_cast<float*>(images) + begin * s.image_count(), const_cast<float*>(filter), step.outputs};
      const std::int64_t steps[] = {images_each * s.image_count(), 0, step.numbers};
      bound_primitive(key_of(kForward, few), make_conv)
          .run_each(
              arrays, steps, times,
              [](void* context, std::int64_t time) {
                const Step& of = *static_cast<const Step*>(context);
                of.add(of.outputs + time * of.numbers, of.bias, of.rows, of.channels);
              },
              &step, lasting_of(s, lasting));
    };
    const std::int64_t times = part.batch / together;
    run_some(first, together, times);
    run_some(first + times * together, part.batch - times * together, part.batch % together == 0 ? 0 : 1);
  });
}

void convolve_images_back(const ConvShape& s, const float* filter, const float* outputs, float* images) {
  if (s.batch * s.image_count() == 0) return;
  if (s.output_count() == 0 || s.filter_count() == 0) return static_cast<void>(std::fill_n(images, s.batch * s.image_count(), 0.0f));
  each_piece(s, pieces_of(s), [&](std::int64_t, const ConvShape& part, std::int64_t first) {
    run(kImagesBack, part, images + first * s.image_count(), const_cast<float*>(filter), const_cast<float*>(outputs) + first * s.output_count());
  });
}

void convolve_filter_back(const ConvShape& s, const float* images, const float* outputs, float* filter) {
  const std::int64_t count = s.filter_count();
  if (count == 0) return;
  if (s.batch * s.output_count() == 0 || s.image_count() == 0) return static_cast<void>(std::fill_n(filter, count, 0.0f));
  const std::int64_t pieces = pieces_of(s);
  std::vector<float, base::PoolAllocator<float>> others(static_cast<std::size_t>((pieces - 1) * count));
  each_piece(s, pieces, [&](std::int64_t i, const ConvShape& part, std::int64_t first) {
    run(kFilterBack, part, const_cast<float*>(images) + first * s.image_count(), i == 0 ? filter : others.data() + (i - 1) * count,
        const_cast<float*>(outputs) + first * s.output_count());
  });
  for (std::int64_t i = 1; i < pieces; ++i) {
    const float* other = others.data() + (i - 1) * count;
    for (std::int64_t k = 0; k < count; ++k) filter[k] += other[k];
  }
}

}  // namespace namesake::ops
