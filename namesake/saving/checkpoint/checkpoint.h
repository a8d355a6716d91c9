// Checkpoints of a training run: objects under names, as tf.train.Checkpoint keeps them, and TensorFlow restores ours.
//   nk::Checkpoint checkpoint({{"model", model}, {"optimizer", optimizer}, {"step", step}});
//   checkpoint.write("run/weights");     // run/weights.index, run/weights.data-00000-of-00001
//   checkpoint.save("run/ckpt");         // run/ckpt-1, and run/checkpoint, which says that it is the latest
//   checkpoint.restore(*nk::latest_checkpoint("run"));
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake {

/// A model (with its optimizer, if it is compiled), an optimizer, or a variable.
using CheckpointObject = std::variant<Model, Optimizer, Variable>;

struct CheckpointReadOptions {
  bool strict = true;            // anything missing, unused or ambiguous is an error
  bool cast = false;             // numbers of another dtype are converted
  std::vector<NameRule> names;   // the first rule that fits the path of an object in the file ("net", "net/encoder") moves it; as in LoadWeightsOptions
  LoadReport* report = nullptr;  // filled if given, also when the load fails in matching
};

class NAMESAKE_API Checkpoint {
 public:
  struct Entry {
    std::string name;
    CheckpointObject object;
    Entry(std::string n, const Model& model) : name(std::move(n)), object(model) {}
    Entry(std::string n, const Optimizer& optimizer) : name(std::move(n)), object(optimizer) {}
    Entry(std::string n, const Variable& variable) : name(std::move(n)), object(variable) {}
  };

  /// Throws InvalidName for a name that no attribute can have, NameCollision if two objects have one name.
  Checkpoint(std::initializer_list<Entry> objects);

  /// Writes all objects, all or nothing; also the states of the models' random generators, which TensorFlow passes over. Throws IoError;
  /// InvalidArgument for a model that is not built.
  void write(const std::filesystem::path& prefix) const;
  /// Counts up and writes `PREFIX-COUNT`, also the state of the source of seeds (nn/random_seed.h), so that fit() goes on to shuffle alike; the folder's file `checkpoint` then names it as the latest. Returns that path.
  std::filesystem::path save(const std::filesystem::path& prefix);
  /// Fills the objects: what write(), save() or TensorFlow wrote. Nothing has changed if it throws: IoError, FormatError, ShapeMismatch. An
  /// optimizer that made no step yet is built for the weights of the only model; with several, build it before.
  LoadReport read(const std::filesystem::path& prefix, const CheckpointReadOptions& options = {}) const;
  /// read(), and the count of saves and the source of seeds go on from the checkpoint's.
  LoadReport restore(const std::filesystem::path& prefix, const CheckpointReadOptions& options = {});

  /// How often save() ran, in the run that restore() went on with, too.
  [[nodiscard]] std::int64_t save_counter() const;

 private:
  friend class CheckpointManager;
  /// Counts up and writes `PREFIX-NUMBER` (the count, unless given); no file but these.
  std::filesystem::path save_as(const std::filesystem::path& prefix, std::optional<std::int64_t> number);
  [[nodiscard]] std::vector<Variable> order_of(const Optimizer& optimizer) const;
  void build_optimizers() const;
  void write_with(const std::filesystem::path& prefix, bool counted) const;
  LoadReport read_with(const std::filesystem::path& prefix, const CheckpointReadOptions& options, bool counted) const;

  std::vector<Entry> objects_;
  Variable save_counter_;
};

/// The prefix that the folder's file `checkpoint` names as the latest; nothing if there is no such file. Throws FormatError if the file is
/// damaged, IoError if the checkpoint that it names is not there.
[[nodiscard]] NAMESAKE_API std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& directory);

struct CheckpointManagerOptions {
  std::optional<std::int64_t> max_to_keep = 5;  // none: all
  std::string checkpoint_name = "ckpt";
};

/// Keeps the last few checkpoints of a folder.
///   nk::CheckpointManager manager(checkpoint, "run", {.max_to_keep = 3});
///   manager.restore_or_initialize();   ...   manager.save();
class NAMESAKE_API CheckpointManager {
 public:
  /// Goes on with the checkpoints that the folder's file `checkpoint` lists. Throws InvalidArgument unless max_to_keep is at least 1.
  CheckpointManager(Checkpoint checkpoint, std::filesystem::path directory, CheckpointManagerOptions options = {});

  /// Writes the next checkpoint (number `number`, if given), then forgets and removes the oldest ones beyond max_to_keep. Returns its prefix.
  std::filesystem::path save(std::optional<std::int64_t> number = std::nullopt);
  /// Restores the latest checkpoint and returns its prefix; nothing if there is none.
  std::optional<std::filesystem::path> restore_or_initialize(const CheckpointReadOptions& options = {});
  /// Oldest first.
  [[nodiscard]] const std::vector<std::filesystem::path>& checkpoints() const noexcept { return checkpoints_; }
  [[nodiscard]] std::optional<std::filesystem::path> latest_checkpoint() const;
  [[nodiscard]] const Checkpoint& checkpoint() const noexcept { return checkpoint_; }

 private:
  Checkpoint checkpoint_;
  std::filesystem::path directory_;
  CheckpointManagerOptions options_;
  std::vector<std::filesystem::path> checkpoints_;
};

}  // namespace namesake
