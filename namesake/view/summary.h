// The table that Keras's model.summary() prints, line for line:
//   Model: "classifier"
//   +---------------------------------+------------------------+---------------+
//   | Layer (type)                    | Output Shape           |       Param # |
//   ...
//    Total params: 1,418 (5.54 KB)
// (drawn with box characters in UTF-8, unless plain lines are asked for). Model::summary() is this with the defaults.
#pragma once

#include <string>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake {

struct SummaryOptions {
  int width = 76;      // columns of the table: what Keras takes on a terminal of 80
  bool ascii = false;  // + - = | instead of box characters
};

/// Throws InvalidArgument for a width below 40.
[[nodiscard]] NAMESAKE_API std::string summary(const Model& model, const SummaryOptions& options = {});

}  // namespace namesake
