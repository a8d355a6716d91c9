// namesake evaluate MODEL --data FILE: loss and metrics over all rows.
#include <fmt/format.h>

#include "cli/checks.h"
#include "cli/output.h"

namespace namesake::cli {

void evaluate(const EvaluateCommandOptions& options) {
  check_positive(options.batch_size, "--batch-size");
  const Model model = load_model(options.model, {.signature = options.signature});
  compile_model(model, options.compile, options.model, false);
  const DataFeeds data = open_data(model, options.data);

  const Logs logs = model.evaluate(data.x, data.y, {.batch_size = options.batch_size, .verbose = options.json ? Verbose::kSilent : Verbose::kAuto});
  if (options.json) return print_json(logs_json(logs));
  print(fmt::format("{}\n", logs_text(logs)));
}

}  // namespace namesake::cli
