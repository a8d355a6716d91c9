// The classes of layers by name: Keras's own, and users' (once registered), so that a saved layer can be made again.
//   nk::register_layer<CustomDense>();            // as keras.saving.register_keras_serializable() does: package "Custom"
// The registry is listed global state: register at the start of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/nn/layer_of.h"

namespace namesake {
namespace nn {

/// What every layer's config says beside its own options.
struct BaseConfig {
  std::string name;
  bool trainable = true;
  std::string dtype;  // the policy's word
  Regularizer activity_regularizer = {};
};

/// Reads name, trainable and dtype (a word, or the object that Keras 3 writes), and marks them as known.
[[nodiscard]] NAMESAKE_API BaseConfig read_base_config(const JsonView& config, ConfigFields& fields);

struct LayerClass {
  std::string class_name;       // "Dense"
  std::string module;           // "keras.layers"; "" for a user's class
  std::string registered_name;  // "Custom>CustomDense"; "" for the classes that Keras exports, which files name by their module
  Layer (*make)(const JsonView& config) = nullptr;
  bool (*is_layer)(const LayerBase& layer) = nullptr;  // of this class, or derived from it
  std::string export_name = {};  // what Keras exports the class as, and files call it, where that differs
};

template <class Body>
[[nodiscard]] bool is_layer(const LayerBase& layer) {
  return dynamic_cast<const Body*>(&layer) != nullptr;
}

/// The class of a layer, whatever other classes bear its name. Null for a user's class that is not registered.
[[nodiscard]] NAMESAKE_API const LayerClass* layer_class_of(const LayerBase& layer);
/// By registered name or class name; users' classes first, but where the module is one of Keras's. Null if there is none.
[[nodiscard]] NAMESAKE_API const LayerClass* find_layer_class(std::string_view registered_name, std::string_view class_name, std::string_view module = "");
/// Names of all classes known, Keras's as it exports them.
[[nodiscard]] NAMESAKE_API std::vector<std::string> known_layer_classes();
/// Makes a user's class known as `package>class`. Throws NameCollision if another class is, or if the name is that of a class
/// of Keras (but those of keras.applications, which are no names for users).
NAMESAKE_API void add_layer_class(LayerClass layer_class, std::string_view package, Site site);

template <class Body>
[[nodiscard]] Layer layer_from_config(const JsonView& config) {
  static_assert(std::is_default_constructible_v<typename Body::Options>, "Options of a registered layer need defaults");
  ConfigFields fields(config);
  BaseConfig base = read_base_config(config, fields);
  typename Body::Options options{};
  if constexpr (HasConfig<Body>) Body::config(options, fields);
  fields.refuse_others(Body::kClassName);
  const BeingBorn birth({std::move(base.name), Body::kClassName, Site{}, std::move(base.dtype), base.trainable, {},
                         std::move(base.activity_regularizer)});
  return Layer(std::make_shared<Instance<Body>>(std::move(options)));
}

}  // namespace nn

/// Makes a class of one's own known under `package>class`, as Keras's decorator does. Twice the same is harmless.
template <class Handle>
void register_layer(std::string_view package = "Custom", Site site = Site::current()) {
  using Body = typename Handle::BodyType;
  nn::add_layer_class({std::string(Body::kClassName), "", "", &nn::layer_from_config<Body>, &nn::is_layer<Body>}, package, site);
}

}  // namespace namesake
