#include "namesake/nn/layers/reshaping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

[[noreturn]] void refuse(const LayerBase& layer, std::string_view option, std::string expected, std::string received) {
  throw InvalidArgument({.subject = std::string(option),
                         .what = fmt::format("{} got {} that it cannot use.", layer.class_name(), option),
                         .expected = std::move(expected),
                         .received = std::move(received),
                         .places = {{"here", layer.site(), {}, {}}}});
}

void check_rank(const LayerBase& layer, const Shape& input, std::size_t rank) {
  if (!input.known_rank() || input.rank() == static_cast<int>(rank)) return;
  layer.refuse_input(fmt::format("{} axes", rank), to_string(input));
}

}  // namespace

// ---- Reshape

void ReshapeBody::config(Options& o, ConfigFields& f) { f("target_shape", o.target_shape); }

ReshapeBody::ReshapeBody(Options options) : options_(std::move(options)) {
  const auto& shape = options_.target_shape;
  const bool open = std::count(shape.begin(), shape.end(), -1) > 1;
  if (open || std::any_of(shape.begin(), shape.end(), [](std::int64_t size) { return size < -1; })) {
    refuse(*this, "a target_shape", "sizes, of which one may be -1", fmt::format("{}", fmt::join(shape, ", ")));
  }
}

// The left-over size is settled here where it can be: then only the batch axis stays open.
Tensor ReshapeBody::call(const Tensor& x, CallContext&) {
  std::optional<std::int64_t> features = x.rank() > 0 ? Shape(x.shape().sizes().subspan(1)).elements() : std::nullopt;
  std::int64_t known = 1;
  for (const std::int64_t size : options_.target_shape) known *= size < 0 ? 1 : size;
  Shape shape({x.rank() > 0 ? x.shape()[0] : Shape::kOpen});
  const bool left_over = std::count(options_.target_shape.begin(), options_.target_shape.end(), -1) == 1;
  if (features && (left_over ? known == 0 || *features % known != 0 : *features != known)) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("Reshape \"{}\" cannot make its target shape of this input.", name()),
                         .expected = fmt::format("{} features a row, for ({})", known, fmt::join(options_.target_shape, ", ")),
                         .received = to_string(x.shape()),
                         .places = {{"here", site(), describe(), scope()->path()}}});
  }
  for (const std::int64_t size : options_.target_shape) shape.push_back(size >= 0 ? size : features ? *features / known : Shape::kOpen);
  if (std::count(shape.sizes().begin(), shape.sizes().end(), Shape::kOpen) > 1) {
    throw Unsupported({.subject = name(),
                       .what = fmt::format("Reshape \"{}\" needs every axis but the batch to be known for a size of -1.", name()),
                       .received = to_string(x.shape()),
                       .places = {{"here", site(), describe(), scope()->path()}}});
  }
  return reshape(x, shape);
}

// ---- Permute

void PermuteBody::config(Options& o, ConfigFields& f) { f("dims", o.dims); }

PermuteBody::PermuteBody(Options options) : options_(std::move(options)) {
  std::vector<std::int64_t> sorted = options_.dims;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] == static_cast<std::int64_t>(i) + 1) continue;
    refuse(*this, "dims", fmt::format("1 to {} in some order", sorted.size()), fmt::format("{}", fmt::join(options_.dims, ", ")));
  }
}

Tensor PermuteBody::call(const Tensor& x, CallContext&) {
  check_rank(*this, x.shape(), options_.dims.size() + 1);
  std::vector<std::int64_t> axes = options_.dims;
  axes.insert(axes.begin(), 0);
  return transpose(x, axes);
}

// ---- RepeatVector

void RepeatVectorBody::config(Options& o, ConfigFields& f) { f("n", o.n); }

RepeatVectorBody::RepeatVectorBody(const Options& options) : n_(options.n) {
  if (n_ < 1) refuse(*this, "an n", "n >= 1", fmt::format("n = {}", n_));
}

Tensor RepeatVectorBody::call(const Tensor& x, CallContext&) {
  check_rank(*this, x.shape(), 2);
  return tile(expand_dims(x, 1), {1, n_, 1});
}

}  // namespace namesake::nn
