// namesake summary MODEL: the table that Keras prints.
#include "namesake/view/summary.h"

#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "cli/output.h"
#include "namesake/saving/load_model.h"

namespace namesake::cli {
namespace {

constexpr int kNarrowest = 44;  // of a terminal, that a table still fits in

}  // namespace

void summary(const SummaryCommandOptions& options) {
  const bool layers_alone = std::filesystem::path(options.model).extension() == ".json";
  const Model model = layers_alone ? load_architecture(options.model) : load_model(options.model, {.signature = options.signature});
  SummaryOptions shown{.width = options.width, .expand_nested = options.expand_nested, .show_trainable = options.show_trainable, .ascii = options.ascii};
  if (const int columns = terminal_columns(); columns > 0) shown.columns = std::max(columns, kNarrowest);
  print(namesake::summary(model, shown));
}

}  // namespace namesake::cli
