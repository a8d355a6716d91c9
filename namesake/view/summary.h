// The table that Keras's model.summary() prints, line for line:
//   Model: "classifier"
//   +---------------------------------+------------------------+---------------+
//   | Layer (type)                    | Output Shape           |       Param # |
//   ...
//    Total params: 1,418 (5.54 KB)
// (drawn with box characters in UTF-8, unless plain lines are asked for). Of a graph that branches a fourth column says what each layer
// is connected to: `dense[1][0]` is output 0 of the second call of dense. Model::summary() is this with the defaults.
#pragma once

#include <optional>
#include <string>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake {

struct SummaryOptions {
  std::optional<int> width = std::nullopt;  // of the table; left out: as Keras takes it, by `columns`
  int columns = 80;             // of the terminal: the table is 4 narrower, and 88 at most (108 with connections; 12 more with `show_trainable`)
  bool expand_nested = false;   // the layers of models inside the model too
  bool show_trainable = false;  // a column Y, N, or - for no weights
  bool ascii = false;           // + - = | instead of box characters
};

/// Throws InvalidArgument for a width below 40.
[[nodiscard]] NAMESAKE_API std::string summary(const Model& model, const SummaryOptions& options = {});

}  // namespace namesake
