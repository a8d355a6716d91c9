// Paths: names joined with `/`. "" is the root. And the joins for formats that have no hierarchy: both are injective,
// so that no two paths become one name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"

namespace namesake::naming {

/// `a/b`; an empty side is left out.
[[nodiscard]] NAMESAKE_API std::string join_path(std::string_view outer, std::string_view inner);
[[nodiscard]] NAMESAKE_API std::string join_path(const std::vector<std::string>& names);

/// {"a", "b"} of `a/b`; {} of "". Empty components are kept, so that join_path gives the same path again.
[[nodiscard]] NAMESAKE_API std::vector<std::string> split_path(std::string_view path);

/// `a/b` of `a/b/c`, "" of `a`.
[[nodiscard]] NAMESAKE_API std::string_view parent_path(std::string_view path);
/// `c` of `a/b/c`.
[[nodiscard]] NAMESAKE_API std::string_view leaf_name(std::string_view path);

/// Whether `inner` lies below `outer`: `a` and `a/b`, but not `a` and `ab`, nor `a` and `a`. The root is above all
/// others.
[[nodiscard]] NAMESAKE_API bool is_prefix_path(std::string_view outer, std::string_view inner);

/// `a>d` for `a/d`: a layer's name in a Keras config, which forbids `/`. No legal name has `>`. Throws InvalidArgument
/// if a component has one (a foreign name) or is empty.
[[nodiscard]] NAMESAKE_API std::string flatten_scoped(std::string_view path);
/// `a/d` for `a>d`; nullopt if flatten_scoped cannot have made it.
[[nodiscard]] NAMESAKE_API std::optional<std::string> unflatten_scoped(std::string_view flat);

/// `a.b` for `a/b`, where only letters, digits, `_`, `.` and `-` may stand (optimizer slots, ONNX, TF.js). A `.` inside
/// a name becomes `.-`, which no name starts with: `a.b/c` is `a.-b.c`. Throws InvalidArgument if a component is empty
/// or starts with `-`.
[[nodiscard]] NAMESAKE_API std::string join_flat(std::string_view path);
/// `a/b` for `a.b`; nullopt if join_flat cannot have made it.
[[nodiscard]] NAMESAKE_API std::optional<std::string> split_flat(std::string_view flat);

}  // namespace namesake::naming
