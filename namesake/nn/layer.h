// Layers. Two types: a body (`LayerBase`, what users derive from: heap only, never copied) and a handle (`Layer`, what
// programs hold and pass: a value, shared, cheap; copies are the same layer).
//   class CustomDenseLayer : public LayerBase { ... build, call ... };
//   using CustomDense = LayerOf<CustomDenseLayer>;
//   CustomDense layer({.units = 3, .name = "probs"});
//   Tensor y = layer(x);
// A layer is built at its first call, when its input shape is known. Its weights have paths that follow their owners:
// see named_weights() and docs/naming.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/naming/claims.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/constraints.h"
#include "namesake/nn/initializers.h"
#include "namesake/nn/regularizers.h"
#include "namesake/ops/variable.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

class Layer;
class LayerBase;
class ModelBase;

/// How a call was given where a list of inputs does not say it: Keras's call(*args, **kwargs). All tensors stand in the list of inputs.
struct CallArguments {
  /// A tensor argument by its name: inputs [first, first + count).
  struct Named {
    std::string name;  // "initial_state"
    std::size_t first = 0, count = 1;
    bool list = false;  // given as a list: initial_state=[h, c]
  };
  std::size_t positional = 1;  // how many inputs, from the first on, came by position
  bool list = false;           // these came as one list
  std::vector<Named> named = {};
  JsonValue values = JsonValue::object();  // arguments that are no tensors: {"use_causal_mask": true}

  /// The argument that was given by this name; null if none was.
  [[nodiscard]] NAMESAKE_API const Named* find(std::string_view name) const noexcept;
};

/// What a caller may say with a call.
struct CallOptions {
  std::optional<bool> training = std::nullopt;  // left out: as the call around it, else inference
  std::shared_ptr<const CallArguments> arguments = nullptr;  // null: the inputs by position, nothing else
};

/// What a layer's call() is told. Calls of layers inside it inherit it.
class NAMESAKE_API CallContext {
 public:
  [[nodiscard]] bool training() const noexcept { return training_; }
  /// True if the caller, or a call around it, said whether this is training.
  [[nodiscard]] bool training_given() const noexcept { return training_given_; }
  /// What CallOptions::arguments said of this call; null: the inputs came by position, and nothing else.
  [[nodiscard]] const CallArguments* arguments() const noexcept { return arguments_; }

 private:
  friend class LayerBase;
  friend class Layer;
  bool training_ = false;
  bool training_given_ = false;
  const CallArguments* arguments_ = nullptr;
  bool forwarded_ = false;  // call() has handed over to call_many(), or the other way
};

/// The options of LayerBase::add_weight.
struct WeightOptions {
  std::string name;
  Shape shape = Shape::scalar();
  Initializer initializer = "glorot_uniform";
  bool trainable = true;
  std::string dtype = "";  // left out: the layer's variable dtype
  Regularizer regularizer = {};
  Constraint constraint = {};
};

/// A weight and its path below some root: `model_0/dense_1/kernel`.
struct NamedWeight {
  std::string path;
  Variable variable;
};

/// A layer held by another, under the attribute it has there ("" in a Sequential).
struct ChildLayer {
  std::string attribute;
  std::shared_ptr<LayerBase> layer;
};

/// What is known of a layer before its members are: handed from the handle to the body being made.
struct LayerBirth {
  std::string name;             // "": automatic
  std::string_view class_name;  // "Dense"
  Site site;
  std::string dtype;            // the policy's word; "": the default policy
  bool trainable = true;
  Shape input_shape;            // without the batch axis, as Keras's argument; unknown rank: not given
  Regularizer activity_regularizer = {};
};

class NAMESAKE_API LayerBase : public std::enable_shared_from_this<LayerBase> {
 public:
  LayerBase(const LayerBase&) = delete;
  LayerBase& operator=(const LayerBase&) = delete;
  virtual ~LayerBase();

  /// Makes the weights. `input` is the shape of the (first) input, with -1 for the batch axis. Runs once, in the layer's own scope.
  virtual void build(const Shape& input);
  virtual void build_many(std::span<const Shape> inputs) { build(inputs.empty() ? Shape() : inputs[0]); }
  /// As build_many, for a layer that has to know which of the inputs is which.
  virtual void build_call(std::span<const Shape> inputs, const CallArguments* arguments);
  /// The parameters of Keras's call() in its order, for a layer that takes more than inputs, `mask` and `training`:
  /// {"sequences", "initial_state"}. None by default.
  [[nodiscard]] virtual std::span<const std::string_view> call_parameters() const { return {}; }
  /// How a call with so many inputs stands in a config of Keras 3, for a layer that is also given its arguments as one list, as in Keras 2.
  [[nodiscard]] virtual std::shared_ptr<const CallArguments> standard_call(std::size_t inputs, std::shared_ptr<const CallArguments> given) const;
  /// The layer's computation, by ops. Override call() for one input and one output, call_many() for more.
  virtual Tensor call(const Tensor& x, CallContext& context);
  virtual Tensors call_many(const Tensors& inputs, CallContext& context);
  /// The masks of the outputs (undefined: none), from the inputs and theirs. Asked if the layer supports masking and an input has a
  /// mask, or if it makes masks. Gives each output the first input's mask unless overridden, as Keras does.
  [[nodiscard]] virtual Tensors compute_mask(const Tensors& inputs, const Tensors& masks);
  /// The layer's own options as a Keras config, in order: what LayerOf makes of `Body::config`.
  [[nodiscard]] virtual JsonValue options() const { return JsonValue::object(); }
  /// The options that differ from their defaults, for texts: `.units = 10, .activation = "softmax"`.
  [[nodiscard]] virtual std::string changed_options() const { return {}; }

  /// The layer's name; one that was left out is settled now if it is not yet.
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::string_view class_name() const noexcept { return class_name_; }
  /// Where it was made.
  [[nodiscard]] Site site() const noexcept { return site_; }
  /// The name scope it was made in.
  [[nodiscard]] const naming::ScopePtr& scope() const noexcept { return scope_; }
  /// True if the name was left out.
  [[nodiscard]] bool automatic_name() const noexcept { return automatic_; }
  [[nodiscard]] bool built() const noexcept { return built_; }
  [[nodiscard]] bool trainable() const noexcept { return trainable_; }
  /// Of this layer and all below.
  void set_trainable(bool trainable);
  [[nodiscard]] DType compute_dtype() const noexcept { return compute_dtype_; }
  [[nodiscard]] DType variable_dtype() const noexcept { return variable_dtype_; }
  /// True if the layer hands on the masks of its inputs. Another layer's outputs have none (unless call() sets one).
  [[nodiscard]] bool supports_masking() const noexcept { return supports_masking_; }
  /// Keras's word for the dtype policy: "float32", "mixed_bfloat16".
  [[nodiscard]] const std::string& dtype_policy() const noexcept { return dtype_policy_; }
  /// The shapes it was built for; empty before.
  [[nodiscard]] const std::vector<Shape>& built_shapes() const noexcept { return built_shapes_; }
  /// The `input_shape` option, without the batch axis; unknown rank: not given.
  [[nodiscard]] const Shape& declared_input_shape() const noexcept { return declared_input_shape_; }
  /// Its own weights in Keras's order: those made trainable, then the others, each in the order they were made.
  [[nodiscard]] const std::vector<Variable>& own_weights() const noexcept { return weights_; }
  /// The states of its generators of random numbers (uint32), which are no weights.
  [[nodiscard]] const std::vector<Variable>& seed_states() const noexcept { return seed_states_; }
  void add_seed_state(const Variable& state) { seed_states_.push_back(state); }
  [[nodiscard]] const std::vector<ChildLayer>& children() const noexcept { return children_; }
  /// The child's path component(s) below this layer: its scope relative to this layer's, and its name: `encoder/dense_1`.
  [[nodiscard]] std::string child_path(const LayerBase& child) const;
  /// What training adds to the loss, as Keras's `layer.losses`: the scalars that the last call added (add_loss, activity
  /// regularizers) here and below, then the penalty on each trainable weight, computed now: under the tape that is to
  /// differentiate it. A call from outside forgets those of the call before. A training step is
  ///   y = model(x); loss = loss_fn(target, y); for (const Tensor& more : model.losses()) loss = loss + more;
  [[nodiscard]] Tensors losses() const;
  /// The penalty on the layer's outputs; none by default.
  [[nodiscard]] const Regularizer& activity_regularizer() const noexcept { return activity_regularizer_; }
  /// `Dense({.units = 10, .name = "dense_1"})`.
  [[nodiscard]] std::string describe() const;
  /// Throws ShapeMismatch for an input that the layer cannot take, with the layer's name and place. `received` is its shape.
  [[noreturn]] void refuse_input(std::string expected, std::string received, std::string fix = "") const;
  /// The whole config with `name`: Keras's `name`, `trainable`, `dtype`, then options(). An input layer's differs.
  [[nodiscard]] virtual JsonValue config(std::string_view name) const;
  /// True for a model, whose name is no part of its weights' paths when it is the outermost.
  [[nodiscard]] virtual bool is_model() const noexcept { return false; }

  /// Gives every owner's references another name. Throws NameCollision, InvalidName; nothing has changed then.
  void set_name(std::string_view name, Site site = Site::current());
  /// Builds for these input shapes unless built.
  void ensure_built(std::span<const Shape> inputs, const CallArguments* arguments = nullptr);
  /// Runs the layer as `Layer::operator()` does.
  Tensor invoke(const Tensor& x, CallOptions options, Site site);
  Tensors invoke_many(const Tensors& inputs, CallOptions options, Site site);

 protected:
  LayerBase();

  /// Makes a weight, in build() or the constructor. Throws InvalidName; NameCollision if a weight or sub-layer of this
  /// layer has the name.
  Variable add_weight(const WeightOptions& options, Site site = Site::current());
  /// Adds a scalar to losses(), in call().
  void add_loss(const Tensor& loss);
  void set_activity_regularizer(const Regularizer& regularizer) { activity_regularizer_ = regularizer; }
  /// Takes a sub-layer under the attribute name that Keras's files and object graphs know it by. Throws NameCollision if an
  /// attribute or an explicit name is taken, InvalidName.
  template <class Handle>
  Handle add_layer(std::string_view attribute, Handle child, Site site = Site::current()) {
    adopt(child.ptr(), attribute, site);
    return child;
  }
  void adopt(const std::shared_ptr<LayerBase>& child, std::string_view attribute, Site site);
  /// Settles the names of children that were left out: after every explicit one.
  void settle_children();
  /// Sets the dtype policy: "float32", "float64", "float16", "bfloat16", "mixed_float16" or "mixed_bfloat16". Under a mixed
  /// policy weights are float32, and call() reads them in the compute dtype. Throws Unsupported.
  void set_dtype_policy(std::string_view policy);
  void set_supports_masking(bool supports) noexcept { supports_masking_ = supports; }
  /// For layers that make a mask where there was none (Embedding, Masking).
  void set_makes_mask(bool makes) noexcept { makes_mask_ = supports_masking_ = makes; }
  /// For layers whose computation uses the inputs' masks (Keras's call has an argument `mask`): a model's graph then shows them.
  void set_takes_mask(bool takes) noexcept { takes_mask_ = takes; }
  /// Whether floating inputs are cast to the compute dtype before call() sees them, and weights as it reads them (they are, unless
  /// set).
  void set_autocasts(bool autocasts) noexcept { autocasts_ = autocasts; }
  void mark_built(std::span<const Shape> inputs);

 private:
  friend class Layer;
  template <class Body>
  friend struct LayerOf;
  struct RunningCall;

  void settle_name();
  using SeenOnce = std::vector<const void*, base::PoolAllocator<const void*>>;  // a step of training asks the heap for nothing
  void add_activity_losses(std::span<const Tensor> outputs);
  void clear_losses();
  void collect_call_losses(SeenOnce& seen, Tensors& found) const;
  void collect_penalties(SeenOnce& seen, Tensors& found) const;
  void build_children(std::span<const Shape> inputs, const CallArguments* arguments);
  void check_arguments(const CallArguments& arguments, std::size_t inputs, Site site) const;
  [[nodiscard]] naming::Claim claim_for(const LayerBase& child) const;
  [[nodiscard]] std::string claim_owner_text() const;
  [[nodiscard]] std::string scope_path_of(const LayerBase& child) const;
  [[nodiscard]] Tensor autocast(const Tensor& x) const;
  void mask_outputs(const Tensors& inputs, Tensors& outputs);
  [[nodiscard]] Tensors symbolic_outputs(const Tensors& inputs, const Tensors& outputs, CallOptions options, Site site, bool list);
  void refuse_undefined(const Tensor& x, Site site) const;

  std::string name_;
  std::string_view class_name_;
  Site site_;
  naming::ScopePtr scope_;      // where it was made
  naming::ScopePtr own_scope_;  // below it, with the layer's name
  bool automatic_ = false;
  bool settled_ = false;
  bool built_ = false;
  bool building_ = false;
  bool trainable_ = true;
  bool supports_masking_ = false;
  bool makes_mask_ = false;
  bool takes_mask_ = false;
  bool autocasts_ = true;
  DType compute_dtype_ = DType::kFloat32;
  DType variable_dtype_ = DType::kFloat32;
  std::string dtype_policy_ = "float32";
  Shape declared_input_shape_;
  std::vector<Shape> built_shapes_;
  std::vector<Variable> weights_;
  std::size_t made_trainable_ = 0;  // how many of weights_, at its start, were made trainable
  Regularizer activity_regularizer_;
  Tensors losses_;  // of the last call
  std::vector<Variable> seed_states_;
  std::vector<ChildLayer> children_;
  std::vector<LayerBase*> owners_;  // bodies that hold this one; they take themselves out when they go
  naming::ClaimTable names_;        // of weights and sub-layers: one namespace, as in HDF5
  naming::ClaimTable attributes_;
};

/// The handle. Copies are the same layer.
class NAMESAKE_API Layer {
 public:
  /// No layer.
  Layer() = default;
  explicit Layer(std::shared_ptr<LayerBase> body) : body_(std::move(body)) {}
  /// The input layer that a symbolic tensor of Input() came from, so that `Sequential({Input(...), ...})` reads as in Keras.
  /// Throws InvalidArgument for another tensor.
  Layer(const Tensor& input);  // NOLINT(google-explicit-constructor)

  Tensor operator()(const Tensor& x, CallOptions options = {}, Site site = Site::current()) const {
    return body_->invoke(x, options, site);
  }
  Tensors operator()(const Tensors& inputs, CallOptions options = {}, Site site = Site::current()) const {
    return body_->invoke_many(inputs, options, site);
  }

  [[nodiscard]] const std::string& name() const { return body_->name(); }
  const Layer& set_name(std::string_view name, Site site = Site::current()) const {
    body_->set_name(name, site);
    return *this;
  }
  [[nodiscard]] std::string_view class_name() const { return body_->class_name(); }
  [[nodiscard]] bool built() const { return body_->built(); }
  [[nodiscard]] bool trainable() const { return body_->trainable(); }
  void set_trainable(bool trainable) const { body_->set_trainable(trainable); }
  /// Builds for this input shape (-1 for the batch axis) unless built.
  void build(const Shape& input) const { body_->ensure_built({&input, 1}); }

  /// Every weight below this layer with its path, each once, in Keras's order: own weights (trainable ones first), then those of the sub-layers.
  [[nodiscard]] std::vector<NamedWeight> named_weights() const;
  /// Throws NameCollision, with both places, if two weights below have one path: a layer `b` in scope `a` beside a model `a`
  /// that has a layer `b`. Models check it when they are built.
  void check_paths() const;
  [[nodiscard]] std::vector<Variable> weights() const;
  [[nodiscard]] std::vector<Variable> trainable_variables() const;
  [[nodiscard]] std::vector<Variable> non_trainable_variables() const;
  /// The path of a weight below this layer. Throws InvalidArgument if it is not below.
  [[nodiscard]] std::string path_of(const Variable& variable) const;
  [[nodiscard]] std::int64_t count_params() const;
  /// Values in the order of weights(). set_weights throws ShapeMismatch, before anything is set.
  [[nodiscard]] Tensors get_weights() const;
  void set_weights(std::span<const Tensor> values) const;
  /// See LayerBase::losses().
  [[nodiscard]] Tensors losses() const { return body_->losses(); }
  [[nodiscard]] std::vector<Layer> layers() const;
  /// The layer directly below that is called so. Throws InvalidArgument, naming the nearest.
  [[nodiscard]] Layer get_layer(std::string_view name) const;
  /// Keras's get_config: name, trainable, dtype, then the class's own options; of a model its layers.
  [[nodiscard]] JsonValue get_config() const;

  [[nodiscard]] const std::shared_ptr<LayerBase>& ptr() const noexcept { return body_; }
  explicit operator bool() const noexcept { return static_cast<bool>(body_); }
  friend bool operator==(const Layer& a, const Layer& b) noexcept { return a.body_ == b.body_; }

 protected:
  std::shared_ptr<LayerBase> body_;
};

}  // namespace namesake
