#include "namesake/ops/window.h"

#include <fmt/format.h>

#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

constexpr std::string_view kAxisNames[] = {"height", "width"};

// The two spatial numbers of a list of four, whose other two must be 1.
std::array<std::int64_t, 2> spatial(const OpRecord& op, const Attrs& attrs, std::size_t slot, std::int64_t format) {
  const std::string_view name = op.attrs[slot].name;
  if (attrs.list_size(slot) != 4) {
    throw_invalid(op, fmt::format("{} needs four numbers in \"{}\".", op.name, name), "one for each axis of the images",
                  fmt::format("{} numbers", attrs.list_size(slot)));
  }
  const ImageAxes axes(format);
  const std::array<std::int64_t, 2> values = {attrs.list_item(slot, axes.height), attrs.list_item(slot, axes.width)};
  if (attrs.list_item(slot, 0) != 1 || attrs.list_item(slot, axes.channels) != 1) {
    throw_invalid(op, fmt::format("{} moves its window over height and width only.", op.name),
                  fmt::format("\"{}\" of 1 for the batch and the channels", name));
  }
  if (values[0] < 1 || values[1] < 1) {
    throw_invalid(op, fmt::format("{} needs positive numbers in \"{}\".", op.name, name), "numbers of 1 or more",
                  fmt::format("({}, {})", values[0], values[1]));
  }
  return values;
}

std::array<std::int64_t, 4> read_paddings(const OpRecord& op, const Attrs& attrs, std::size_t slot, std::int64_t format) {
  if (attrs.list_size(slot) != 8) {
    throw_invalid(op, fmt::format("{} with EXPLICIT padding needs its paddings.", op.name),
                  "eight numbers in \"explicit_paddings\", two for each axis",
                  fmt::format("{} numbers", attrs.list_size(slot)));
  }
  const ImageAxes axes(format);
  std::array<std::int64_t, 4> values{};
  for (int side = 0; side < 2; ++side) {
    values[static_cast<std::size_t>(side)] = attrs.list_item(slot, 2 * axes.height + side);
    values[static_cast<std::size_t>(2 + side)] = attrs.list_item(slot, 2 * axes.width + side);
    if (attrs.list_item(slot, side) != 0 || attrs.list_item(slot, 2 * axes.channels + side) != 0) {
      throw_invalid(op, fmt::format("{} pads height and width only.", op.name), "no padding of the batch and the channels");
    }
  }
  for (const std::int64_t value : values) {
    if (value < 0) throw_invalid(op, fmt::format("{} got a negative padding.", op.name), "0 or more", std::to_string(value));
  }
  return values;
}

}  // namespace

WindowAttrs::WindowAttrs(const OpRecord& op, const Attrs& attrs) {
  const auto slot_of = [&](std::string_view name) {
    std::size_t i = 0;
    while (i < op.attrs.size() && op.attrs[i].name != name) ++i;
    return i;
  };
  const std::size_t none = op.attrs.size();
  if (const std::size_t slot = slot_of("data_format"); slot != none) format = attrs.integer(slot);
  padding = attrs.integer(slot_of("padding"));
  strides = spatial(op, attrs, slot_of("strides"), format);
  if (const std::size_t slot = slot_of("dilations"); slot != none) dilations = spatial(op, attrs, slot, format);
  if (const std::size_t slot = slot_of("ksize"); slot != none) kernel = spatial(op, attrs, slot, format);
  if (padding == kExplicit) explicit_paddings = read_paddings(op, attrs, slot_of("explicit_paddings"), format);
}

// TensorFlow's GetWindowedOutputSize: SAME puts the odd one after.
WindowAxis window_axis(const OpRecord& op, std::span<const Tensor> inputs, const WindowAttrs& attrs, int axis,
                       std::int64_t in, std::int64_t kernel) {
  const auto at = static_cast<std::size_t>(axis);
  WindowAxis w{.in = in, .out = Shape::kOpen, .kernel = kernel, .stride = attrs.strides[at], .dilation = attrs.dilations[at]};
  if (attrs.padding == kExplicit) {
    w.before = attrs.explicit_paddings[2 * at];
    w.after = attrs.explicit_paddings[2 * at + 1];
  }
  if (in < 0 || (kernel < 0 && attrs.padding != kSame)) return w;
  if (attrs.padding == kSame) {
    w.out = (in + w.stride - 1) / w.stride;
    if (kernel < 0) return w;
    const std::int64_t pad = std::max<std::int64_t>(0, (w.out - 1) * w.stride + w.reach() - in);
    w.before = pad / 2;
    w.after = pad - pad / 2;
    return w;
  }
  const std::int64_t room = in + w.before + w.after - w.reach() + w.stride;
  if (room < 0) {
    throw_mismatch(op, inputs,
                   fmt::format("The window of {} does not fit into the images: along their {} it reaches over {} places, of {}.",
                               op.name, kAxisNames[at], w.reach(), in + w.before + w.after),
                   "larger images, a smaller window, or SAME padding");
  }
  w.out = room / w.stride;
  return w;
}

Shape image_shape(std::int64_t format, std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t channels) {
  return format == kNchw ? Shape{batch, channels, height, width} : Shape{batch, height, width, channels};
}

}  // namespace namesake::ops
