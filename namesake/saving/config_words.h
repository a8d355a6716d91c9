// In whose words a model is written: Keras 3's, or those that Keras 2.15 and Keras 3 both know.
#pragma once

#include "namesake/base/json.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

enum class Words : std::uint8_t {
  kKeras3,        // whatever Keras 2 makes of it
  kCommonOrKeras3,  // the common ones; Keras 3's where there are none
  kKeras2OrKeras3,  // the common ones or Keras 2's, for a file that Keras 2 alone reads; Keras 3's where there are none
  kCommon,        // the common ones, or Keras 2's where Keras 3 cannot read them, or Unsupported
};

struct WordedConfig {
  JsonValue config;                // the whole document, as a `.keras` file has it
  bool common = false;             // the model is in common words
  bool common_compile = false;     // and so is its compile_config
};

/// The model's document, and in `report` who opens it and why another does not. Throws Unsupported, with all reasons, if `words` is kCommon
/// and Keras 2 cannot open the model.
[[nodiscard]] WordedConfig config_in_words(const Model& model, const SaveOptions& options, Words words, SaveReport& report);

}  // namespace namesake::saving
