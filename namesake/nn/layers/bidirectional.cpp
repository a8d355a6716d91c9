#include "namesake/nn/layers/bidirectional.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/nn/layer_field.h"
#include "namesake/nn/serialization.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reversing.h"

namespace namesake::nn {
namespace {

constexpr int kTime = 1;  // the axis of steps
constexpr std::array<std::string_view, 4> kMergeModes = {"concat", "sum", "mul", "ave"};

[[noreturn]] void refuse(const LayerBase& owner, std::string_view option, std::string what, std::string expected, std::string received) {
  throw InvalidArgument({.subject = std::string(option),
                         .what = std::move(what),
                         .expected = std::move(expected),
                         .received = std::move(received),
                         .places = {{"here", owner.site(), {}, {}}}});
}

const RecurrentFlags& flags_of_layer(const LayerBase& owner, std::string_view option, const Layer& layer) {
  if (const auto* recurrent = dynamic_cast<const RecurrentBody*>(layer.ptr().get())) return recurrent->flags();
  refuse(owner, option, fmt::format("{} got a {} that it cannot run backwards.", owner.class_name(), option), "a recurrent layer: LSTM, GRU, SimpleRNN, RNN",
         std::string(layer.class_name()));
}

// A copy with weights of its own. Hidden steps of a sequence give zeros, whatever the layer says of them.
Layer copy_of(const Layer& layer, const std::string& name, bool go_backwards, bool return_sequences) {
  JsonValue object = serialize_layer(*layer.ptr(), name);
  JsonValue& config = *object.find("config");
  config.set("go_backwards", go_backwards);
  config.set("zero_output_for_mask", return_sequences);
  object.erase("shared_object_id");
  return deserialize_layer(JsonView(object));
}

std::string with_prefix(std::string_view prefix, std::string_view name) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return fmt::format("{}{}", prefix, name);
}

Layer forward_of(const LayerBase& owner, const BidirectionalOptions& options) {
  const RecurrentFlags& flags = flags_of_layer(owner, "layer", given_layer(owner, "layer", options.layer));
  return copy_of(options.layer, with_prefix("forward_", options.layer.name()), flags.go_backwards, flags.return_sequences);
}

Layer backward_of(const LayerBase& owner, const BidirectionalOptions& options) {
  if (!options.backward_layer) {
    const RecurrentFlags& flags = flags_of_layer(owner, "layer", options.layer);
    return copy_of(options.layer, with_prefix("backward_", options.layer.name()), !flags.go_backwards, flags.return_sequences);
  }
  const RecurrentFlags& flags = flags_of_layer(owner, "backward_layer", options.backward_layer);
  if (flags.zero_output_for_mask == flags.return_sequences) return options.backward_layer;
  Layer copy = copy_of(options.backward_layer, options.backward_layer.name(), flags.go_backwards, flags.return_sequences);
  if (options.backward_layer.built()) {
    copy.ptr()->ensure_built(options.backward_layer.ptr()->built_shapes());
    copy.set_weights(options.backward_layer.get_weights());
  }
  return copy;
}

void check_pair(const LayerBase& owner, const RecurrentFlags& forward, const RecurrentFlags& backward) {
  const auto word = [](bool value) { return value ? "true" : "false"; };
  const auto check = [&](std::string_view option, bool is, bool wanted) {
    if (is == wanted) return;
    refuse(owner, "backward_layer", fmt::format("The backward layer of {} does not go with the forward layer.", owner.class_name()),
           fmt::format(".{} = {}", option, word(wanted)), fmt::format(".{} = {}", option, word(is)));
  };
  check("go_backwards", backward.go_backwards, !forward.go_backwards);
  check("return_sequences", backward.return_sequences, forward.return_sequences);
  check("return_state", backward.return_state, forward.return_state);
  check("stateful", backward.stateful, forward.stateful);
}

}  // namespace

void BidirectionalBody::config(Options& o, ConfigFields& f) {
  f("merge_mode", o.merge_mode);
  layer_field(f, "layer", o.layer);
  layer_field(f, "backward_layer", o.backward_layer);
}

BidirectionalBody::BidirectionalBody(const Options& options)
    : merge_mode_(options.merge_mode), forward_(forward_of(*this, options)), backward_(backward_of(*this, options)) {
  if (merge_mode_ && std::find(kMergeModes.begin(), kMergeModes.end(), *merge_mode_) == kMergeModes.end()) {
    refuse(*this, "merge_mode", "Bidirectional got a merge_mode that it does not know.", "concat, sum, mul, ave, or std::nullopt", *merge_mode_);
  }
  check_pair(*this, flags(), flags_of_layer(*this, "backward_layer", backward_));
  adopt(forward_.ptr(), "forward_layer", site());
  adopt(backward_.ptr(), "backward_layer", site());
  settle_children();
  set_supports_masking(true);
  set_takes_mask(true);
  if (!trainable()) set_trainable(false);
}

const RecurrentFlags& BidirectionalBody::flags() const { return static_cast<const RecurrentBody&>(*forward_.ptr()).flags(); }

void BidirectionalBody::build_many(std::span<const Shape> inputs) {
  for (const Layer& layer : {forward_, backward_}) layer.ptr()->ensure_built(inputs.first(1));
}

std::span<const std::string_view> BidirectionalBody::call_parameters() const {
  static constexpr std::array<std::string_view, 2> kNames = {"sequences", "initial_state"};
  return kNames;
}

// The options hold the layer that the forward layer was made of, and no backward layer if none was given; Keras keeps those in use.
JsonValue BidirectionalBody::config(std::string_view name) const {
  JsonValue config = LayerBase::config(name);
  config.set("layer", serialize_layer(*forward_.ptr(), forward_.name()));
  config.set("backward_layer", serialize_layer(*backward_.ptr(), backward_.name()));
  return config;
}

Tensor BidirectionalBody::call(const Tensor& x, CallContext& context) {
  if (merge_mode_ && !flags().return_state) return std::move(call_many({x}, context).at(0));
  throw InvalidArgument({.subject = name(),
                         .what = fmt::format("The layer \"{}\" has several outputs.", name()),
                         .expected = "a call with a list: Tensors outputs = layer(Tensors{x})",
                         .places = {{"layer", site(), describe(), scope()->path()}}});
}

Tensor BidirectionalBody::merged(const Tensor& y, const Tensor& y_rev) const {
  if (*merge_mode_ == "concat") return concatenate({y, y_rev}, -1);
  if (*merge_mode_ == "mul") return y * y_rev;
  const Tensor sum = y + y_rev;
  return *merge_mode_ == "ave" ? sum / cast(Tensor(2.0F), sum.dtype()) : sum;
}

// What one of the two makes of the sequence, the first of the inputs, beginning with these states (none: its own).
Tensors BidirectionalBody::outputs_of(const Layer& layer, const Tensors& inputs, const Tensors& states) const {
  Tensors given{inputs[0]};
  CallOptions options;
  if (!states.empty()) {
    CallArguments arguments;
    arguments.named.push_back({"initial_state", 1, states.size(), true});
    options.arguments = std::make_shared<const CallArguments>(std::move(arguments));
    given.insert(given.end(), states.begin(), states.end());
  }
  Tensors outputs = layer(given, options, site());
  outputs[0] = cast(outputs[0], compute_dtype());
  return outputs;
}

Tensors BidirectionalBody::call_many(const Tensors& inputs, CallContext&) {
  const std::size_t half = (inputs.size() - 1) / 2;
  const auto middle = inputs.begin() + 1 + static_cast<std::ptrdiff_t>(half);
  const Tensors forward = outputs_of(forward_, inputs, Tensors(inputs.begin() + 1, middle));
  Tensors backward = outputs_of(backward_, inputs, Tensors(middle, inputs.end()));
  if (flags().return_sequences) backward[0] = flip(backward[0], {kTime});
  Tensors result;
  if (merge_mode_) {
    result.push_back(merged(forward[0], backward[0]));
  } else {
    result = {forward[0], backward[0]};
  }
  result.insert(result.end(), forward.begin() + 1, forward.end());
  result.insert(result.end(), backward.begin() + 1, backward.end());
  return result;
}

Tensors BidirectionalBody::compute_mask(const Tensors&, const Tensors& masks) {
  Tensors result(merge_mode_ ? 1 : 2, flags().return_sequences ? masks.at(0) : Tensor());
  if (flags().return_state) result.emplace_back();  // the last one stands for all that follow
  return result;
}

}  // namespace namesake::nn
