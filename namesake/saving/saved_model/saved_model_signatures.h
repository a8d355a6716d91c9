// The ways to call a SavedModel: its signatures, and the functions of its root object.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "namesake/formats/saved_model.h"
#include "namesake/saving/saved_model/graph_import.h"

namespace namesake::saving {

struct FileSignature {
  std::string name;
  std::vector<GraphEnd> inputs, outputs;  // of a function `tensor` is ""
  std::string function;                   // of an endpoint: in the library; "" for a signature, which stands in the main graph
  std::vector<std::size_t> captured;      // objects, for the function's further arguments
};

/// The meta graph of these tags; without tags the only one, or the one of "serve" alone. Throws InvalidArgument, with those that there are.
[[nodiscard]] const formats::MetaGraph& choose_meta_graph(const formats::SavedModelFile& file, const std::vector<std::string>& tags);

/// Signatures and endpoints, each by name. Inputs are in the order in which the exported function takes them, where the file says it;
/// else by name, and outputs too, "output_2" before "output_10".
[[nodiscard]] std::vector<FileSignature> signatures_of(const formats::MetaGraph& graph);

/// The one signature of a frozen graph, "serving_default": `inputs` and `outputs` are its tensors, or if there are none its placeholders, and
/// what no node uses. Throws InvalidArgument for names that it does not have.
[[nodiscard]] std::vector<FileSignature> signature_of_frozen(const formats::GraphDef& graph, const std::string& file, const std::vector<std::string>& inputs,
                                                             const std::vector<std::string>& outputs);

}  // namespace namesake::saving
