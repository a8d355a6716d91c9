#include "namesake/nn/sequential.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/input.h"
#include "namesake/ops/recorder.h"

namespace namesake {
namespace nn {
namespace {

const InputLayerBody* as_input(const LayerBase& layer) { return dynamic_cast<const InputLayerBody*>(&layer); }

Shape with_batch(const Shape& shape) {
  Shape batch({Shape::kOpen});
  for (const std::int64_t size : shape.sizes()) batch.push_back(size);
  return batch;
}

}  // namespace

void SequentialBody::take(const Layer& layer, Site site) {
  if (!layer) throw InvalidArgument({.what = "A Sequential got no layer.", .places = {{"here", site, {}, {}}}});
  if (!children().empty() && as_input(*layer.ptr()) != nullptr) {
    throw InvalidArgument({.subject = layer.name(),
                           .what = "An input layer can only be the first of a Sequential.",
                           .places = {{"here", layer.ptr()->site(), layer.ptr()->describe(), {}}}});
  }
  adopt(layer.ptr(), "", site);
}

void SequentialBody::add(const Layer& layer, Site site) { add_all({&layer, 1}, site); }

void SequentialBody::add_all(std::span<const Layer> layers, Site site) {
  const std::size_t before = children().size();
  for (const Layer& layer : layers) take(layer, site);
  if (built()) {
    settle_children();
    extend(before);
  } else {
    build_if_known();
  }
}

Shape SequentialBody::input_shape() const {
  if (!children().empty()) {
    if (const InputLayerBody* input = as_input(*children()[0].layer)) return input->batch_shape();
  }
  return ModelBase::input_shape();
}

void SequentialBody::build_if_known() {
  if (children().empty()) return;
  const LayerBase& first = *children()[0].layer;
  Shape input;
  if (const InputLayerBody* layer = as_input(first)) {
    input = layer->batch_shape();
  } else if (first.declared_input_shape().known_rank()) {
    input = with_batch(first.declared_input_shape());
  } else if (const auto* model = dynamic_cast<const SequentialBody*>(&first)) {
    input = model->input_shape();
  }
  if (input.known_rank()) ensure_built({&input, 1});
}

void SequentialBody::build(const Shape& input) {
  if (children().empty()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The Sequential \"{}\" has no layers.", name()),
                           .places = {{"here", site(), {}, scope()->path()}},
                           .fix = "add one before calling it"});
  }
  settle_children();
  output_ = Tensor::symbolic(DType::kFloat32, input, nullptr);
  if (const InputLayerBody* layer = as_input(*children()[0].layer)) {
    output_ = Tensor::symbolic(layer->dtype(), layer->batch_shape(), nullptr);
  }
  output_shapes_.clear();
  extend(0);
}

// Runs the layers from `from` on, symbolically: builds them, and learns their output shapes.
void SequentialBody::extend(std::size_t from) {
  const ops::StopRecording quiet;
  for (std::size_t i = from; i < children().size(); ++i) {
    output_ = children()[i].layer->invoke(output_, {}, site());
    output_shapes_.push_back(output_.shape());
  }
}

Tensor SequentialBody::call(const Tensor& x, CallContext&) {
  Tensor y = x;
  for (const ChildLayer& child : children()) y = child.layer->invoke(y, {}, site());
  return y;
}

}  // namespace nn

namespace {

std::shared_ptr<ModelBase> make_sequential(const SequentialOptions& options, Site site) {
  const nn::BeingBorn birth({options.name, nn::SequentialBody::kClassName, site, {}, true, {}, {}});
  return std::make_shared<nn::SequentialBody>(options);
}

}  // namespace

Sequential::Sequential(std::span<const Layer> layers, const SequentialOptions& options, Site site)
    : Model(make_sequential(options, site)) {
  sequential().add_all(layers, site);
}

Sequential::Sequential(std::initializer_list<Layer> layers, SequentialOptions options, Site site)
    : Sequential(std::span<const Layer>(layers.begin(), layers.size()), options, site) {}
Sequential::Sequential(const std::vector<Layer>& layers, SequentialOptions options, Site site)
    : Sequential(std::span<const Layer>(layers), options, site) {}
Sequential::Sequential(SequentialOptions options, Site site) : Model(make_sequential(options, site)) {}

Sequential Sequential::of(const Layer& model) {
  auto body = std::dynamic_pointer_cast<nn::SequentialBody>(model.ptr());
  if (!body) {
    throw InvalidArgument({.what = "This layer is no Sequential.", .received = model ? std::string(model.class_name()) : "no layer"});
  }
  return Sequential(std::move(body));
}

}  // namespace namesake
