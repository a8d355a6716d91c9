#include "namesake/view/open_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/view/graph_inventory.h"
#include "namesake/view/inventory.h"
#include "namesake/view/name_tree.h"

namespace namesake::view {

formats::ModelFile open_model_file(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code error;
  if (formats::is_bundle(path)) return formats::read_tensor_bundle(path);
  if (!std::filesystem::exists(file, error)) throw IoError(path, "opening it", error ? error.value() : ENOENT);
  if (file.extension() == ".keras") return formats::read_keras_archive(path);
  if (formats::is_h5_name(path)) return formats::read_h5(path);
  throw Unsupported({.subject = path,
                     .what = fmt::format("{}: this kind of model file is not read.", path),
                     .expected = "a file of Keras, which ends in .keras or .h5, the prefix of a checkpoint, or a SavedModel: a folder with saved_model.pb",
                     .received = std::filesystem::is_directory(file, error)  ? "a folder without saved_model.pb"
                                 : file.extension().empty() ? "no extension" : file.extension().string()});
}

}  // namespace namesake::view

namespace namesake {

std::string name_tree_of_file(const std::filesystem::path& file, const NameTreeOptions& options) {
  if (const auto graph = view::open_graph_file(file.string())) return view::name_tree(graph->inventory, file.string(), options);
  return view::name_tree(view::inventory_of(view::open_model_file(file.string())), file.string(), options);
}

}  // namespace namesake
