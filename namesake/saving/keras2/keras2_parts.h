// What the files of the Keras 2 dialect share. Internal to saving.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "namesake/base/json.h"

namespace namesake::saving::keras2 {

/// Layers whose list of inputs is the sequence and then the states, which are an argument of their own in Keras 3.
inline constexpr std::string_view kTakeStates = "LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D Bidirectional";

/// True if `word` is one of the words in `words`, which are separated by spaces.
[[nodiscard]] bool among(std::string_view word, std::string_view words);
/// The string member `key` of an object, "" if there is none.
[[nodiscard]] std::string word_at(const JsonValue& object, std::string_view key);
/// The name that an entry of `layers` goes by.
[[nodiscard]] std::string layer_name(const JsonValue& entry);

/// An object {"class_name", "config"} of a layer, a model, or anything that stands in their configs, in Keras 3's words.
[[nodiscard]] JsonValue keras3_object(const JsonView& object);
/// A functional model's config.
[[nodiscard]] JsonValue keras3_functional(const JsonView& config);

/// True for the classes in which Keras 2 keeps a call of TensorFlow: TFOpLambda, SlicingOpLambda, ...
[[nodiscard]] bool is_op_class(std::string_view class_name);
/// The operation of keras.ops for such an entry of `layers`, with its call: `first` is the first argument, `kwargs` the others, with
/// tensors in Keras 3's form. Throws Unsupported for a function that has no operation.
[[nodiscard]] JsonValue keras3_operation(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs);

/// The same for a function whose arguments, not only their names, are others in Keras; nothing for any other. `symbol`: below `tf.`.
[[nodiscard]] std::optional<JsonValue> operation_of_own_form(std::string_view symbol, const JsonView& entry, const JsonValue& first, const JsonValue& kwargs);
/// An entry of `layers`: an operation under the name of `entry`, called with `args` and `kwargs`.
[[nodiscard]] JsonValue operation(const JsonView& entry, std::string_view class_name, std::string_view module, JsonValue config, JsonValue args,
                                  JsonValue kwargs = JsonValue::object());
/// Throws Unsupported: this entry of `layers` `what`.
[[noreturn]] void refuse_op(const JsonView& entry, std::string_view what, std::string_view fix);

/// The name of a Bidirectional's backward layer, in words of Keras 2, as Keras 3 has it.
void name_backward_layer(JsonValue& config);
/// The layers of a Bidirectional, in words of Keras 3, as both Kerases take them.
void say_layers_of_bidirectional(JsonValue& config);

}  // namespace namesake::saving::keras2
