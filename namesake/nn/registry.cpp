#include "namesake/nn/registry.h"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <mutex>

#include "namesake/base/error.h"
#include "namesake/nn/functional_config.h"
#include "namesake/nn/layers/activation.h"
#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/batch_normalization.h"
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
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/layer_normalization.h"
#include "namesake/nn/layers/masking.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/layers/noise.h"
#include "namesake/nn/layers/normalization.h"
#include "namesake/nn/layers/pooling.h"
#include "namesake/nn/layers/rescaling.h"
#include "namesake/nn/layers/reshaping.h"
#include "namesake/nn/layers/separable_conv.h"
#include "namesake/nn/layers/up_sampling.h"
#include "namesake/nn/serialization.h"

namespace namesake::nn {
namespace {

template <class Body>
LayerClass keras_class() {
  return {std::string(Body::kClassName), "keras.layers", "", &layer_from_config<Body>};
}

// Every class of Keras's that can be made here. Sequential is read by serialization.cpp, which knows nesting.
const std::deque<LayerClass>& keras_classes() {
  static const std::deque<LayerClass> classes = {
      {"Sequential", "keras", "", &sequential_from_config},
      {"Functional", "keras.src.models.functional", "", &functional_from_config},
      {"Model", "keras.models", "", &functional_from_config},  // the older word
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
      keras_class<AlphaDropoutBody>(),
      keras_class<AverageBody>(),
      keras_class<BatchNormalizationBody>(),
      keras_class<ConcatenateBody>(),
      keras_class<DotBody>(),
      keras_class<ELUBody>(),
      keras_class<EinsumDenseBody>(),
      keras_class<EmbeddingBody>(),
      keras_class<GaussianDropoutBody>(),
      keras_class<GaussianNoiseBody>(),
      keras_class<GroupNormalizationBody>(),
      keras_class<IdentityBody>(),
      keras_class<LayerNormalizationBody>(),
      keras_class<LeakyReLUBody>(),
      keras_class<MaskingBody>(),
      keras_class<MaximumBody>(),
      keras_class<MinimumBody>(),
      keras_class<MultiplyBody>(),
      keras_class<NormalizationBody>(),
      keras_class<PReLUBody>(),
      keras_class<PermuteBody>(),
      keras_class<RMSNormalizationBody>(),
      keras_class<ReLUBody>(),
      keras_class<RepeatVectorBody>(),
      keras_class<RescalingBody>(),
      keras_class<ReshapeBody>(),
      keras_class<SoftmaxBody>(),
      keras_class<SpatialDropout1DBody>(),
      keras_class<SpatialDropout2DBody>(),
      keras_class<SubtractBody>(),
      keras_class<UnitNormalizationBody>(),
  };
  return classes;
}

struct UserClasses {
  std::mutex mutex;
  std::deque<LayerClass> classes;  // never moves what stands in it
  std::deque<Site> sites;
};
UserClasses& user_classes() {
  static UserClasses classes;
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

const LayerClass* find_layer_class(std::string_view registered_name, std::string_view class_name) {
  UserClasses& users = user_classes();
  {
    const std::lock_guard lock(users.mutex);
    for (const LayerClass& known : users.classes) {
      if (known.registered_name == registered_name || (registered_name.empty() && known.class_name == class_name)) return &known;
    }
    for (const LayerClass& known : users.classes) {  // Keras takes `custom_objects={"CustomDense": C}` too
      if (known.class_name == class_name && registered_name == class_name) return &known;
    }
  }
  for (const LayerClass& known : keras_classes()) {
    if (known.class_name == class_name && (registered_name.empty() || registered_name == class_name)) return &known;
  }
  return nullptr;
}

std::vector<std::string> known_layer_classes() {
  std::vector<std::string> names;
  for (const LayerClass& known : keras_classes()) names.push_back(known.class_name);
  UserClasses& users = user_classes();
  const std::lock_guard lock(users.mutex);
  for (const LayerClass& known : users.classes) names.push_back(known.registered_name);
  return names;
}

void add_layer_class(LayerClass layer_class, Site site) {
  UserClasses& users = user_classes();
  const std::lock_guard lock(users.mutex);
  for (const LayerClass& known : keras_classes()) {
    if (known.class_name != layer_class.class_name) continue;
    throw NameCollision({.subject = layer_class.class_name,
                         .what = fmt::format("The class \"{}\" has the name of one of Keras's own.", layer_class.class_name),
                         .places = {{"here", site, {}, {}}},
                         .fix = "give kClassName another value: a file could not tell the two apart"});
  }
  for (std::size_t i = 0; i < users.classes.size(); ++i) {
    if (users.classes[i].registered_name != layer_class.registered_name) continue;
    if (users.classes[i].make == layer_class.make) return;
    throw NameCollision({.subject = layer_class.registered_name,
                         .what = fmt::format("Two classes are registered as \"{}\".", layer_class.registered_name),
                         .places = {{"first", users.sites[i], {}, {}}, {"again", site, {}, {}}},
                         .fix = "register one of them under another package, or give it another kClassName"});
  }
  users.classes.push_back(std::move(layer_class));
  users.sites.push_back(site);
}

}  // namespace namesake::nn
