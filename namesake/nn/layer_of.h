// LayerOf: the handle of a layer class; MergeOf: of one that makes one tensor of several.
//   class CustomDenseLayer : public LayerBase {
//    public:
//     static constexpr std::string_view kClassName = "CustomDense";
//     struct Options { std::int64_t units = 1; Shape input_shape = {}; std::string name = ""; };
//     static void config(Options& o, ConfigFields& f) { f("units", o.units); }   // what a file keeps of the options
//     explicit CustomDenseLayer(Options options);
//     ...
//   };
//   using CustomDense = LayerOf<CustomDenseLayer>;
// Options may have `name`, `dtype`, `trainable`, `input_shape` and `activity_regularizer`; they are taken care of here.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "namesake/nn/layer.h"
#include "namesake/tensor/config_fields.h"

namespace namesake {
namespace nn {

/// Makes `birth` known to the body constructed next on this thread.
class NAMESAKE_API BeingBorn {
 public:
  explicit BeingBorn(LayerBirth birth);
  ~BeingBorn();
  BeingBorn(const BeingBorn&) = delete;
  BeingBorn& operator=(const BeingBorn&) = delete;

 private:
  LayerBirth birth_;
  const LayerBirth* outer_;
};

/// The text of what differs between the config of the options and that of default ones: `.units = 10`.
[[nodiscard]] NAMESAKE_API std::string options_text(const JsonValue& config, const JsonValue& defaults);

template <class Body>
concept HasConfig = requires(typename Body::Options& options, ConfigFields& fields) { Body::config(options, fields); };

template <class Body>
[[nodiscard]] JsonValue config_of(typename Body::Options options) {
  ConfigFields fields;
  if constexpr (HasConfig<Body>) Body::config(options, fields);
  return std::move(fields).take_written();
}

/// A body together with the options it was made with.
template <class Body>
class Instance final : public Body {
 public:
  explicit Instance(typename Body::Options options) : Body(options), options_(std::move(options)) {}
  [[nodiscard]] JsonValue options() const override { return config_of<Body>(options_); }
  [[nodiscard]] std::string changed_options() const override {
    if constexpr (std::is_default_constructible_v<typename Body::Options>) {
      return options_text(config_of<Body>(options_), config_of<Body>({}));
    } else {
      return {};
    }
  }

 private:
  typename Body::Options options_;
};

template <class Options>
[[nodiscard]] LayerBirth birth_of(const Options& options, std::string_view class_name, Site site) {
  LayerBirth birth{{}, class_name, site, {}, true, {}, {}};
  if constexpr (requires { options.name; }) birth.name = options.name;
  if constexpr (requires { options.dtype; }) birth.dtype = options.dtype;
  if constexpr (requires { options.trainable; }) birth.trainable = options.trainable;
  if constexpr (requires { options.activity_regularizer; }) birth.activity_regularizer = options.activity_regularizer;
  if constexpr (requires { options.input_shape; }) birth.input_shape = options.input_shape;
  return birth;
}

}  // namespace nn

template <class Body>
struct LayerOf : Layer {  // no data: an initializer_list<Layer> cuts nothing off
  using BodyType = Body;
  using Options = typename Body::Options;
  static constexpr std::string_view kClassName = Body::kClassName;

  explicit LayerOf(Options options, Site site = Site::current()) : Layer(make(std::move(options), site)) {}
  explicit LayerOf(Site site = Site::current())
    requires std::is_default_constructible_v<Options>
      : LayerOf(Options{}, site) {}

  Body* operator->() const { return static_cast<Body*>(body_.get()); }

 private:
  static std::shared_ptr<LayerBase> make(Options options, Site site) {
    const nn::BeingBorn birth(nn::birth_of(options, Body::kClassName, site));
    return std::make_shared<nn::Instance<Body>>(std::move(options));
  }
};

/// The handle of a layer that makes one tensor of a list of them, as Keras's merging layers do:
///   Tensor sum = Add()({a, b});
template <class Body>
struct MergeOf : LayerOf<Body> {
  using LayerOf<Body>::LayerOf;

  Tensor operator()(const Tensors& inputs, CallOptions options = {}, Site site = Site::current()) const {
    return this->body_->invoke_many(inputs, options, site).at(0);
  }
};

}  // namespace namesake
