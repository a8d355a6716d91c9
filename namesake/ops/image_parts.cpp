// CropAndResize and ExtractImagePatches.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/window.h"

namespace namesake::ops {
namespace {

// CropAndResize: image, boxes, box_ind, crop_size.
enum CropInput : std::size_t { kImage, kBoxes, kBoxIndex, kCropSize };
enum Method : std::int64_t { kBilinear, kNearest };

void infer_crop(const InferContext& c) {
  check_rank(c, kImage, 4);
  const Shape &image = c.inputs[kImage].shape(), &boxes = c.inputs[kBoxes].shape(), &index = c.inputs[kBoxIndex].shape();
  const std::int64_t count = boxes.known_rank() && boxes.rank() > 0 ? boxes[0] : Shape::kOpen;
  const HostInts size = host_ints(c.op, c.inputs[kCropSize]);
  if (!boxes.compatible_with({count, 4}) || !index.compatible_with({count}) || c.inputs[kBoxes].dtype() != DType::kFloat32 ||
      c.inputs[kBoxIndex].dtype() != DType::kInt32 || (size.size >= 0 && size.size != 2)) {
    throw_mismatch(c.op, c.inputs, "CropAndResize needs boxes of four numbers, an image for each, and two sizes.", "float32 (n, 4), int32 (n,), int32 (2,)");
  }
  if (size.known && (size[0] < 1 || size[1] < 1)) throw_invalid(c.op, "CropAndResize makes images of one pixel or more.", "positive sizes");
  if (image.known_rank() && (image[1] == 0 || image[2] == 0)) throw_mismatch(c.op, c.inputs, "CropAndResize needs images of one pixel or more.");
  c.outputs[0] = {DType::kFloat32,
                  {count, size.known ? size[0] : Shape::kOpen, size.known ? size[1] : Shape::kOpen, image.known_rank() ? image[3] : Shape::kOpen}};
}

/// Along one axis of `size` pixels: where crop pixel `at` of `count` lies, between `low` and `high` of the box.
float place_in_box(float low, float high, std::int64_t size, std::int64_t at, std::int64_t count) {
  const auto last = static_cast<float>(size - 1);
  if (count == 1) return 0.5f * (low + high) * last;
  return low * last + static_cast<float>(at) * ((high - low) * last / static_cast<float>(count - 1));
}

void crop_kernel(const KernelContext& c) {
  const Tensor &image = c.inputs[kImage], &out = c.outputs[0];
  const Shape &from = image.shape(), &to = out.shape();
  const std::int64_t depth = from[3];
  for (const std::int32_t which : c.inputs[kBoxIndex].data<std::int32_t>()) {
    if (which < 0 || which >= from[0]) throw_invalid(c.op, fmt::format("CropAndResize has no image {} of {}.", which, from[0]));
  }
  if (out.size() == 0) return;
  const float* boxes = c.inputs[kBoxes].raw_as<float>();
  const bool nearest = c.attrs.integer(0) == kNearest;
  const auto outside = static_cast<float>(c.attrs.real(1));
  const auto visit_numbers = [&](auto zero) {
    const auto* numbers = image.raw_as<decltype(zero)>();
    float* pixel = out.raw_as<float>();
    for (std::int64_t b = 0; b < to[0]; ++b, boxes += 4) {
      const auto* picture = numbers + c.inputs[kBoxIndex].raw_as<std::int32_t>()[b] * from[1] * from[2] * depth;
      const auto number = [&](float y, float x, std::int64_t k) {
        return static_cast<float>(picture[(static_cast<std::int64_t>(y) * from[2] + static_cast<std::int64_t>(x)) * depth + k]);
      };
      for (std::int64_t row = 0; row < to[1]; ++row) {
        const float y = place_in_box(boxes[0], boxes[2], from[1], row, to[1]);
        for (std::int64_t column = 0; column < to[2]; ++column, pixel += depth) {
          const float x = place_in_box(boxes[1], boxes[3], from[2], column, to[2]);
          if (!(y >= 0 && y <= static_cast<float>(from[1] - 1) && x >= 0 && x <= static_cast<float>(from[2] - 1))) {
            std::fill_n(pixel, depth, outside);
            continue;
          }
          const float top = std::floor(y), bottom = std::ceil(y), left = std::floor(x), right = std::ceil(x);
          for (std::int64_t k = 0; k < depth; ++k) {
            if (nearest) {
              pixel[k] = number(std::round(y), std::round(x), k);
              continue;
            }
            const float above = number(top, left, k) + (number(top, right, k) - number(top, left, k)) * (x - left);
            const float below = number(bottom, left, k) + (number(bottom, right, k) - number(bottom, left, k)) * (x - left);
            pixel[k] = above + (below - above) * (y - top);
          }
        }
      }
    }
  };
  with_number(c.op, image.dtype(), visit_numbers);
}

// ExtractImagePatches: every window of the images, laid out in the channels.
enum PatchSlot : std::size_t { kSizes, kStrides, kRates, kPadding };

/// Windows along height and width.
std::array<WindowAxis, 2> windows(const InferContext& c) {
  std::array<WindowAxis, 2> axes;
  const Shape& images = c.inputs[0].shape();
  for (const std::size_t slot : {kSizes, kStrides, kRates}) {
    bool sound = c.attrs.list_size(slot) == 4 && c.attrs.list_item(slot, 0) == 1 && c.attrs.list_item(slot, 3) == 1;
    for (int i = 1; sound && i < 3; ++i) sound = c.attrs.list_item(slot, i) >= 1;
    if (!sound) throw_invalid(c.op, "ExtractImagePatches moves its window over height and width only.", fmt::format("\"{}\" as (1, height, width, 1)", c.op.attrs[slot].name));
  }
  for (int i = 0; i < 2; ++i) {
    WindowAxis& w = axes[static_cast<std::size_t>(i)];
    w = {.in = images.known_rank() ? images[i + 1] : Shape::kOpen,
         .out = Shape::kOpen,
         .kernel = c.attrs.list_item(kSizes, i + 1),
         .stride = c.attrs.list_item(kStrides, i + 1),
         .dilation = c.attrs.list_item(kRates, i + 1)};
    if (w.in == Shape::kOpen) continue;
    const bool same = c.attrs.integer(kPadding) == kSame;
    w.out = same ? (w.in + w.stride - 1) / w.stride : std::max<std::int64_t>(0, w.in - w.reach() + w.stride) / w.stride;
    if (same) w.before = std::max<std::int64_t>(0, (w.out - 1) * w.stride + w.reach() - w.in) / 2;
  }
  return axes;
}
void infer_patches(const InferContext& c) {
  check_rank(c, 0, 4);
  const Shape& images = c.inputs[0].shape();
  const auto [height, width] = windows(c);
  const std::int64_t depth = images.known_rank() ? images[3] : Shape::kOpen;
  c.outputs[0] = {c.inputs[0].dtype(),
                  {images.known_rank() ? images[0] : Shape::kOpen, height.out, width.out, depth == Shape::kOpen ? depth : depth * height.kernel * width.kernel}};
}
void patches_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const std::array<WindowAxis, 2> axes = windows({c.op, c.inputs, c.attrs, {}});
  const WindowAxis &height = axes[0], &width = axes[1];
  const std::int64_t depth = in.shape()[3];
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* numbers = in.raw_as<T>();
    T* to = out.raw_as<T>();
    for (std::int64_t window = 0; window < in.shape()[0] * height.out * width.out; ++window) {
      const std::int64_t top = window / width.out % height.out * height.stride - height.before, left = window % width.out * width.stride - width.before;
      const T* image = numbers + window / (width.out * height.out) * height.in * width.in * depth;
      for (std::int64_t k = 0; k < height.kernel * width.kernel; ++k, to += depth) {
        const std::int64_t y = top + k / width.kernel * height.dilation, x = left + k % width.kernel * width.dilation;
        if (y >= 0 && y < height.in && x >= 0 && x < width.in)
          std::copy_n(image + (y * width.in + x) * depth, depth, to);
        else
          std::fill_n(to, depth, T{});
      }
    }
  });
}

constexpr std::string_view kNamesCrop[] = {"image", "boxes", "box_ind", "crop_size"};
constexpr std::string_view kNamesCrops[] = {"crops"};
constexpr AttrDef kAttrsCrop[] = {{.name = "method", .kind = AttrKind::kWord, .words = "bilinear,nearest"}, {"extrapolation_value", AttrKind::kFloat}};
constexpr std::string_view kNamesImages[] = {"images"};
constexpr std::string_view kNamesPatches[] = {"patches"};
constexpr AttrDef kAttrsPatches[] = {{"ksizes", AttrKind::kInts},
                                     {"strides", AttrKind::kInts},
                                     {"rates", AttrKind::kInts},
                                     {.name = "padding", .kind = AttrKind::kWord, .fallback = kValid, .words = "SAME,VALID"}};

}  // namespace

constinit const OpRecord kCropAndResize = {.name = "CropAndResize",
                                           .input_names = kNamesCrop,
                                           .output_names = kNamesCrops,
                                           .attrs = kAttrsCrop,
                                           .types = kTypeT,
                                           .infer = infer_crop,
                                           .kernel = crop_kernel};
constinit const OpRecord kExtractImagePatches = {.name = "ExtractImagePatches",
                                                 .input_names = kNamesImages,
                                                 .output_names = kNamesPatches,
                                                 .attrs = kAttrsPatches,
                                                 .types = kTypeT,
                                                 .infer = infer_patches,
                                                 .kernel = patches_kernel,
                                                 .any_width = true};

}  // namespace namesake::ops
