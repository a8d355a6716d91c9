// namesake summary MODEL: the table that Keras prints.
#include "namesake/view/summary.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/output.h"
#include "namesake/saving/load_model.h"

namespace namesake::cli {
namespace {

constexpr int kWidest = 88;  // as Keras

/// What Keras takes: four columns less than the terminal has.
int usual_width() {
  const int columns = terminal_columns();
  return columns > 0 ? std::clamp(columns - 4, 40, kWidest) : SummaryOptions().width;
}

}  // namespace

void summary(const SummaryCommandOptions& options) {
  const Model model = load_model(options.model);
  print(namesake::summary(model, {.width = options.width.value_or(usual_width()), .ascii = options.ascii}));
}

}  // namespace namesake::cli
