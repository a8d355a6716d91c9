// CheckpointManager. A checkpoint is written first, then the folder's file names it, then old ones go: whenever a kill comes, the
// file names checkpoints that are there.
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "namesake/base/error.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/saving/checkpoint/checkpoint.h"
#include "namesake/saving/checkpoint/checkpoint_state.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

// The index first: without it nobody takes the rest for a checkpoint.
void remove_checkpoint(const fs::path& prefix) {
  std::error_code error;
  fs::remove(prefix.string() + ".index", error);
  const fs::path folder = prefix.has_parent_path() ? prefix.parent_path() : fs::path(".");
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name != prefix.filename().string() && formats::bundle_prefix(name) == prefix.filename().string()) files.push_back(entry->path());
  }
  for (const fs::path& file : files) fs::remove(file, error);
}

}  // namespace

std::optional<fs::path> latest_checkpoint(const fs::path& directory) {
  const auto state = saving::read_checkpoint_state(directory);
  if (!state) return std::nullopt;
  if (formats::is_bundle(state->latest.string())) return state->latest;
  throw IoError(state->latest.string() + ".index", "opening the checkpoint that the file \"checkpoint\" names as the latest", ENOENT);
}

CheckpointManager::CheckpointManager(Checkpoint checkpoint, fs::path directory, CheckpointManagerOptions options)
    : checkpoint_(std::move(checkpoint)), directory_(std::move(directory)), options_(std::move(options)) {
  if (options_.max_to_keep && *options_.max_to_keep < 1) {
    throw InvalidArgument({.subject = "max_to_keep", .what = "A CheckpointManager keeps at least one checkpoint.", .expected = "at least 1, or none to keep all",
                           .received = fmt::format("{}", *options_.max_to_keep)});
  }
  if (const auto state = saving::read_checkpoint_state(directory_)) checkpoints_ = state->all;
}

std::optional<fs::path> CheckpointManager::latest_checkpoint() const {
  return checkpoints_.empty() ? std::nullopt : std::optional(checkpoints_.back());
}

fs::path CheckpointManager::save(std::optional<std::int64_t> number) {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) throw IoError(directory_.string(), "creating the folder", error.value());
  const fs::path prefix = checkpoint_.save_as(directory_ / options_.checkpoint_name, number);
  std::erase(checkpoints_, prefix);
  checkpoints_.push_back(prefix);
  std::vector<fs::path> old;
  if (options_.max_to_keep) {
    while (checkpoints_.size() > static_cast<std::size_t>(*options_.max_to_keep)) {
      old.push_back(checkpoints_.front());
      checkpoints_.erase(checkpoints_.begin());
    }
  }
  saving::write_checkpoint_state(directory_, {prefix, checkpoints_});
  for (const fs::path& path : old) remove_checkpoint(path);
  return prefix;
}

std::optional<fs::path> CheckpointManager::restore_or_initialize(const CheckpointReadOptions& options) {
  const auto latest = namesake::latest_checkpoint(directory_);
  if (latest) checkpoint_.restore(*latest, options);
  return latest;
}

}  // namespace namesake
