// What a SavedModel offers beside the model's own function: named functions of tensors.
//   model.save("model_0", {.signatures = {{"embed", [&](const nk::Tensors& x) { return encoder(x[0]); }, {{.name = "x", .shape = {-1, 10}}}},
//                                         {"encode", encoder}}});
// In Python: tf.saved_model.load("model_0").signatures["embed"](x=...)["output_0"].
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "namesake/base/site.h"
#include "namesake/nn/layer.h"
#include "namesake/tensor/feed.h"

namespace namesake {

/// A tensor that a function takes.
struct TensorSpec {
  std::string name;  // as Python passes it: a Python identifier
  Shape shape;       // with the batch axis; -1 for what is open
  DType dtype = DType::kFloat32;
};

/// A function of a SavedModel. It is traced when the model is saved, once, with symbolic tensors of its inputs' shapes, as inference; the
/// variables that it reads are saved with the model. Names are checked then: InvalidName for one that is no Python identifier, NameCollision
/// for two equal ones. "serving_default" takes the place of the model's own function.
class SaveSignature {
 public:
  /// Gets the inputs in order. Its results are called "output_0", "output_1", ...; or by their names, if it gives Feed({{"mean", m}, ...}).
  using Function = std::function<Feed(const Tensors& inputs)>;

  SaveSignature(std::string name, Function function, std::vector<TensorSpec> inputs, Site site = Site::current())
      : name_(std::move(name)), function_(std::move(function)), inputs_(std::move(inputs)), site_(site) {}
  /// A layer or another model, built: often a part of the one that is saved. Its inputs and outputs go by the names of its own input and
  /// output layers.
  SaveSignature(std::string name, Layer layer, Site site = Site::current()) : name_(std::move(name)), layer_(std::move(layer)), site_(site) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Function& function() const noexcept { return function_; }
  [[nodiscard]] const Layer& layer() const noexcept { return layer_; }  // undefined for a function
  [[nodiscard]] const std::vector<TensorSpec>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] Site site() const noexcept { return site_; }

 private:
  std::string name_;
  Function function_;
  Layer layer_;
  std::vector<TensorSpec> inputs_;
  Site site_;
};

}  // namespace namesake
