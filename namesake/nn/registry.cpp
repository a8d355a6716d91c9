#include "namesake/nn/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "namesake/nn/functional_config.h"
#include "namesake/nn/layers/activation.h"
#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/applications.h"
#include "namesake/nn/layers/attention.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/bidirectional.h"
#include "namesake/nn/layers/borders.h"
#include "namesake/nn/layers/conv.h"
#include "namesake/nn/layers/conv_transpose.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/depthwise_conv.h"
#include "namesake/nn/layers/dot.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/einsum_dense.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/global_pooling.h"
#include "namesake/nn/layers/group_normalization.h"
#include "namesake/nn/layers/gru.h"
#include "namesake/nn/layers/grouped_query_attention.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/layer_normalization.h"
#include "namesake/nn/layers/lstm.h"
#include "namesake/nn/layers/masking.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/layers/multi_head_attention.h"
#include "namesake/nn/layers/noise.h"
#include "namesake/nn/layers/normalization.h"
#include "namesake/nn/layers/pooling.h"
#include "namesake/nn/layers/rescaling.h"
#include "namesake/nn/layers/reshaping.h"
#include "namesake/nn/layers/separable_conv.h"
#include "namesake/nn/layers/simple_rnn.h"
#include "namesake/nn/layers/stacked_rnn_cells.h"
#include "namesake/nn/layers/time_distributed.h"
#include "namesake/nn/layers/up_sampling.h"
#include "namesake/nn/sequential.h"
#include "namesake/nn/serialization.h"
#include "namesake/optim/registered.h"

namespace namesake::nn {
namespace {

constexpr std::string_view kApplications = "keras.src.applications";

template <class Body>
LayerClass keras_class() {
  return {std::string(Body::kClassName), "keras.layers", "", &layer_from_config<Body>, &is_layer<Body>};
}

template <class Body>
LayerClass exported_as(std::string_view name) {
  LayerClass known = keras_class<Body>();
  known.export_name = name;
  return known;
}

template <class Body>
LayerClass applications_class(std::string_view file) {
  const std::string name(Body::kClassName);
  return {name, fmt::format("{}.{}", kApplications, file), name, &layer_from_config<Body>, &is_layer<Body>};
}

// Every class of Keras's that can be made here. Sequential is read by serialization.cpp, which knows nesting.
const std::vector<LayerClass>& keras_classes() {
  static const std::vector<LayerClass> classes = {
      {"Sequential", "keras", "", &sequential_from_config, &is_layer<SequentialBody>},
      {"Functional", "keras.src.models.functional", "Functional", &functional_from_config, &is_layer<FunctionalBody>},
      {"Model", "keras.models", "", &functional_from_config, &is_layer<FunctionalBody>},  // the older word
      keras_class<InputLayerBody>(),
      keras_class<ActivationBody>(),
      keras_class<DenseBody>(),
      keras_class<DropoutBody>(),
      keras_class<FlattenBody>(),
      keras_class<ConvBody<1>>(),
      keras_class<ConvBody<2>>(),
      keras_class<ConvTransposeBody<1>>(),
      keras_class<ConvTransposeBody<2>>(),
      keras_class<DepthwiseConvBody<1>>(),
      keras_class<DepthwiseConvBody<2>>(),
      keras_class<SeparableConvBody<1>>(),
      keras_class<SeparableConvBody<2>>(),
      keras_class<ZeroPaddingBody<1>>(),
      keras_class<ZeroPaddingBody<2>>(),
      keras_class<CroppingBody<1>>(),
      keras_class<CroppingBody<2>>(),
      keras_class<UpSampling1DBody>(),
      keras_class<UpSampling2DBody>(),
      keras_class<PoolingBody<PoolKind::kMax, 1>>(),
      keras_class<PoolingBody<PoolKind::kMax, 2>>(),
      keras_class<PoolingBody<PoolKind::kAverage, 1>>(),
      keras_class<PoolingBody<PoolKind::kAverage, 2>>(),
      keras_class<GlobalPoolingBody<PoolKind::kMax, 1>>(),
      keras_class<GlobalPoolingBody<PoolKind::kMax, 2>>(),
      keras_class<GlobalPoolingBody<PoolKind::kAverage, 1>>(),
      keras_class<GlobalPoolingBody<PoolKind::kAverage, 2>>(),
      keras_class<ActivityRegularizationBody>(),
      keras_class<AddBody>(),
      keras_class<AdditiveAttentionBody>(),
      keras_class<AlphaDropoutBody>(),
      keras_class<AttentionBody>(),
      keras_class<AverageBody>(),
      keras_class<BatchNormalizationBody>(),
      keras_class<BidirectionalBody>(),
      keras_class<ConcatenateBody>(),
      keras_class<DotBody>(),
      keras_class<ELUBody>(),
      keras_class<EinsumDenseBody>(),
      keras_class<EmbeddingBody>(),
      keras_class<GRUBody>(),
      keras_class<GRUCellBody>(),
      keras_class<GaussianDropoutBody>(),
      keras_class<GaussianNoiseBody>(),
      keras_class<GroupNormalizationBody>(),
      exported_as<GroupedQueryAttentionBody>("GroupQueryAttention"),
      keras_class<IdentityBody>(),
      keras_class<LSTMBody>(),
      keras_class<LSTMCellBody>(),
      keras_class<LayerNormalizationBody>(),
      keras_class<LeakyReLUBody>(),
      keras_class<MaskingBody>(),
      keras_class<MaximumBody>(),
      keras_class<MinimumBody>(),
      keras_class<MultiHeadAttentionBody>(),
      keras_class<MultiplyBody>(),
      keras_class<NormalizationBody>(),
      keras_class<PReLUBody>(),
      keras_class<PermuteBody>(),
      keras_class<RMSNormalizationBody>(),
      keras_class<RNNBody>(),
      keras_class<ReLUBody>(),
      keras_class<RepeatVectorBody>(),
      keras_class<RescalingBody>(),
      keras_class<ReshapeBody>(),
      keras_class<SimpleRNNBody>(),
      keras_class<SimpleRNNCellBody>(),
      keras_class<SoftmaxBody>(),
      keras_class<SpatialDropout1DBody>(),
      keras_class<SpatialDropout2DBody>(),
      keras_class<StackedRNNCellsBody>(),
      keras_class<SubtractBody>(),
      keras_class<TimeDistributedBody>(),
      keras_class<UnitNormalizationBody>(),
      applications_class<LayerScaleBody>("convnext"),
      applications_class<StochasticDepthBody>("convnext"),
      applications_class<CustomScaleLayerBody>("inception_resnet_v2"),
  };
  return classes;
}

template <class Fits>
const LayerClass* keras_class_if(Fits fits) {
  const auto found = std::find_if(keras_classes().begin(), keras_classes().end(), fits);
  return found == keras_classes().end() ? nullptr : &*found;
}

optim::Registered<LayerClass>& users_classes() {
  static optim::Registered<LayerClass> classes("layer classes");
  return classes;
}

}  // namespace

BaseConfig read_base_config(const JsonView& config, ConfigFields& fields) {
  BaseConfig base;
  fields("name", base.name);
  fields("trainable", base.trainable);
  fields("activity_regularizer", base.activity_regularizer);
  fields.ignore("dtype");
  if (const JsonValue* dtype = config.value().find("dtype")) {
    if (dtype->is_string()) {
      base.dtype = dtype->as_string();
    } else if (dtype->is_object()) {
      base.dtype = config.at("dtype").at("config").at("name").as_string();
    }
  }
  return base;
}

const LayerClass* layer_class_of(const LayerBase& layer) {
  const auto is_it = [&](const LayerClass& known) { return known.class_name == layer.class_name() && known.is_layer(layer); };
  if (const auto* known = users_classes().find_if(is_it)) return &known->value;
  return keras_class_if(is_it);
}

const LayerClass* find_layer_class(std::string_view registered_name, std::string_view class_name, std::string_view module) {
  const std::string_view name = registered_name.empty() ? class_name : registered_name;
  if (!module.starts_with("keras.")) {
    if (const auto* known = users_classes().find(name)) return &known->value;
  }
  return keras_class_if([&](const LayerClass& known) { return known.class_name == name || known.export_name == name; });
}

std::vector<std::string> known_layer_classes() {
  std::vector<std::string> names;
  for (const LayerClass& known : keras_classes()) names.push_back(known.export_name.empty() ? known.class_name : known.export_name);
  for (std::string& name : users_classes().registered_names()) names.push_back(std::move(name));
  return names;
}

void add_layer_class(LayerClass layer_class, std::string_view package, Site site) {
  const auto is_it = [&](const LayerClass& known) { return known.class_name == layer_class.class_name && !known.module.starts_with(kApplications); };
  if (keras_class_if(is_it) != nullptr) {
    optim::refuse_kerass_name("layer class", layer_class.class_name, site);
  }
  layer_class.registered_name = fmt::format("{}>{}", package, layer_class.class_name);
  const std::string class_name = layer_class.class_name;
  users_classes().add(package, class_name, std::move(layer_class), site,
                      [](const LayerClass& a, const LayerClass& b) { return a.make == b.make; });
}

}  // namespace namesake::nn
