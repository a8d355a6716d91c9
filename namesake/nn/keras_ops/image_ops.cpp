// Operations of keras.ops.image, of (batch, rows, columns, channels); segments of rows.
#include <array>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/resize.h"
#include "namesake/ops/segments.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

void check_format(OpArguments& a) {
  if (a.word("data_format", "channels_last") != "channels_last") a.unsupported("only of channels_last images.");
}

Tensor rgb_to_grayscale(const Tensor& images) {
  if (known_size(images, axis_of(images, -1)) == 1) return identity(images);
  const Tensor weights = Tensor::of<float>({0.2989F, 0.587F, 0.114F}, {3});
  return cast(sum(multiply(images, weights), -1, true), images.dtype());
}

Compute make_resize(OpArguments& a) {
  check_format(a);
  const std::string word = a.word("interpolation", "bilinear");
  if (word != "bilinear" && word != "nearest") a.unsupported("only the interpolations bilinear and nearest are done here.");
  for (const std::string_view key : {"antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"}) {
    if (a.boolean(key)) a.unsupported("antialiasing and keeping the aspect ratio are not done here.");
  }
  a.ignore("fill_mode");
  a.ignore("fill_value");
  const std::vector<std::int64_t> size = a.integers("size");
  if (size.size() != 2) a.fail("\"size\" is no pair.", "rows and columns");
  return one([x = a.operand(0, "images"), sizes = Sizes2D(size[0], size[1]), word](const Tensors& in) { return resize_images(x(in), sizes, word); });
}

// What is left out of two margins is what the wanted size leaves over.
struct Margins {
  std::optional<std::int64_t> before, behind, wanted;
  Margins(OpArguments& a, std::string_view before_key, std::string_view behind_key, std::string_view wanted_key)
      : before(a.maybe_integer(before_key)), behind(a.maybe_integer(behind_key)), wanted(a.maybe_integer(wanted_key)) {
    if (int{before.has_value()} + int{behind.has_value()} + int{wanted.has_value()} != 2) {
      a.fail("one side is not determined.", "two of the two margins and the wanted size");
    }
  }
  // `left_over`: the sum of both margins where the wanted size is known.
  [[nodiscard]] std::array<std::int64_t, 2> of(std::int64_t left_over) const {
    return {before ? *before : left_over - *behind, behind ? *behind : left_over - *before};
  }
};
Compute make_pad_images(OpArguments& a) {
  check_format(a);
  const Margins rows(a, "top_padding", "bottom_padding", "target_height"), columns(a, "left_padding", "right_padding", "target_width");
  return one([x = a.operand(0, "images"), rows, columns](const Tensors& in) {
    const Tensor images = x(in);
    std::vector<std::array<std::int64_t, 2>> paddings(static_cast<std::size_t>(images.rank()), {0, 0});
    const int row = axis_of(images, -3), column = axis_of(images, -2);
    paddings[static_cast<std::size_t>(row)] = rows.of(rows.wanted ? *rows.wanted - known_size(images, row) : 0);
    paddings[static_cast<std::size_t>(column)] = columns.of(columns.wanted ? *columns.wanted - known_size(images, column) : 0);
    return pad(images, paddings);
  });
}
Compute make_crop_images(OpArguments& a) {
  check_format(a);
  const Margins rows(a, "top_cropping", "bottom_cropping", "target_height"), columns(a, "left_cropping", "right_cropping", "target_width");
  return one([x = a.operand(0, "images"), rows, columns](const Tensors& in) {
    Tensor images = x(in);
    const int row = axis_of(images, -3), column = axis_of(images, -2);
    const std::int64_t height = known_size(images, row), width = known_size(images, column);
    const auto vertical = rows.of(height - rows.wanted.value_or(0)), horizontal = columns.of(width - columns.wanted.value_or(0));
    images = slice_axis(images, row, vertical[0], height - vertical[1]);
    return slice_axis(images, column, horizontal[0], width - horizontal[1]);
  });
}

Compute segment(OpArguments& a, Tensor (*function)(const Tensor&, const Tensor&, std::int64_t)) {
  a.ignore("sorted");
  const auto count = a.maybe_integer("num_segments");
  if (!count) a.unsupported("without num_segments: the size of the result depends on the numbers.");
  return one([data = a.operand(0, "data"), ids = a.operand(1, "segment_ids"), count, function](const Tensors& in) {
    return function(data(in), ids(in), *count);
  });
}

Compute make_grayscale(OpArguments& a) {
  check_format(a);
  return of_one(a, rgb_to_grayscale, "images");
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"CropImages", kImageOps, make_crop_images},
    {"PadImages", kImageOps, make_pad_images},
    {"RGBToGrayscale", kImageOps, make_grayscale},
    {"Resize", kImageOps, make_resize},
    {"SegmentMax", kMathOps, [](OpArguments& a) { return segment(a, segment_max); }},
    {"SegmentMin", kMathOps, [](OpArguments& a) { return segment(a, segment_min); }},
    {"SegmentProd", kMathOps, [](OpArguments& a) { return segment(a, segment_prod); }},
    {"SegmentSum", kMathOps, [](OpArguments& a) { return segment(a, segment_sum); }},
});

}  // namespace

std::span<const OpClass> image_ops() { return kClasses; }

}  // namespace namesake::nn
