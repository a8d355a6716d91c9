// fingerprint.pb of a SavedModel: hashes by which programs tell one model from another (tf.saved_model.experimental.read_fingerprint).
// All are FarmHash's Fingerprint64, as TensorFlow 2.21 computes them:
//   saved_model_checksum     of saved_model.pb, maps sorted
//   graph_def_program_hash   of the main graph, without functions, versions and what differs from one saving to the next
//   signature_def_hash       of the signatures, with their keys
//   saved_object_graph_hash  of the concrete functions, in the order of the numbers at the ends of their names
//   checkpoint_hash          of variables/variables.index, which holds a sum of every tensor; 0 without one
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namesake/base/export.h"

namespace namesake::formats {

struct Fingerprint {
  std::uint64_t saved_model_checksum = 0;
  std::uint64_t graph_def_program_hash = 0;
  std::uint64_t signature_def_hash = 0;
  std::uint64_t saved_object_graph_hash = 0;
  std::uint64_t checkpoint_hash = 0;
  std::int64_t producer = 0;  // the version of the rules above
  std::string uuid;           // a number, random in TensorFlow

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// Of the contents of saved_model.pb and of variables.index (empty without one). The uuid is made of the hashes: equal models give
/// equal files. Nothing where TensorFlow has none either: the bytes are no SavedModel, there is no meta graph in it, or the names
/// of concrete functions do not end in numbers (of which no two may be equal).
[[nodiscard]] NAMESAKE_API std::optional<Fingerprint> make_fingerprint(std::span<const std::byte> saved_model, std::span<const std::byte> index);

/// The content of fingerprint.pb; nothing if it is damaged.
[[nodiscard]] NAMESAKE_API std::optional<Fingerprint> parse_fingerprint(std::span<const std::byte> bytes);
[[nodiscard]] NAMESAKE_API std::string fingerprint_bytes(const Fingerprint& fingerprint);

/// What fingerprint.pb says of a SavedModel's folder, and whether it is true.
struct FingerprintReport {
  std::optional<Fingerprint> stored;   // nothing if it is damaged
  std::vector<std::string> findings;   // "saved_model.pb is not the one that was saved: ..."; empty if all is well
};
/// Nothing if the folder has no fingerprint.pb. Throws IoError if a file cannot be read.
[[nodiscard]] NAMESAKE_API std::optional<FingerprintReport> check_fingerprint(const std::string& directory);

}  // namespace namesake::formats
