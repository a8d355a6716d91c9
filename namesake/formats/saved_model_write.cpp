// Writing a SavedModel's messages. Maps are written sorted by key, so that equal values give equal bytes.
#include <namesake_proto/keras_metadata.pb.h>
#include <namesake_proto/saved_model.pb.h>

#include <algorithm>

#include "namesake/formats/graph_messages.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/saved_object_messages.h"

namespace namesake::formats {
namespace {

// The entries by key; those of one key in their order.
template <class Entry>
std::vector<const Entry*> by_key(const std::vector<Entry>& entries) {
  std::vector<const Entry*> sorted;
  sorted.reserve(entries.size());
  for (const Entry& entry : entries) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) { return a->key < b->key; });
  return sorted;
}

void put_tensors(const std::vector<SignatureTensor>& tensors, google::protobuf::RepeatedPtrField<proto::SignatureDef::Entry>& messages) {
  for (const SignatureTensor* tensor : by_key(tensors)) {
    auto* entry = messages.Add();
    entry->set_key(tensor->key);
    proto::TensorInfo& info = *entry->mutable_value();
    info.set_name(tensor->tensor);
    info.set_dtype(static_cast<std::int32_t>(tensor->dtype));
    put_shape(tensor->shape, *info.mutable_tensor_shape());
  }
}

void put_signature(const Signature& signature, proto::MetaGraphDef::SignatureEntry& entry) {
  entry.set_key(signature.key);
  put_tensors(signature.inputs, *entry.mutable_value()->mutable_inputs());
  put_tensors(signature.outputs, *entry.mutable_value()->mutable_outputs());
  entry.mutable_value()->set_method_name(signature.method_name);
}

void put_saver(const Saver& saver, proto::SaverDef& message) {
  message.set_filename_tensor_name(saver.filename_tensor);
  message.set_save_tensor_name(saver.save_tensor);
  message.set_restore_op_name(saver.restore_op);
  message.set_max_to_keep(static_cast<std::int32_t>(saver.max_to_keep));
  message.set_sharded(saver.sharded);
  message.set_keep_checkpoint_every_n_hours(static_cast<float>(saver.keep_checkpoint_every_n_hours));
  message.set_version(static_cast<std::int32_t>(saver.version));
}

void put_collection(const Collection& collection, proto::MetaGraphDef::CollectionEntry& entry) {
  entry.set_key(collection.key);
  proto::CollectionDef& message = *entry.mutable_value();
  if (!collection.bytes.empty()) {
    for (const std::string& bytes : collection.bytes) message.mutable_bytes_list()->add_value(bytes);
  } else {
    for (const std::string& node : collection.nodes) message.mutable_node_list()->add_value(node);
  }
}

void put_meta_graph(const MetaGraph& meta, proto::MetaGraphDef& message) {
  for (const std::string& tag : meta.tags) message.mutable_meta_info_def()->add_tags(tag);
  message.mutable_meta_info_def()->set_tensorflow_version(meta.tensorflow_version);
  message.set_graph_def(to_bytes(meta.graph));
  for (const Signature* signature : by_key(meta.signatures)) put_signature(*signature, *message.add_signature_def());
  if (meta.saver) put_saver(*meta.saver, *message.mutable_saver_def());
  for (const Collection* collection : by_key(meta.collections)) put_collection(*collection, *message.add_collection_def());
  for (const Asset& asset : meta.assets) {
    proto::AssetFileDef* entry = message.add_asset_file_def();
    entry->mutable_tensor_info()->set_name(asset.tensor);
    entry->set_filename(asset.filename);
  }
  if (meta.objects) put_objects(*meta.objects, *message.mutable_object_graph_def());
}

}  // namespace

std::string saved_model_bytes(const SavedModelFile& content) {
  proto::SavedModel message;
  message.set_saved_model_schema_version(content.schema_version);
  for (const MetaGraph& meta : content.meta_graphs) put_meta_graph(meta, *message.add_meta_graphs());
  return message_bytes(message, "saved_model.pb");
}

std::string keras_metadata_bytes(const std::vector<KerasMetadata>& keras) {
  proto::KerasSavedMetadata message;
  for (const KerasMetadata& entry : keras) {
    auto* object = message.add_nodes();
    object->set_node_id(static_cast<std::int32_t>(entry.node));
    object->set_node_path(entry.path);
    object->set_identifier(entry.identifier);
    object->set_metadata(to_json(entry.metadata));
    object->mutable_version()->set_producer(static_cast<std::int32_t>(entry.producer));
    object->mutable_version()->set_min_consumer(static_cast<std::int32_t>(entry.min_consumer));
  }
  return message_bytes(message, "keras_metadata.pb");
}

}  // namespace namesake::formats
