#include "namesake/nn/layers/input.h"

#include "namesake/base/error.h"
#include "namesake/nn/layer_call.h"

namespace namesake {
namespace nn {

// Keras keeps the shape with its batch axis; Keras 2 called it batch_input_shape.
void InputLayerBody::config(Options& o, ConfigFields& f) {
  Shape batch_shape;
  if (!f.reading()) {
    batch_shape = Shape({o.batch_size});
    for (const std::int64_t size : o.shape.sizes()) batch_shape.push_back(size);
  }
  f("batch_shape", batch_shape);
  if (f.reading()) {
    f("batch_input_shape", batch_shape);
    if (batch_shape.rank() > 0) {
      o.batch_size = batch_shape[0];
      o.shape = Shape(batch_shape.sizes().subspan(1));
    }
  }
  f("dtype", o.dtype);
  f.always("sparse", false);
  f.always("ragged", false);
}

InputLayerBody::InputLayerBody(const Options& options) : batch_shape_({options.batch_size}) {
  if (!options.shape.known_rank()) {
    throw InvalidArgument({.what = "An input layer needs a shape.",
                           .expected = "InputLayer({.shape = {10}})",
                           .places = {{"here", site(), {}, {}}}});
  }
  for (const std::int64_t size : options.shape.sizes()) batch_shape_.push_back(size);
  const auto dtype = dtype_from_string(options.dtype);
  if (!dtype) {
    throw InvalidArgument({.what = "An input layer has an unknown dtype.", .received = options.dtype, .places = {{"here", site(), {}, {}}}});
  }
  dtype_ = *dtype;
  mark_built({&batch_shape_, 1});
}

JsonValue InputLayerBody::config(std::string_view name) const {
  JsonValue config = options();
  config.add("name", name);
  return config;
}

Tensor InputLayerBody::output() {
  return LayerCall::outputs_of({shared_from_this(), {}, site()}, {Tensor::symbolic(dtype_, batch_shape_, nullptr)}).at(0);
}

}  // namespace nn

Tensor Input(InputOptions options, Site site) { return InputLayer(std::move(options), site)->output(); }

}  // namespace namesake
