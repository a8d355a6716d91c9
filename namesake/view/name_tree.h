// The tree of names of a model, or of a file: scopes, layers, weights.
//   model_0.keras
//   +-- model_0
//       +-- dense_1 (Dense)
//       |   +-- kernel (64, 128) float32
//       |   +-- bias (128,) float32
// (drawn with box characters in UTF-8, unless plain lines are asked for)
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake {

struct NameTreeOptions {
  bool ascii = false;      // + - | instead of box characters
  bool optimizer = false;  // the optimizer's state too
};

/// Whole lines, each with its end. Of a model the first line is its name.
[[nodiscard]] NAMESAKE_API std::string name_tree(const Model& model, const NameTreeOptions& options = {});
/// Of a file the first line is its name. Nothing is built for this. Throws IoError, FormatError, Unsupported.
[[nodiscard]] NAMESAKE_API std::string name_tree_of_file(const std::filesystem::path& file, const NameTreeOptions& options = {});

namespace view {
struct Inventory;
/// `heading`: the first line.
[[nodiscard]] NAMESAKE_API std::string name_tree(const Inventory& inventory, std::string_view heading, const NameTreeOptions& options = {});
}  // namespace view

}  // namespace namesake
