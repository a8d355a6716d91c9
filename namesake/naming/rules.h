// What a name may be. A name is one component; `/` joins names into a path.
//   [A-Za-z0-9.][A-Za-z0-9_.-]*   not "." or "..", at most kMaxNameLength, not reserved for its kind
// Makers are held to this when a thing is created, so that every format can hold what the program makes. Readers accept
// more (`readable`), since files of other programs have such names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/site.h"

namespace namesake::naming {

/// A model's or scope's name becomes the name of a file or folder, and those hold 255 bytes (ext4, NTFS, APFS).
inline constexpr std::size_t kMaxNameLength = 255;

/// What readers take: HDF5 keeps the length of a header message in 16 bits.
inline constexpr std::size_t kMaxReadableLength = 65535;

enum class NameKind { kLayer, kModel, kWeight, kScope, kAttribute, kMetric, kLoss, kOptimizer, kInput, kOutput, kOp };

/// "layer", "weight", ...: one word for texts; its plural is formed with "s" ("losses" apart).
[[nodiscard]] NAMESAKE_API std::string_view to_string(NameKind kind);
[[nodiscard]] NAMESAKE_API std::string plural(NameKind kind);

/// The words that a format or Keras itself needs for something else where a thing of this kind would stand.
[[nodiscard]] NAMESAKE_API std::span<const std::string_view> reserved_names(NameKind kind);

/// Whether `name` may be given to a new thing of this kind. An attribute is a Python identifier instead (`_cell` is
/// one).
[[nodiscard]] NAMESAKE_API bool is_legal(std::string_view name, NameKind kind = NameKind::kLayer);

/// Throws InvalidName if `name` is not legal: what is wrong with it, which format cannot hold it, and a legal name.
NAMESAKE_API void check_name(std::string_view name, NameKind kind = NameKind::kLayer, Site site = Site::current());

/// A legal name that resembles `name`: `conv1/conv` -> `conv1_conv`. A legal one comes back unchanged. Not injective:
/// make the results of several names unique with UniqueNames.
[[nodiscard]] NAMESAKE_API std::string suggest_name(std::string_view name, NameKind kind = NameKind::kLayer);

/// `name` and `_<number>`, cut so that it stays within kMaxNameLength.
[[nodiscard]] NAMESAKE_API std::string numbered(std::string_view name, std::size_t number);

/// Whether a reader takes `name` from a file: UTF-8 without control characters, at most kMaxReadableLength. It may hold
/// `/` (old Keras: `conv1/conv`), which then separates components; none of them is empty, "." or "..".
[[nodiscard]] NAMESAKE_API bool readable(std::string_view name);

}  // namespace namesake::naming
