// Records that change shapes, take parts or move elements, as Keras's classes.
#include <array>
#include <numeric>

#include "namesake/nn/keras_ops/description.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

// Shapes.
bool of_ints(Description& d, std::string_view key) {
  if (!d.known(1)) return false;
  d.config(key, list_of(d.ints(1)));
  return of_x(d);
}
bool describe_reshape(Description& d) { return of_ints(d, "newshape"); }
bool describe_transpose(Description& d) { return of_ints(d, "axes"); }
bool describe_broadcast(Description& d) { return of_ints(d, "shape"); }
bool describe_tile(Description& d) { return of_ints(d, "repeats"); }
bool describe_flip(Description& d) { return of_ints(d, "axis"); }
bool describe_expand_dims(Description& d) {
  if (!d.known(1)) return false;
  d.config("axis", d.integer(1));
  return of_x(d);
}
bool describe_squeeze(Description& d) {
  Ints axes;
  for (int i = 0; i < d.attrs().list_size(0); ++i) axes.push_back(d.attrs().list_item(0, i));
  d.config("axis", axes.empty() ? JsonValue() : int_or_list(axes));
  return of_x(d);
}
bool describe_concat(Description& d) {
  const std::size_t last = d.inputs() - 1;
  if (!d.known(last)) return false;
  d.config("axis", d.integer(last));
  JsonValue list = JsonValue::array();
  for (std::size_t i = 0; i < last; ++i) list.push_back(d.argument(i));
  d.push(std::move(list));
  return true;
}
bool describe_pack(Description& d) {
  d.config("axis", d.attrs().integer(0));
  JsonValue list = JsonValue::array();
  for (std::size_t i = 0; i < d.inputs(); ++i) list.push_back(d.argument(i));
  d.push(std::move(list));
  return true;
}
bool describe_unpack(Description& d) {
  d.config("num", d.attrs().integer(0));
  d.config("axis", d.attrs().integer(1));
  return of_x(d);
}
bool describe_split(Description& d) {
  if (!d.known(0)) return false;
  d.config("indices_or_sections", d.attrs().integer(0));
  d.config("axis", d.integer(0));
  d.arguments({1});
  return true;
}
bool describe_split_sizes(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  Ints places = d.ints(1);
  places.pop_back();
  if (std::any_of(places.begin(), places.end(), [](std::int64_t size) { return size < 0; })) return false;
  std::partial_sum(places.begin(), places.end(), places.begin());
  d.config("indices_or_sections", list_of(places));
  d.config("axis", d.integer(2));
  return of_x(d);
}
bool paddings(Description& d, std::string_view mode) {
  if (!d.known(1)) return false;
  const Ints widths = d.ints(1);
  JsonValue pairs = JsonValue::array();
  for (std::size_t i = 0; i + 1 < widths.size(); i += 2) pairs.push_back(JsonValue::array({widths[i], widths[i + 1]}));
  d.config("pad_width", std::move(pairs));
  d.config("mode", mode);
  return of_x(d);
}
bool describe_pad(Description& d) {
  if (!paddings(d, "constant")) return false;
  d.keyword("constant_values", d.inputs() > 2 ? d.argument(2) : JsonValue());
  return d.inputs() < 3 || d.known(2);
}
bool describe_mirror_pad(Description& d) {
  d.keyword("constant_values", nullptr);
  return paddings(d, d.attrs().integer(0) == 0 ? "reflect" : "symmetric");
}
bool describe_roll(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  d.config("shift", int_or_list(d.ints(1)));
  d.config("axis", int_or_list(d.ints(2)));
  return of_x(d);
}

// Parts.
JsonValue slice_object(JsonValue start, JsonValue stop, JsonValue step) {
  return JsonValue::object({{"class_name", "__slice__"}, {"config", JsonValue::object({{"start", std::move(start)}, {"stop", std::move(stop)}, {"step", std::move(step)}})}});
}
bool describe_slice(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  const Ints begin = d.ints(1), size = d.ints(2);
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) key.push_back(slice_object(begin[i], size[i] < 0 ? JsonValue() : JsonValue(begin[i] + size[i]), nullptr));
  d.arguments({0});
  d.push(std::move(key));
  return true;
}
bool describe_strided_slice(Description& d) {
  if (!d.known(1) || !d.known(2) || !d.known(3)) return false;
  enum Mask : std::size_t { kBegin, kEnd, kEllipsis, kNewAxis, kShrink };
  const Ints begin = d.ints(1), end = d.ints(2), stride = d.ints(3);
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const auto marked = [&](Mask mask) { return (d.attrs().integer(mask) >> i & 1) != 0; };
    if (marked(kEllipsis)) {
      key.push_back(JsonValue::object({{"class_name", "__ellipsis__"}, {"config", JsonValue::object()}}));
    } else if (marked(kNewAxis)) {
      key.push_back(nullptr);
    } else if (marked(kShrink)) {
      key.push_back(begin[i]);
    } else {
      key.push_back(slice_object(marked(kBegin) ? JsonValue() : JsonValue(begin[i]), marked(kEnd) ? JsonValue() : JsonValue(end[i]),
                                 stride[i] == 1 ? JsonValue() : JsonValue(stride[i])));
    }
  }
  d.arguments({0});
  d.push(std::move(key));
  return true;
}
bool describe_take(Description& d) {
  if (!d.known(2) || d.attrs().integer(0) != 0) return false;
  d.config("axis", d.integer(2));
  return of_pair(d);
}
// Each row of the last axis by places of its own.
bool describe_take_along(Description& d) {
  const int last = d.input(0).rank() - 1;
  if (!d.known(2) || d.input(1).rank() != last + 1 || d.attrs().integer(0) != last || d.integer(2) != last) return false;
  d.config("axis", -1);
  return of_pair(d);
}

// Matrices of the last two axes.
bool describe_tril(Description& d) {
  if (!d.known(1) || !d.known(2) || d.integer(1) >= 0 || d.integer(2) < 0) return false;
  d.config("k", d.integer(2));
  return of_x(d);
}
bool describe_triu(Description& d) {
  if (!d.known(1) || !d.known(2) || d.integer(2) >= 0 || d.integer(1) < 0) return false;
  d.config("k", -d.integer(1));
  return of_x(d);
}
bool describe_diagonal(Description& d) {
  if (!d.known(1) || d.ints(1).size() != 1) return false;
  d.config("offset", d.integer(1));
  d.config("axis1", -2);
  d.config("axis2", -1);
  return of_x(d);
}
bool describe_diag(Description& d) {
  if (d.input(0).rank() != 1 || !d.known(1) || d.ints(1).size() != 1 || !d.known(2) || !d.known(3) || !d.known(4)) return false;
  if (d.integer(2) != -1 || d.integer(3) != -1 || d.input(4).item<double>() != 0) return false;
  d.config("k", d.integer(1));
  return of_x(d);
}

// Places.
bool describe_scatter(Description& d) {
  if (!d.known(2)) return false;
  d.config("shape", list_of(d.ints(2)));
  return of_pair(d);
}
template <char kFirst>
bool describe_scatter_update(Description& d) {
  d.config("reduction", kFirst == 'a' ? JsonValue("add") : kFirst == 'x' ? JsonValue("max") : kFirst == 'n' ? JsonValue("min") : JsonValue());
  return of_three(d);
}
bool describe_segments(Description& d) {
  if (!d.known(2)) return false;
  d.config("num_segments", d.integer(2));
  d.config("sorted", false);
  return of_pair(d);
}

// Images.
bool resize(Description& d, std::string_view interpolation) {
  if (!d.known(1) || d.attrs().boolean(0) || !d.attrs().boolean(1) || !is_floating(d.input(0).dtype())) return false;
  d.config("size", list_of(d.ints(1)));
  d.config("interpolation", interpolation);
  for (const std::string_view key : {"antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"}) d.config(key, false);
  d.config("fill_mode", "constant");
  d.config("fill_value", 0.0);
  d.config("data_format", "channels_last");
  return of_x(d);
}
bool describe_bilinear(Description& d) { return resize(d, "bilinear"); }
bool describe_nearest(Description& d) { return resize(d, "nearest"); }

constexpr auto kOps = std::to_array<DescribedOp>({
    {"BroadcastTo", "BroadcastTo", kNumpyOps, describe_broadcast},
    {"ConcatV2", "Concatenate", kNumpyOps, describe_concat},
    {"ExpandDims", "ExpandDims", kNumpyOps, describe_expand_dims},
    {"GatherV2", "Take", kNumpyOps, describe_take},
    {"GatherV2", "TakeAlongAxis", kNumpyOps, describe_take_along},
    {"MatrixBandPart", "Tril", kNumpyOps, describe_tril},
    {"MatrixBandPart", "Triu", kNumpyOps, describe_triu},
    {"MatrixDiagPartV3", "Diagonal", kNumpyOps, describe_diagonal},
    {"MatrixDiagV3", "Diag", kNumpyOps, describe_diag},
    {"MirrorPad", "Pad", kNumpyOps, describe_mirror_pad},
    {"Pack", "Stack", kNumpyOps, describe_pack},
    {"Pad", "Pad", kNumpyOps, describe_pad},
    {"PadV2", "Pad", kNumpyOps, describe_pad},
    {"Reshape", "Reshape", kNumpyOps, describe_reshape},
    {"ResizeBilinear", "Resize", kImageOps, describe_bilinear},
    {"ResizeNearestNeighbor", "Resize", kImageOps, describe_nearest},
    {"ReverseV2", "Flip", kNumpyOps, describe_flip},
    {"Roll", "Roll", kNumpyOps, describe_roll},
    {"ScatterNd", "Scatter", kCoreOps, describe_scatter},
    {"Slice", "GetItem", kNumpyOps, describe_slice},
    {"Split", "Split", kNumpyOps, describe_split},
    {"SplitV", "Split", kNumpyOps, describe_split_sizes},
    {"Squeeze", "Squeeze", kNumpyOps, describe_squeeze},
    {"StridedSlice", "GetItem", kNumpyOps, describe_strided_slice},
    {"TensorScatterAdd", "ScatterUpdate", kCoreOps, describe_scatter_update<'a'>},
    {"TensorScatterMax", "ScatterUpdate", kCoreOps, describe_scatter_update<'x'>},
    {"TensorScatterMin", "ScatterUpdate", kCoreOps, describe_scatter_update<'n'>},
    {"TensorScatterUpdate", "ScatterUpdate", kCoreOps, describe_scatter_update<' '>},
    {"Tile", "Tile", kNumpyOps, describe_tile},
    {"Transpose", "Transpose", kNumpyOps, describe_transpose},
    {"Unpack", "Unstack", kCoreOps, describe_unpack},
    {"UnsortedSegmentMax", "SegmentMax", kMathOps, describe_segments},
    {"UnsortedSegmentMin", "SegmentMin", kMathOps, describe_segments},
    {"UnsortedSegmentProd", "SegmentProd", kMathOps, describe_segments},
    {"UnsortedSegmentSum", "SegmentSum", kMathOps, describe_segments},
});

}  // namespace

std::span<const DescribedOp> described_shapes() { return kOps; }

}  // namespace namesake::nn
