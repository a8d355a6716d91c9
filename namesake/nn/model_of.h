// ModelOf: the handle of a model class of one's own, whose call() is written in C++ (Keras's subclassed models).
//   class TwoTowersModel : public ModelBase {
//    public:
//     static constexpr std::string_view kClassName = "TwoTowers";
//     struct Options { std::int64_t units = 8; std::string name = ""; };
//     static void config(Options& o, ConfigFields& f) { f("units", o.units); }
//     explicit TwoTowersModel(const Options& o) : left_(add_layer("left", Dense({.units = o.units}))) {}
//     Tensor call(const Tensor& x, CallContext&) override { return left_(x); }
//    private:
//     Dense left_;
//   };
//   using TwoTowers = ModelOf<TwoTowersModel>;
// It is compiled, trained and saved like any model; register_layer<TwoTowers>() lets load_model make it again.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "namesake/nn/layer_of.h"
#include "namesake/nn/model.h"

namespace namesake {

template <class Body>
struct ModelOf : Model {  // no data: an initializer_list<Layer> cuts nothing off
  static_assert(std::is_base_of_v<ModelBase, Body>, "the body of a model derives from ModelBase");
  using BodyType = Body;
  using Options = typename Body::Options;
  static constexpr std::string_view kClassName = Body::kClassName;

  explicit ModelOf(Options options, Site site = Site::current()) : Model(make(std::move(options), site)) {}
  explicit ModelOf(Site site = Site::current())
    requires std::is_default_constructible_v<Options>
      : ModelOf(Options{}, site) {}

  Body* operator->() const { return static_cast<Body*>(body_.get()); }

 private:
  static std::shared_ptr<ModelBase> make(Options options, Site site) {
    const nn::BeingBorn birth(nn::birth_of(options, Body::kClassName, site));
    return std::make_shared<nn::Instance<Body>>(std::move(options));
  }
};

}  // namespace namesake
