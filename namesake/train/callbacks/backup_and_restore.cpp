// BackupAndRestore. The folder holds training_metadata.json and the archive that it names, latest-0.keras or latest-1.keras: a new
// archive is written under the other name, then the metadata are replaced at once, then the old archive goes.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <span>
#include <system_error>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/json.h"
#include "namesake/nn/model.h"
#include "namesake/ops/create.h"
#include "namesake/saving/load_model.h"
#include "namesake/train/callbacks.h"

namespace namesake {
namespace {

/// Calls `visit` with the seed state of each layer below, in order.
void for_each_seed(const LayerBase& layer, const std::function<void(const Variable&)>& visit) {
  for (const Variable& state : layer.seed_states()) visit(state);
  for (const ChildLayer& child : layer.children()) for_each_seed(*child.layer, visit);
}

class BackupBody final : public CallbackBase {
 public:
  explicit BackupBody(BackupAndRestoreOptions options) : options_(std::move(options)) {
    if (options_.backup_dir.empty()) throw InvalidArgument({.subject = "backup_dir", .what = "BackupAndRestore got no folder."});
  }

  void on_train_begin() override {
    if (!model().built()) {
      throw InvalidArgument({.subject = model().name(),
                             .what = fmt::format("BackupAndRestore needs a model that is built: \"{}\" is not.", model().name()),
                             .fix = "give the first layer an input_shape, or call the model on a batch"});
    }
    if (std::filesystem::exists(metadata())) restore();
  }
  void on_train_batch_end(std::int64_t batch, const Logs&) override {
    if (options_.save_freq.due(batch)) save();
  }
  void on_epoch_end(std::int64_t, Logs&) override {
    if (options_.save_freq.each_epoch()) save();
  }
  void on_train_end(const Logs&) override {
    if (run().interrupted()) return save();
    if (!options_.delete_checkpoint) return;
    std::error_code error;
    for (const char* name : {"training_metadata.json", "latest-0.keras", "latest-1.keras"}) std::filesystem::remove(options_.backup_dir / name, error);
    std::filesystem::remove(options_.backup_dir, error);  // only if nothing else is in it
  }

 private:
  [[nodiscard]] std::filesystem::path metadata() const { return options_.backup_dir / "training_metadata.json"; }

  void save() {
    std::error_code error;
    std::filesystem::create_directories(options_.backup_dir, error);
    if (error) throw IoError(options_.backup_dir.string(), "creating the folder", error.value());
    const std::string next = archive_ == "latest-0.keras" ? "latest-1.keras" : "latest-0.keras";
    model().save(options_.backup_dir / next);
    JsonValue seeds = JsonValue::array();
    for_each_seed(*model().ptr(), [&](const Variable& state) {
      JsonValue numbers = JsonValue::array();
      for (const std::uint32_t number : state.value().data<std::uint32_t>()) numbers.push_back(number);
      seeds.push_back(std::move(numbers));
    });
    const JsonValue state = run().state();
    const std::string text = to_json(JsonValue::object({{"epoch", *state.find("epoch")},
                                                        {"batch", *state.find("step")},
                                                        {"model", next},
                                                        {"run", state},
                                                        {"layer_seeds", std::move(seeds)}}));
    base::write_file_atomically(metadata().string(), std::as_bytes(std::span(text)));
    const std::string old = std::exchange(archive_, next);
    if (!old.empty()) std::filesystem::remove(options_.backup_dir / old, error);
  }

  void restore() {
    const std::string name = metadata().string();
    const auto file = base::MappedFile::open(name);
    const auto bytes = file->bytes();
    const JsonValue document = formats::parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {.file = name});
    const JsonView view(document, name);
    archive_ = view.at("model").as_string();
    if (archive_ != "latest-0.keras" && archive_ != "latest-1.keras") view.at("model").fail("No such archive is made here.", "latest-0.keras or latest-1.keras", archive_);
    model().load_weights(options_.backup_dir / archive_);
    const auto seeds = view.at("layer_seeds").items();
    std::size_t next = 0;
    for_each_seed(*model().ptr(), [&](const Variable& state) {
      if (next >= seeds.size()) view.at("layer_seeds").fail("The backup is of another model.");
      std::vector<std::uint32_t> numbers;
      for (const JsonView& number : seeds[next++].items()) numbers.push_back(static_cast<std::uint32_t>(number.as_uint()));
      state.assign(Tensor::of<std::uint32_t>(numbers, state.shape()));
    });
    run().restore(view.at("run").value());
  }

  BackupAndRestoreOptions options_;
  std::string archive_;  // of the last backup
};

}  // namespace

BackupAndRestore::BackupAndRestore(BackupAndRestoreOptions options) : Callback(std::make_shared<BackupBody>(std::move(options))) {}

}  // namespace namesake
