// The messages of SavedModels: the same bytes as a SavedModel, a frozen graph, a meta graph, Keras's metadata and a fingerprint. What is read can be
// written, and is then read as the same.
#include <string>

#include "fuzz/answers.h"
#include "namesake/formats/fingerprint.h"
#include "namesake/formats/saved_model.h"

using namespace namesake;

namespace {

void read_constants(const std::vector<formats::NodeDef>& nodes) {
  for (const formats::NodeDef& node : nodes) {
    for (const formats::Attribute& attribute : node.attributes) {
      const auto* constant = attribute.value.one<formats::TensorValue>();
      if (constant == nullptr || constant->shape.elements().value_or(0) > static_cast<std::int64_t>(fuzz::kMostRead)) continue;
      fuzz::answers([&] { (void)constant->to_tensor(); });
    }
  }
}

void read_graph(const formats::GraphDef& graph) {
  read_constants(graph.nodes);
  for (const formats::FunctionDef& function : graph.functions) read_constants(function.nodes);
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes_of(data, size);
  fuzz::answers([&] {
    const formats::SavedModelFile model = formats::parse_saved_model(bytes, "saved_model.pb");
    for (const formats::MetaGraph& meta : model.meta_graphs) {
      read_graph(meta.graph);
      for (const formats::Collection& collection : meta.collections) {
        for (const std::string& each : collection.bytes) (void)formats::parse_variable_def(each);
      }
    }
    const std::string again = formats::saved_model_bytes(model);
    fuzz::promise(formats::saved_model_bytes(formats::parse_saved_model(bytes_of(again), "again")) == again);
  });
  fuzz::answers([&] {
    const formats::GraphDef graph = formats::parse_graph_def(bytes, "graph.pb");
    read_graph(graph);
    const std::string again = formats::to_bytes(graph);
    fuzz::promise(formats::to_bytes(formats::parse_graph_def(bytes_of(again), "again")) == again);
  });
  fuzz::answers([&] { (void)formats::parse_meta_graph(bytes, "model.meta"); });
  fuzz::answers([&] { (void)formats::keras_metadata_bytes(formats::parse_keras_metadata(bytes, "keras_metadata.pb")); });
  fuzz::answers([&] {
    if (const auto fingerprint = formats::make_fingerprint(bytes, bytes)) {
      fuzz::promise(formats::parse_fingerprint(bytes_of(formats::fingerprint_bytes(*fingerprint))) == fingerprint);
    }
    (void)formats::parse_fingerprint(bytes);
  });
  return 0;
}
