// The way Keras writes an optimizer, loss, metric or initializer into a file, and reading it back:
//   {"module": "keras.optimizers", "class_name": "Adam", "config": {...}, "registered_name": null}     Keras 3
//   {"class_name": "Adam", "config": {...}}   or   {"class_name": "Custom>Adam", "config": {...}}       Keras 2
//   "adam"                                                                                          a word
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake::optim {

/// What such a value says, in whichever of its forms.
struct KerasObject {
  std::string class_name;  // without "Custom>"; a word or a function's name as it stands
  JsonValue config;        // an object; empty for a word
  bool is_word = false;    // a string, or a function ({"class_name": "function", "config": "mse", ...})
  std::string registered_name = class_name;  // "Custom>Adam"; the class's where the value names none
};

/// Reads any of the forms. `what` ("optimizer") is for messages. Throws Unsupported for anything else.
[[nodiscard]] NAMESAKE_API KerasObject read_keras_object(const JsonValue& value, std::string_view what);

/// The Keras 3 form.
[[nodiscard]] NAMESAKE_API JsonValue keras_object(std::string_view module, std::string_view class_name, JsonValue config);
/// As Keras writes a function: `{"module": "builtins", "class_name": "function", "config": "pkg>name", ...}`.
[[nodiscard]] NAMESAKE_API JsonValue function_object(std::string_view full_name);

/// The one of `words` that `word` is most likely meant to be; "" if none is near.
[[nodiscard]] NAMESAKE_API std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);
/// The parts of an error about a word that is not one of `words`: what is known, and the nearest one as a fix.
[[nodiscard]] NAMESAKE_API ErrorParts unknown_word(std::string_view what, std::string_view word,
                                                   std::span<const std::string_view> words);

}  // namespace namesake::optim
