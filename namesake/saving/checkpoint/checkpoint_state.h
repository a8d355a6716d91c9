// The file `checkpoint` of a folder: which checkpoints there are, and which is the latest. Text of a protobuf (CheckpointState):
//   model_checkpoint_path: "ckpt-3"
//   all_model_checkpoint_paths: "ckpt-2"
//   all_model_checkpoint_paths: "ckpt-3"
//   all_model_checkpoint_timestamps: 1795380000.25     (one a path: TensorFlow's CheckpointManager passes over paths without)
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace namesake::saving {

struct CheckpointState {
  std::filesystem::path latest;
  std::vector<std::filesystem::path> all;  // oldest first
};

/// With paths below `directory` where they were relative. Nothing if there is no such file. Throws FormatError, IoError.
[[nodiscard]] std::optional<CheckpointState> read_checkpoint_state(const std::filesystem::path& directory);
/// All or nothing. Throws IoError.
void write_checkpoint_state(const std::filesystem::path& directory, const CheckpointState& state);

}  // namespace namesake::saving
