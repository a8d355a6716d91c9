// SavedModels and frozen graphs: what TensorFlow wrote, run, renamed and trained on here.
//   nk::SavedModel loaded("model_0");
//   nk::Feed result = loaded.run({{"dense_1_input", x}});          // the signature serving_default
//   for (const nk::NamedWeight& weight : loaded.variables()) ...
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"
#include "namesake/tensor/feed.h"

namespace namesake {

/// A tensor that a signature takes or gives.
struct SignatureSpec {
  std::string name;  // "dense_1_input"
  DType dtype = DType::kInvalid;
  Shape shape;
};

/// A way to call a SavedModel.
struct SignatureInfo {
  std::string name;  // "serving_default"; of an endpoint "serve", "__call__"
  std::vector<SignatureSpec> inputs, outputs;  // inputs as the exported function takes them, if the file says it, else by name
};

struct SavedModelOptions {
  std::vector<std::string> tags = {};  // of the meta graph; left out: the only one, or the one tagged "serve"
  /// Of a frozen graph, a file `.pb`: the tensors that go in and out ("x:0", or the node's name); left out: its placeholders, and what nothing uses.
  std::vector<std::string> inputs = {}, outputs = {};
};

/// A cheap handle. Graphs are made ready and variables read when they are first needed.
class NAMESAKE_API SavedModel {
 public:
  /// Reads a SavedModel directory, or a file `.pb` with a frozen graph. Throws IoError; FormatError if the files are damaged; InvalidArgument
  /// if no meta graph, or several, have these tags.
  explicit SavedModel(const std::filesystem::path& path, const SavedModelOptions& options = {}, Site site = Site::current());

  /// In the order of their names.
  [[nodiscard]] std::vector<SignatureInfo> signatures() const;
  /// Functions of the root object that are no signatures, those of a fixed number of tensors: "__call__".
  [[nodiscard]] std::vector<SignatureInfo> endpoints() const;
  /// The signature, or endpoint, of that name; "serving_default" is also the only one that there is, whatever its name. Throws
  /// InvalidArgument, with those that there are.
  [[nodiscard]] SignatureInfo signature(std::string_view name) const;

  /// What the signature computes: its outputs by their names. Inputs go by name, or in the order of signature(name).inputs. Its variables are
  /// those of variables(): a tape around sees them. Throws InvalidArgument for other inputs, ShapeMismatch; one Unsupported that lists all ops
  /// that cannot be run here; FormatError for a graph or variables that make no sense.
  [[nodiscard]] Feed run(const Feed& inputs, std::string_view signature = "serving_default") const;
  [[nodiscard]] Feed operator()(const Feed& inputs) const { return run(inputs); }

  /// The variables, under their names as paths. What Keras exports twice is there once.
  [[nodiscard]] std::vector<NamedWeight> variables() const;
  [[nodiscard]] std::vector<Variable> trainable_variables() const;

  /// A model whose call is that signature, with variables of its own. It can be trained: what is trained is the function of the signature,
  /// which is inference in most (dropout does nothing, batch normalization uses its moving statistics). It can be saved as a SavedModel, and its
  /// weights in any format.
  [[nodiscard]] Model model(std::string_view signature = "serving_default") const;

 private:
  struct Body;
  std::shared_ptr<Body> body_;
};

}  // namespace namesake
