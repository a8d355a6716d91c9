#include "namesake/nn/layers/flatten.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {

void FlattenBody::config(Options& o, ConfigFields& f) { f("data_format", o.data_format); }

FlattenBody::FlattenBody(const Options& options) : channels_first_(options.data_format == "channels_first") {
  if (channels_first_ || options.data_format == "channels_last") return;
  throw InvalidArgument({.subject = "data_format",
                         .what = "Flatten got a data_format that it does not know.",
                         .expected = "channels_last or channels_first",
                         .received = options.data_format,
                         .places = {{"here", site(), {}, {}}}});
}

namespace {

/// (batch, channels, a, b, ...) to (batch, a, b, ..., channels).
Tensor with_channels_last(const Tensor& x) {
  std::vector<std::int64_t> axes{0};
  for (int axis = 2; axis < x.rank(); ++axis) axes.push_back(axis);
  axes.push_back(1);
  return transpose(x, axes);
}

}  // namespace

Tensor FlattenBody::call(const Tensor& x, CallContext&) {
  const Shape& shape = x.shape();
  if (shape.rank() < 1) {
    throw ShapeMismatch({.subject = name(), .what = "Flatten needs a batch axis.", .received = to_string(shape)});
  }
  std::int64_t features = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0) {
      throw Unsupported({.subject = name(),
                         .what = fmt::format("Flatten \"{}\" needs every axis but the batch to be known.", name()),
                         .received = to_string(shape)});
    }
    features *= shape[axis];
  }
  const Tensor turned = channels_first_ && shape.rank() > 2 ? with_channels_last(x) : x;
  return reshape(turned, {shape[0] < 0 ? Shape::kOpen : shape[0], features});
}

}  // namespace namesake::nn
