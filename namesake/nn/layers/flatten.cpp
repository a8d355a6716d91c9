#include "namesake/nn/layers/flatten.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {

void FlattenBody::config(Options&, ConfigFields& f) { f.always("data_format", "channels_last"); }

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
  return reshape(x, {shape[0] < 0 ? Shape::kOpen : shape[0], features});
}

}  // namespace namesake::nn
