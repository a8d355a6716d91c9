// What convolutions and poolings share: windows that slide over the two spatial axes of images, with TensorFlow's padding.
// Internal to ops.
#pragma once

#include <array>
#include <initializer_list>

#include "namesake/ops/op.h"

namespace namesake::ops {

/// Places of the words in AttrDefs.
enum PaddingWord : std::int64_t { kSame, kValid, kExplicit };
enum FormatWord : std::int64_t { kNhwc, kNchw };
inline constexpr std::string_view kPaddingWords = "SAME,VALID,EXPLICIT";
inline constexpr std::string_view kFormatWords = "NHWC,NCHW";

/// The slot of a list attribute of four numbers, for AttrDef::fallback.
consteval std::int64_t list_slot(std::initializer_list<std::int64_t> four) {
  std::int64_t slot = static_cast<std::int64_t>(four.size());
  int shift = 4;
  for (const std::int64_t value : four) {
    slot |= value << shift;
    shift += 15;
  }
  return slot;
}

/// A window along one axis. Kernel and dilation are as given; `before` and `after` are padding.
struct WindowAxis {
  std::int64_t in = 0, out = 0, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;
  /// Of a window, its gaps included.
  [[nodiscard]] std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

/// Where the sizes of an image batch stand in its shape.
struct ImageAxes {
  int height, width, channels;
  explicit ImageAxes(std::int64_t format)
      : height(format == kNchw ? 2 : 1), width(format == kNchw ? 3 : 2), channels(format == kNchw ? 1 : 3) {}
};

/// The attributes of an op with windows. Lists of four are in the order of `format`.
struct WindowAttrs {
  std::array<std::int64_t, 2> strides{1, 1}, dilations{1, 1}, kernel{0, 0};  // kernel: of a pool
  std::int64_t padding = kValid, format = kNhwc;
  std::array<std::int64_t, 4> explicit_paddings{};  // top, bottom, left, right

  /// Reads the attributes called strides, padding, explicit_paddings, data_format, dilations, ksize. Throws
  /// InvalidArgument for what TensorFlow refuses: windows over batch or channels, sizes below 1, paddings missing.
  WindowAttrs(const OpRecord& op, const Attrs& attrs);
};

/// One axis of the window (0: height, 1: width) over `in` numbers; out is Shape::kOpen if `in` or `kernel` is.
/// Throws ShapeMismatch, about `inputs`, if the window does not fit.
[[nodiscard]] WindowAxis window_axis(const OpRecord& op, std::span<const Tensor> inputs, const WindowAttrs& attrs,
                                     int axis, std::int64_t in, std::int64_t kernel);

/// (batch, height, width, channels) in the order of `format`.
[[nodiscard]] Shape image_shape(std::int64_t format, std::int64_t batch, std::int64_t height, std::int64_t width,
                                std::int64_t channels);

}  // namespace namesake::ops
