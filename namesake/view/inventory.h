// Inventory: what a model or a file holds, as names: its layers and its weights, each with its path from the root. The name
// tree draws it, and `namesake inspect` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"
#include "namesake/nn/model.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace namesake::view {

struct WeightRow {
  std::string path;  // "model_0/dense_1/kernel"
  Shape shape;
  DType dtype = DType::kInvalid;
  std::uint64_t bytes = 0;
  std::string stored_as;    // in a file: where it stands there, "layers/dense/vars/0"
  std::string unsupported;  // in a file: "" or why it cannot be read
  std::string alias_of;     // in a file: "", or as what the same data stands there too (a hard link)
};

struct LayerRow {
  std::string name;        // "dense_1"
  std::string class_name;  // "Dense"; "" if the file does not say
  std::string path;        // "model_0/dense_1"
};

struct Inventory {
  std::string file;             // "" of a model in memory
  std::string format;           // "keras"; "" of a model in memory
  std::string name;             // of the outermost model; "" if the file does not say
  std::string class_name;       // of the outermost model
  std::string optimizer_class;  // "" if there is none
  std::vector<LayerRow> layers;
  std::vector<WeightRow> weights;    // of the layers, then whatever else the file holds
  std::vector<WeightRow> optimizer;  // its state: "optimizer/iteration"
};

[[nodiscard]] NAMESAKE_API Inventory inventory_of(const Model& model);
/// Nothing is built for this: classes that are not known here are shown as well, with `vars/0` for names that only
/// their code knows.
[[nodiscard]] NAMESAKE_API Inventory inventory_of(const formats::ModelFile& file);

}  // namespace namesake::view
