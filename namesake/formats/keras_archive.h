// The `.keras` archive, of Keras 3 and of Keras 2.12 and later: a zip archive with these entries:
//   metadata.json      {"keras_version": "3.15.1", "date_saved": "2026-01-31@12:00:00"}; not needed to load
//   config.json        the model as Keras serializes it: module, class_name, config, build_config, compile_config
//   model.weights.h5   an HDF5 file: layers/<snake class>[_n]/vars/<i>, optimizer/vars/<i>; the attribute `name` on a
//                      `vars` group is the layer's own name (Keras 3.6 and later)
//   assets/...         files of layers that have some (vocabularies)
// Other entries are allowed, and are not looked at by Keras.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/formats/hdf5_content.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

struct KerasReadOptions {
  /// Compare the checksum of the weights, which reads all of them once. Without it a damaged weight passes for another
  /// number.
  bool check_weights = true;
};

/// Reads `path` into a ModelFile of format "keras". Where entries have one name, the last counts, as in Keras;
/// `entries` has all. An archive without weights gives a ModelFile without weights. Throws IoError; FormatError if this
/// is no such archive, or a damaged one; Unsupported for weights in other forms than HDF5.
[[nodiscard]] NAMESAKE_API ModelFile read_keras_archive(const std::string& path, KerasReadOptions options = {});

struct EntryContent {
  std::string name;  // of the archive's entry
  std::string content;
};

struct KerasArchiveContent {
  JsonValue metadata;  // null: keras_metadata()
  JsonValue config;
  std::vector<GroupContent> groups;
  std::vector<ArrayContent> arrays;
  std::vector<EntryContent> extras;
};

/// Writes `content` to `path`, all or nothing; equal content gives equal bytes. Throws NameCollision if two arrays, two
/// attributes of a group or two entries have one path, or an array's path is a group's too; InvalidArgument if an
/// array's bytes do not fit its shape; IoError.
NAMESAKE_API void write_keras_archive(const std::string& path, const KerasArchiveContent& content);

/// What stands in metadata.json: this version of Keras, and a date that is always the same (1980-01-01), or the one of
/// the environment variable SOURCE_DATE_EPOCH.
[[nodiscard]] NAMESAKE_API JsonValue keras_metadata(std::string_view keras_version = "3.15.1");

}  // namespace namesake::formats
