// Sequential: layers one after the other.
//   Sequential model({Dense({.units = 128, .activation = "relu", .input_shape = {10}}), Dense({.units = 10})}, {.name = "net"});
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "namesake/nn/layer_of.h"
#include "namesake/nn/model.h"

namespace namesake {

struct SequentialOptions {
  std::string name = "";
};

namespace nn {

class NAMESAKE_API SequentialBody final : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "Sequential";
  explicit SequentialBody(const SequentialOptions&) {}

  /// Takes a layer at the end. Throws NameCollision if its explicit name is taken here. A model that is built, or whose first
  /// layer knows its input shape, builds the layer at once.
  void add(const Layer& layer, Site site);
  /// Several layers: every explicit name is claimed before an automatic one is settled.
  void add_all(std::span<const Layer> layers, Site site);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;
  [[nodiscard]] std::string changed_options() const override { return {}; }
  [[nodiscard]] Shape input_shape() const override;
  [[nodiscard]] bool knows_outputs() const override { return true; }
  /// Of the last layer, with -1 for the batch axis; unknown rank before the model is built.
  [[nodiscard]] Shape output_shape() const { return output_.defined() ? output_.shape() : Shape(); }
  /// The output of each layer, in order, symbolic; empty before the model is built.
  [[nodiscard]] const std::vector<Shape>& output_shapes() const noexcept { return output_shapes_; }

 private:
  void take(const Layer& layer, Site site);
  void build_if_known();
  void extend(std::size_t from);

  Tensor output_;  // symbolic, of the layers built so far
  std::vector<Shape> output_shapes_;
};

}  // namespace nn

class NAMESAKE_API Sequential : public Model {
 public:
  explicit Sequential(std::initializer_list<Layer> layers, SequentialOptions options = {}, Site site = Site::current());
  explicit Sequential(const std::vector<Layer>& layers, SequentialOptions options = {}, Site site = Site::current());
  explicit Sequential(SequentialOptions options = {}, Site site = Site::current());
  /// The handle of a model that is one. Throws InvalidArgument if it is not.
  [[nodiscard]] static Sequential of(const Layer& model);

  void add(const Layer& layer, Site site = Site::current()) const { sequential().add(layer, site); }
  [[nodiscard]] nn::SequentialBody& sequential() const { return static_cast<nn::SequentialBody&>(*body_); }

 private:
  explicit Sequential(std::shared_ptr<nn::SequentialBody> body) : Model(std::move(body)) {}
  Sequential(std::span<const Layer> layers, const SequentialOptions& options, Site site);
};

}  // namespace namesake
