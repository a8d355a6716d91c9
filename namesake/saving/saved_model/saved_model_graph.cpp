#include "namesake/saving/saved_model/saved_model_graph.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "namesake/naming/unique_names.h"

namespace namesake::saving {
namespace {

using formats::attribute;
using formats::list_attribute;
using formats::NodeDef;

constexpr std::int64_t kGraphVersion = 1395;  // of TensorFlow 2.13: what is later reads it, too
constexpr std::int64_t kMinConsumer = 12;
constexpr std::string_view kPredict = "tensorflow/serving/predict";

class MainGraph {
 public:
  MainGraph(const SavedFunctions& functions, const std::vector<SavedVariable>& variables) : functions_(functions), variables_(variables) {
    meta_.tags = {"serve"};
    meta_.graph.producer = kGraphVersion;
    meta_.graph.min_consumer = kMinConsumer;
  }

  formats::MetaGraph write() && {
    for (const SavedVariable& variable : variables_) add_variable(variable);
    for (const SavedSignature& signature : functions_.signatures) add_signature(signature);
    if (!variables_.empty()) add_saver();
    add_library();
    return std::move(meta_);
  }

 private:
  // `name` with a number behind it if another node has it.
  std::string take(std::string_view name) { return names_.take(name); }
  NodeDef& add(NodeDef node) {
    meta_.graph.nodes.push_back(std::move(node));
    return meta_.graph.nodes.back();
  }

  static NodeDef strings(std::string name, std::vector<std::string> values) {
    formats::TensorValue tensor;
    tensor.dtype = DType::kString;
    tensor.shape = Shape({static_cast<std::int64_t>(values.size())});
    tensor.strings = std::move(values);
    return {std::move(name), "Const", {}, {}, {attribute("dtype", DType::kString), attribute("value", std::move(tensor))}};
  }

  // TensorFlow tells variables apart by shared_name alone: two of one would be one. A node's name may not begin with _.
  void add_variable(const SavedVariable& saved) {
    const std::string name = take(saved.name[0] == '_' ? "var" + saved.name : saved.name);
    const DType dtype = saved.variable.dtype();
    add({name, "VarHandleOp", {}, {}, {attribute("dtype", dtype), attribute("shape", saved.variable.shape()), attribute("shared_name", name), attribute("container", std::string())}});
    handles_[saved.variable.id()] = name;
    reads_.push_back(add({take(name + "/Read/ReadVariableOp"), "ReadVariableOp", {}, {name}, {attribute("dtype", dtype)}}).name);
  }

  void add_signature(const SavedSignature& signature) {
    formats::Signature def{signature.key, {}, {}, std::string(kPredict)};
    NodeDef call{take("StatefulPartitionedCall"), "StatefulPartitionedCall", {}, {}, {}};
    std::vector<DType> given, results;
    for (const SavedTensor& input : signature.inputs) {
      const std::string name = take(fmt::format("{}_{}", signature.key, input.key));
      add({name, "Placeholder", {}, {}, {attribute("dtype", input.dtype), attribute("shape", input.shape)}});
      call.inputs.push_back(name);
      given.push_back(input.dtype);
      def.inputs.push_back({input.key, name + ":0", input.dtype, input.shape});
    }
    for (const Variable& variable : signature.captured) {
      call.inputs.push_back(handles_.at(variable.id()));
      given.push_back(DType::kResource);
    }
    for (const SavedTensor& output : signature.outputs) {
      def.outputs.push_back({output.key, fmt::format("{}:{}", call.name, results.size()), output.dtype, output.shape});
      results.push_back(output.dtype);
    }
    call.attributes = {list_attribute("Tin", std::move(given)), list_attribute("Tout", std::move(results)),
                       attribute("f", formats::FunctionReference{signature.wrapper.name, {}})};
    add(std::move(call));
    meta_.signatures.push_back(std::move(def));
  }

  void add_saver() {
    std::vector<std::string> keys;
    std::vector<DType> dtypes;
    for (const SavedVariable& saved : variables_) {
      keys.push_back(saved.key);
      dtypes.push_back(saved.variable.dtype());
    }
    const std::string file = take("saver_filename");
    add({file, "Placeholder", {}, {}, {attribute("dtype", DType::kString), attribute("shape", Shape::scalar())}});
    const std::string names = add(strings(take("save/tensor_names"), keys)).name;
    const std::string slices = add(strings(take("save/shape_and_slices"), std::vector<std::string>(keys.size()))).name;
    NodeDef save{take("save/SaveV2"), "SaveV2", {}, {file, names, slices}, {list_attribute("dtypes", dtypes)}};
    save.inputs.insert(save.inputs.end(), reads_.begin(), reads_.end());
    const std::string saved = add(std::move(save)).name;
    const std::string written = add({take("save/control_dependency"), "Identity", {}, {file, "^" + saved}, {attribute("T", DType::kString)}}).name;
    const std::string restored = add({take("save/RestoreV2"), "RestoreV2", {}, {file, names, slices}, {list_attribute("dtypes", dtypes)}}).name;
    NodeDef all{take("save/restore_all"), "NoOp", {}, {}, {}};
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      const std::string value = i == 0 ? restored : fmt::format("{}:{}", restored, i);
      const std::string& handle = handles_.at(variables_[i].variable.id());
      all.inputs.push_back("^" + add({take("save/AssignVariableOp"), "AssignVariableOp", {}, {handle, value}, {attribute("dtype", dtypes[i]), attribute("validate_shape", false)}}).name);
    }
    formats::Saver saver;
    saver.filename_tensor = file + ":0";
    saver.save_tensor = written + ":0";
    saver.restore_op = add(std::move(all)).name;
    saver.max_to_keep = 1;
    meta_.saver = std::move(saver);
  }

  void add_library() {
    for (const SavedFunction& function : functions_.functions) {
      for (const formats::FunctionDef& called : function.traced.called) meta_.graph.functions.push_back(called);
      meta_.graph.functions.push_back(function.traced.function);
    }
    for (const SavedSignature& signature : functions_.signatures) meta_.graph.functions.push_back(signature.wrapper);
  }

  const SavedFunctions& functions_;
  const std::vector<SavedVariable>& variables_;
  formats::MetaGraph meta_;
  naming::UniqueNames names_;
  std::unordered_map<const void*, std::string> handles_;  // variable -> node
  std::vector<std::string> reads_;
};

}  // namespace

formats::MetaGraph saved_model_graph(const SavedFunctions& functions, const std::vector<SavedVariable>& variables) {
  return MainGraph(functions, variables).write();
}

}  // namespace namesake::saving
