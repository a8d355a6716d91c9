#include <fmt/format.h>

#include <system_error>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/nn/model.h"
#include "namesake/train/callbacks.h"
#include "namesake/train/callbacks/monitor.h"

namespace namesake {
namespace {

[[noreturn]] void refuse_pattern(std::string_view pattern, std::string reason, const Logs& logs) {
  std::string known = "epoch, batch";
  for (const auto& [name, value] : logs) known += ", " + name;
  throw InvalidArgument({.subject = "filepath",
                         .what = fmt::format("The pattern \"{}\" cannot be filled in: {}.", pattern, reason),
                         .expected = fmt::format("numbers called {}", known)});
}

/// One number by what stands in the braces: `val_loss:.2f`.
std::string format_field(std::string_view pattern, std::string_view field, std::int64_t epoch, std::optional<std::int64_t> batch, const Logs& logs) {
  const std::size_t colon = field.find(':');
  const std::string_view name = field.substr(0, colon);
  const std::string spec = colon == std::string_view::npos ? "{}" : fmt::format("{{{}}}", field.substr(colon));
  try {
    if (name == "epoch") return fmt::format(fmt::runtime(spec), epoch + 1);
    const double* value = find_log(logs, name);
    if (value == nullptr && name == "batch" && batch) return fmt::format(fmt::runtime(spec), *batch + 1);
    if (value == nullptr) refuse_pattern(pattern, fmt::format("there is no \"{}\" here", name), logs);
    return colon == std::string_view::npos ? to_json(JsonValue(*value)) : fmt::format(fmt::runtime(spec), *value);
  } catch (const fmt::format_error& error) {
    refuse_pattern(pattern, fmt::format("{} in {{{}}}", error.what(), field), logs);
  }
}

}  // namespace

std::string format_checkpoint_path(std::string_view pattern, std::int64_t epoch, std::optional<std::int64_t> batch, const Logs& logs) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c != '{' && c != '}') {
      out += c;
    } else if (i + 1 < pattern.size() && pattern[i + 1] == c) {
      out += c;
      ++i;
    } else {
      const std::size_t end = c == '{' ? pattern.find('}', i) : std::string_view::npos;
      if (end == std::string_view::npos) refuse_pattern(pattern, fmt::format("a single '{}'", c), logs);
      out += format_field(pattern, pattern.substr(i + 1, end - i - 1), epoch, batch, logs);
      i = end;
    }
  }
  return out;
}

SaveFreq::SaveFreq(const char* word) {
  if (std::string_view(word) == "epoch") return;
  throw InvalidArgument({.subject = "save_freq", .what = "This is no save_freq.", .expected = "\"epoch\", or a number of batches", .received = word});
}

bool SaveFreq::due(std::int64_t batch) {
  if (each_epoch()) return false;
  seen_ += batch <= last_ ? batch + 1 : batch - last_;
  last_ = batch;
  if (seen_ < batches_) return false;
  seen_ = 0;
  return true;
}

class ModelCheckpoint::Body final : public CallbackBase {
 public:
  explicit Body(ModelCheckpointOptions options)
      : best(options.initial_value_threshold), options_(std::move(options)), monitor_("ModelCheckpoint", options_.monitor, options_.mode, 0) {
    const std::string path = options_.filepath.string();
    const bool of_weights = path.ends_with(".weights.h5");
    const bool fits = options_.save_weights_only ? of_weights : !of_weights && (path.ends_with(".keras") || path.ends_with(".h5"));
    if (fits) return;
    throw Unsupported({.subject = "filepath",
                       .what = fmt::format("ModelCheckpoint saves {} to no file of this name.", options_.save_weights_only ? "weights alone" : "whole models"),
                       .expected = options_.save_weights_only ? "a path that ends in .weights.h5" : "a path that ends in .keras or .h5",
                       .received = path,
                       .fix = of_weights ? "save_weights_only = true" : ""});
  }

  void on_epoch_begin(std::int64_t epoch) override { epoch_ = epoch; }
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override {
    if (options_.save_freq.due(batch)) save(epoch_, batch, logs);
  }
  void on_epoch_end(std::int64_t epoch, Logs& logs) override {
    if (options_.save_freq.each_epoch()) save(epoch, std::nullopt, logs);
  }

  std::optional<double> best;

 private:
  bool should_save(std::int64_t epoch, std::optional<std::int64_t> batch, const Logs& logs, const std::string& path) {
    if (!options_.save_best_only) {
      show(epoch, fmt::format("saving model to {}", path));
      return true;
    }
    monitor_.settle(model());
    const auto current = monitor_.value_in(logs, run());
    if (!current) return batch.has_value();  // within an epoch there is no validation yet: Keras saves all the same
    const std::string best_text = best ? fmt::format("{:.5f}", *best) : "None";
    if (!monitor_.improves(*current, best)) {
      show(epoch, fmt::format("{} did not improve from {}", monitor_.name(), best_text));
      return false;
    }
    show(epoch, fmt::format("{} improved from {} to {:.5f}, saving model to {}", monitor_.name(), best_text, *current, path));
    best = current;
    return true;
  }

  void save(std::int64_t epoch, std::optional<std::int64_t> batch, const Logs& logs) {
    const std::string path = format_checkpoint_path(options_.filepath.string(), epoch, batch, logs);
    if (!should_save(epoch, batch, logs, path)) return;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) throw IoError(folder.string(), "creating the folder", error.value());
    options_.save_weights_only ? model().save_weights(path) : model().save(path);
    show(epoch, fmt::format("finished saving model to {}", path));
  }

  void show(std::int64_t epoch, const std::string& text) const {
    if (options_.verbose) run().print(fmt::format("\nEpoch {}: {}", epoch + 1, text));
  }

  ModelCheckpointOptions options_;
  train::Monitor monitor_;
  std::int64_t epoch_ = 0;
};

ModelCheckpoint::ModelCheckpoint(ModelCheckpointOptions options) : Callback(std::make_shared<Body>(std::move(options))) {}
std::optional<double> ModelCheckpoint::best() const { return static_cast<Body&>(body()).best; }

}  // namespace namesake
