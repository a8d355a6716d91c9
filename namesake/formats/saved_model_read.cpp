// Reading a SavedModel's messages: saved_model.pb, keras_metadata.pb, MetaGraphDefs and the variables of TensorFlow 1's collections.
#include <fmt/format.h>
#include <namesake_proto/keras_metadata.pb.h>
#include <namesake_proto/saved_model.pb.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/graph_messages.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/saved_object_messages.h"

namespace namesake::formats {
namespace {

SignatureTensor take_tensor_info(std::string key, proto::TensorInfo& message, const MessagePlace& place) {
  SignatureTensor tensor;
  tensor.key = std::move(key);
  const MessagePlace here(place, "tensor", tensor.key);
  tensor.tensor = std::move(*message.mutable_name());
  tensor.dtype = read_dtype(message.dtype(), here);
  tensor.unreadable = why_unreadable(message.tensor_shape());
  if (tensor.unreadable.empty()) tensor.shape = read_shape(message.tensor_shape(), here);
  return tensor;
}

Signature take_signature(proto::MetaGraphDef::SignatureEntry& entry, const MessagePlace& place) {
  Signature signature;
  signature.key = std::move(*entry.mutable_key());
  const MessagePlace here(place, "signature", signature.key);
  proto::SignatureDef& message = *entry.mutable_value();
  for (auto& input : *message.mutable_inputs()) signature.inputs.push_back(take_tensor_info(std::move(*input.mutable_key()), *input.mutable_value(), here));
  for (auto& output : *message.mutable_outputs()) signature.outputs.push_back(take_tensor_info(std::move(*output.mutable_key()), *output.mutable_value(), here));
  signature.method_name = std::move(*message.mutable_method_name());
  return signature;
}

Saver take_saver(proto::SaverDef& message) {
  Saver saver;
  saver.filename_tensor = std::move(*message.mutable_filename_tensor_name());
  saver.save_tensor = std::move(*message.mutable_save_tensor_name());
  saver.restore_op = std::move(*message.mutable_restore_op_name());
  saver.max_to_keep = message.max_to_keep();
  saver.sharded = message.sharded();
  saver.keep_checkpoint_every_n_hours = message.keep_checkpoint_every_n_hours();
  saver.version = message.version();
  return saver;
}

Collection take_collection(proto::MetaGraphDef::CollectionEntry& entry) {
  Collection collection;
  collection.key = std::move(*entry.mutable_key());
  proto::CollectionDef& message = *entry.mutable_value();
  if (message.has_node_list()) {
    for (std::string& node : *message.mutable_node_list()->mutable_value()) collection.nodes.push_back(std::move(node));
  } else if (message.has_bytes_list()) {
    for (std::string& bytes : *message.mutable_bytes_list()->mutable_value()) collection.bytes.push_back(std::move(bytes));
  }
  return collection;
}

MetaGraph take_meta_graph(proto::MetaGraphDef& message, const MessagePlace& place) {
  MetaGraph meta;
  auto& info = *message.mutable_meta_info_def();
  for (std::string& tag : *info.mutable_tags()) meta.tags.push_back(std::move(tag));
  meta.tensorflow_version = std::move(*info.mutable_tensorflow_version());
  meta.graph = take_graph(std::as_bytes(std::span(message.graph_def())), place);
  message.clear_graph_def();  // it may be most of the file
  for (auto& entry : *message.mutable_signature_def()) meta.signatures.push_back(take_signature(entry, place));
  if (message.has_saver_def()) meta.saver = take_saver(*message.mutable_saver_def());
  for (auto& entry : *message.mutable_collection_def()) meta.collections.push_back(take_collection(entry));
  for (auto& asset : *message.mutable_asset_file_def()) {
    meta.assets.push_back({std::move(*asset.mutable_tensor_info()->mutable_name()), std::move(*asset.mutable_filename())});
  }
  if (message.has_object_graph_def()) meta.objects = take_objects(*message.mutable_object_graph_def(), place);
  return meta;
}

// Why a folder has no saved_model.pb that could be read.
[[noreturn]] void refuse_folder(const std::string& directory) {
  const std::filesystem::path folder(directory);
  std::error_code error;
  if (std::filesystem::exists(folder / "saved_model.cpb", error)) {
    throw Unsupported({.subject = directory,
                       .what = fmt::format("{}: SavedModels in pieces (saved_model.cpb) are not read.", directory),
                       .fix = "save it from Python without experimental_image_format: tf.saved_model.save(tf.saved_model.load(old), new)"});
  }
  if (std::filesystem::exists(folder / "saved_model.pbtxt", error)) {
    throw Unsupported({.subject = directory,
                       .what = fmt::format("{}: SavedModels in text (saved_model.pbtxt) are not read.", directory),
                       .fix = "write it as bytes in Python: google.protobuf.text_format.Parse(text, saved_model_pb2.SavedModel()).SerializeToString()"});
  }
  throw IoError((folder / "saved_model.pb").string(), "open", ENOENT, "give a folder that a model was saved in: it holds saved_model.pb and variables/");
}

}  // namespace

const Signature* MetaGraph::find_signature(std::string_view key) const noexcept {
  const auto found = std::find_if(signatures.begin(), signatures.end(), [&](const Signature& each) { return each.key == key; });
  return found == signatures.end() ? nullptr : &*found;
}

std::optional<VariableDef> parse_variable_def(std::string_view bytes) {
  proto::VariableDef message;
  if (!parse_message(std::as_bytes(std::span(bytes)), message)) return std::nullopt;
  return VariableDef{message.variable_name(), message.initializer_name(), message.snapshot_name(), message.is_resource(), message.trainable()};
}

bool is_saved_model(const std::string& directory) {
  std::error_code error;
  return std::filesystem::is_regular_file(std::filesystem::path(directory) / "saved_model.pb", error);
}

std::string variables_prefix(const std::string& directory) { return (std::filesystem::path(directory) / "variables" / "variables").string(); }

SavedModelFile parse_saved_model(std::span<const std::byte> bytes, const std::string& file) {
  const MessagePlace place(file);
  proto::SavedModel message;
  if (!parse_message(bytes, message)) fail_message(bytes, place, "a SavedModel (saved_model.pb)");
  SavedModelFile content;
  content.schema_version = message.saved_model_schema_version();
  content.meta_graphs.reserve(static_cast<std::size_t>(message.meta_graphs_size()));
  for (proto::MetaGraphDef& graph : *message.mutable_meta_graphs()) {
    const MessagePlace here(place, "meta graph", content.meta_graphs.size());
    content.meta_graphs.push_back(take_meta_graph(graph, here));
  }
  return content;
}

MetaGraph parse_meta_graph(std::span<const std::byte> bytes, const std::string& file) {
  const MessagePlace place(file);
  proto::MetaGraphDef message;
  if (!parse_message(bytes, message)) fail_message(bytes, place, "a MetaGraphDef (.meta)");
  return take_meta_graph(message, place);
}

std::vector<KerasMetadata> parse_keras_metadata(std::span<const std::byte> bytes, const std::string& file) {
  const MessagePlace place(file);
  proto::KerasSavedMetadata message;
  if (!parse_message(bytes, message)) fail_message(bytes, place, "a SavedMetadata (keras_metadata.pb)");
  std::vector<KerasMetadata> keras;
  for (auto& object : *message.mutable_nodes()) {
    KerasMetadata& entry = keras.emplace_back();
    entry.path = std::move(*object.mutable_node_path());
    if (object.node_id() < 0) MessagePlace(place, "object", entry.path).fail("This is no object.", "a number of 0 or more", std::to_string(object.node_id()));
    entry.node = static_cast<std::size_t>(object.node_id());
    entry.identifier = std::move(*object.mutable_identifier());
    entry.metadata = parse_json(object.metadata(), {.file = file, .inner = entry.path});
    entry.producer = object.version().producer();
    entry.min_consumer = object.version().min_consumer();
  }
  return keras;
}

MetaGraph read_meta_graph(const std::string& file) { return parse_meta_graph(base::MappedFile::open(file)->bytes(), file); }

SavedModelFile read_saved_model(const std::string& directory) {
  if (!is_saved_model(directory)) refuse_folder(directory);
  const std::filesystem::path folder(directory);
  const std::string file = (folder / "saved_model.pb").string();
  SavedModelFile content = parse_saved_model(base::MappedFile::open(file)->bytes(), file);
  content.directory = directory;
  const std::string keras = (folder / "keras_metadata.pb").string();
  if (std::error_code error; std::filesystem::exists(keras, error)) content.keras = parse_keras_metadata(base::MappedFile::open(keras)->bytes(), keras);
  return content;
}

}  // namespace namesake::formats
