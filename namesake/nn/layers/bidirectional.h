// Bidirectional: a recurrent layer that reads a sequence forwards, and a copy of it that reads backwards.
//   Tensor y = Bidirectional({.layer = LSTM({.units = 8, .return_sequences = true})})(x);      // (batch, steps, 16)
//   Bidirectional({.layer = GRU({.units = 8}), .merge_mode = "sum"})
#pragma once

#include <optional>

#include "namesake/nn/layers/recurrent.h"

namespace namesake {

struct BidirectionalOptions {
  Layer layer = {};
  std::optional<std::string> merge_mode = "concat";  // "sum", "mul", "ave", "concat"; nullopt: two outputs, not one
  Layer backward_layer = {};                         // left out: as `layer`, with go_backwards turned
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Its children are `forward_layer`, a copy of the layer that was given (`lstm`) under the name `forward_lstm`, and `backward_layer`, such
/// a copy called `backward_lstm`, or the one that was given. Takes the sequence, and the states to begin with (`initial_state`: those of the
/// forward layer, then as many of the other one). Gives what both made of it, backward outputs of all steps in the sequence's own order;
/// then, for return_state, the states of both.
class NAMESAKE_API BidirectionalBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Bidirectional";
  using Options = BidirectionalOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument without a layer, for one that is not recurrent, for an unknown merge_mode, and for a backward_layer that does
  /// not go the other way, or has other return_sequences, return_state or stateful.
  explicit BidirectionalBody(const Options& options);
  void build_many(std::span<const Shape> inputs) override;
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override;
  Tensor call(const Tensor& x, CallContext& context) override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;
  [[nodiscard]] JsonValue config(std::string_view name) const override;

  [[nodiscard]] const Layer& forward_layer() const noexcept { return forward_; }
  [[nodiscard]] const Layer& backward_layer() const noexcept { return backward_; }

 private:
  [[nodiscard]] const RecurrentFlags& flags() const;
  [[nodiscard]] Tensor merged(const Tensor& y, const Tensor& y_rev) const;
  [[nodiscard]] Tensors outputs_of(const Layer& layer, const Tensors& inputs, const Tensors& states) const;

  std::optional<std::string> merge_mode_;
  Layer forward_, backward_;
};

}  // namespace nn

using Bidirectional = LayerOf<nn::BidirectionalBody>;

}  // namespace namesake
