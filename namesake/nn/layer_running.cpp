// The body: building and calling, masks and dtypes on the way.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/nn/layer.h"
#include "namesake/nn/layer_call.h"
#include "namesake/ops/create.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/unary.h"

namespace namesake {

const CallArguments::Named* CallArguments::find(std::string_view name) const noexcept {
  const auto found = std::find_if(named.begin(), named.end(), [&](const Named& argument) { return argument.name == name; });
  return found == named.end() ? nullptr : &*found;
}

void LayerBase::build(const Shape&) {}

void LayerBase::build_call(std::span<const Shape> inputs, const CallArguments*) { build_many(inputs); }

std::shared_ptr<const CallArguments> LayerBase::standard_call(std::size_t, std::shared_ptr<const CallArguments> given) const { return given; }

void LayerBase::mark_built(std::span<const Shape> inputs) {
  built_shapes_.assign(inputs.begin(), inputs.end());
  built_ = true;
}

void LayerBase::ensure_built(std::span<const Shape> inputs, const CallArguments* arguments) {
  if (built_ || building_) return;
  const naming::ScopeEntry scope(own_scope_);
  const ops::StopRecording quiet;
  building_ = true;
  const std::vector<Variable> weights = weights_;
  const std::size_t made_trainable = made_trainable_;
  try {
    std::vector<Shape> open(inputs.begin(), inputs.end());  // a layer is built for any batch
    for (Shape& shape : open) {
      if (shape.rank() > 0) shape.set(0, Shape::kOpen);
    }
    build_call(open, arguments);
    settle_children();
    build_children(open, arguments);
    if (is_model()) Layer(shared_from_this()).check_paths();
    mark_built(open);
  } catch (...) {
    for (const Variable& weight : weights_) {
      if (std::find(weights.begin(), weights.end(), weight) == weights.end()) names_.release(weight.id());
    }
    weights_ = weights;
    made_trainable_ = made_trainable;
    building_ = false;
    throw;
  }
  building_ = false;
}

// Sub-layers are built by what the layer's call() gives them: a symbolic call shows it.
void LayerBase::build_children(std::span<const Shape> inputs, const CallArguments* arguments) {
  const auto unbuilt = [](const ChildLayer& child) { return !child.layer->built(); };
  if (std::none_of(children_.begin(), children_.end(), unbuilt)) return;
  Tensors symbols;
  for (const Shape& shape : inputs) symbols.push_back(Tensor::symbolic(compute_dtype_, shape, nullptr));
  CallContext context;
  context.arguments_ = arguments;
  if (symbols.size() == 1) {
    static_cast<void>(call(symbols[0], context));
  } else {
    static_cast<void>(call_many(symbols, context));
  }
}

Tensor LayerBase::call(const Tensor& x, CallContext& context) {
  if (context.forwarded_) {
    throw Unsupported({.subject = std::string(class_name_),
                       .what = fmt::format("The class {} has no call().", class_name_),
                       .fix = "override call(const Tensor&, CallContext&), or call_many for several in- or outputs"});
  }
  context.forwarded_ = true;
  return call_many({x}, context).at(0);
}

Tensors LayerBase::call_many(const Tensors& inputs, CallContext& context) {
  if (inputs.size() != 1) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("{} takes one input.", describe()),
                           .expected = "1 tensor",
                           .received = std::to_string(inputs.size())});
  }
  context.forwarded_ = true;
  return {call(inputs[0], context)};
}

// What a call sees of the call around it, and what calls inside it see of it: training, and the dtype that weights are read in.
struct LayerBase::RunningCall {
  static thread_local const CallContext* current;

  RunningCall(LayerBase& layer, const CallOptions& options)
      : autocast(!layer.autocasts_ || layer.compute_dtype_ == layer.variable_dtype_ ? DType::kInvalid : layer.compute_dtype_), outer(current) {
    if (outer == nullptr && !ops::tracing()) layer.clear_losses();
    context.training_ = options.training.value_or(outer != nullptr && outer->training_);
    context.arguments_ = options.arguments.get();
    context.training_given_ = options.training.has_value() || (outer != nullptr && outer->training_given_);
    current = &context;
  }
  ~RunningCall() { current = outer; }
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

  const ops::VariableAutocast autocast;
  CallContext context;
  const CallContext* outer;
};
thread_local constinit const CallContext* LayerBase::RunningCall::current = nullptr;

Tensor LayerBase::autocast(const Tensor& x) const {
  if (x.dtype() == compute_dtype_ || !autocasts_ || !is_floating(x.dtype()) || !is_floating(compute_dtype_)) return x;
  Tensor y = cast(x, compute_dtype_);
  y.set_mask(x.mask());
  return y;
}

Tensors LayerBase::compute_mask(const Tensors&, const Tensors& masks) { return {masks[0]}; }

// As in Keras, a mask that call() has set itself stays.
void LayerBase::mask_outputs(const Tensors& inputs, Tensors& outputs) {
  Tensors given;
  for (const Tensor& input : inputs) given.push_back(input.mask());
  const Tensors masks = compute_mask(inputs, given);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor mask = masks.empty() ? Tensor() : masks[std::min(i, masks.size() - 1)];
    const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& x) { return x.id() == outputs[i].id(); });
    if (is_input && outputs[i].mask().id() != mask.id()) outputs[i] = identity(outputs[i]);  // the input keeps its own
    if (is_input || !outputs[i].has_mask()) outputs[i].set_mask(mask);
  }
}

void LayerBase::refuse_undefined(const Tensor& x, Site site) const {
  if (x.defined()) return;
  throw InvalidArgument({.subject = name(), .what = fmt::format("The layer \"{}\" was called with a tensor without a value.", name()),
                         .places = {{"here", site, describe(), scope_->path()}}});
}

// What the symbolic outputs of a call remember.
Tensors LayerBase::symbolic_outputs(const Tensors& inputs, const Tensors& outputs, CallOptions options, Site site, bool list) {
  using Form = nn::LayerCall::Form;
  options.arguments = standard_call(inputs.size(), std::move(options.arguments));
  nn::LayerCall::Made made{shared_from_this(), inputs, site, options};
  if (const CallArguments* given = options.arguments.get()) {
    made.form = given->list ? Form::kList : given->positional == 1 ? Form::kOne : Form::kArguments;
  } else if (list) {  // a layer whose first parameter is one tensor takes the list as its first arguments
    const std::span<const std::string_view> takes = call_parameters();
    made.form = takes.empty() || takes[0] == "inputs" ? Form::kList : inputs.size() == 1 ? Form::kOne : Form::kArguments;
  }
  if (takes_mask_ && std::any_of(inputs.begin(), inputs.end(), [](const Tensor& x) { return x.has_mask(); })) {
    for (const Tensor& x : inputs) made.masks.push_back(x.mask());
  }
  return nn::LayerCall::outputs_of(std::move(made), outputs);
}

void LayerBase::check_arguments(const CallArguments& arguments, std::size_t inputs, Site site) const {
  const std::span<const std::string_view> takes = call_parameters();
  const auto check = [&](std::string_view name, bool fits) {
    const bool known = std::find(takes.begin(), takes.end(), name) != takes.end();
    if (known && fits) return;
    throw InvalidArgument({.subject = this->name(),
                           .what = known ? fmt::format("The layer \"{}\" was called with \"{}\" beyond its {} inputs.", this->name(), name, inputs)
                                         : fmt::format("The layer \"{}\" was called with the argument \"{}\", which {} does not take.", this->name(), name, class_name_),
                           .expected = takes.empty() ? "training, mask" : fmt::format("{}", fmt::join(takes, ", ")),
                           .places = {{"here", site, describe(), scope_->path()}}});
  };
  for (const CallArguments::Named& argument : arguments.named) {
    check(argument.name, argument.first <= inputs && argument.count <= inputs - argument.first);
  }
  for (const JsonMember& member : arguments.values.members()) check(member.key, true);
}

Tensor LayerBase::invoke(const Tensor& x, CallOptions options, Site site) {
  refuse_undefined(x, site);
  if (options.arguments) check_arguments(*options.arguments, 1, site);
  if (!built_) {
    if (!x.is_symbolic()) settle_name();  // in a symbolic call the name waits for the model
    ensure_built({&x.shape(), 1}, options.arguments.get());
  }
  RunningCall running(*this, options);
  const naming::ScopeEntry scope(own_scope_);
  const Tensor input = autocast(x);
  Tensor y = call(input, running.context);
  if (activity_regularizer_) add_activity_losses({&y, 1});
  if (makes_mask_ || (supports_masking_ && x.has_mask())) {
    Tensors outputs{std::move(y)};
    mask_outputs({input}, outputs);
    y = std::move(outputs[0]);
  }
  if (!x.is_symbolic() || ops::tracing()) return y;
  return symbolic_outputs({x}, {y}, options, site, false).at(0);
}

Tensors LayerBase::invoke_many(const Tensors& inputs, CallOptions options, Site site) {
  if (options.arguments) check_arguments(*options.arguments, inputs.size(), site);
  bool symbolic = false, masked = makes_mask_;
  Tensors cast_inputs;
  for (const Tensor& x : inputs) {
    refuse_undefined(x, site);
    symbolic = symbolic || x.is_symbolic();
    masked = masked || (supports_masking_ && x.has_mask());
    cast_inputs.push_back(autocast(x));
  }
  if (!built_) {
    if (!symbolic) settle_name();
    std::vector<Shape> shapes;
    for (const Tensor& x : inputs) shapes.push_back(x.shape());
    ensure_built(shapes, options.arguments.get());
  }
  RunningCall running(*this, options);
  const naming::ScopeEntry scope(own_scope_);
  Tensors outputs = call_many(cast_inputs, running.context);
  if (activity_regularizer_) add_activity_losses(outputs);
  if (masked) mask_outputs(cast_inputs, outputs);
  if (!symbolic || ops::tracing()) return outputs;
  return symbolic_outputs(inputs, outputs, options, site, true);
}

}  // namespace namesake
