#include "namesake/ops/custom_gradient.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

using Function = std::function<CustomGradients(const Tensors&)>;

/// The function, as the op's first input. An eager call has its result already; a call of a model that runs computes
/// it.
class CustomCall final : public Producer {
 public:
  CustomCall(Function function, CustomGradients result) : function_(std::move(function)), result_(std::move(result)) {}
  [[nodiscard]] bool has_result() const { return !result_.values.empty(); }
  [[nodiscard]] CustomGradients result_of(const Tensors& inputs) const {
    return has_result() ? result_ : function_(inputs);
  }

 private:
  Function function_;
  CustomGradients result_;
};
const CustomCall& call_of(const Tensor& handle) { return static_cast<const CustomCall&>(*handle.producer()); }
Tensors arguments(std::span<const Tensor> inputs) { return Tensors(inputs.begin() + 1, inputs.end()); }

void infer_custom(const InferContext& c) {
  const CustomCall& call = call_of(c.inputs[0]);
  Tensors inputs = arguments(c.inputs);
  if (!call.has_result()) {  // shapes only
    for (Tensor& input : inputs) input = Tensor::symbolic(input.dtype(), input.shape(), nullptr);
  }
  const StopRecording unseen;
  const Tensors values = call.result_of(inputs).values;
  if (values.size() != c.outputs.size()) {
    throw_invalid(c.op, "A function with a gradient of its own gave another number of values than before.",
                  std::to_string(c.outputs.size()), std::to_string(values.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) c.outputs[i] = {values[i].dtype(), values[i].shape()};
}
// The values get new identities: on a tape they stand for this op, and those inside for what the function is made of.
void custom_kernel(const KernelContext& c) {
  const Tensors values = call_of(c.inputs[0]).result_of(arguments(c.inputs)).values;
  for (std::size_t i = 0; i < values.size(); ++i) c.outputs[i] = values[i].alias();
}
void gradient_custom(const GradientContext& c) {
  Tensors gradients;
  for (std::size_t i = 0; i < c.outputs.size(); ++i) {
    gradients.push_back(c.output_gradients[i].defined() ? c.output_gradients[i] : zeros_like(c.outputs[i]));
  }
  const Tensors results = call_of(c.inputs[0]).result_of(arguments(c.inputs)).backward(gradients);
  if (results.size() + 1 != c.inputs.size()) {
    throw_invalid(c.op, "A backward function gave the wrong number of gradients.", std::to_string(c.inputs.size() - 1),
                  std::to_string(results.size()));
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Tensor& input = c.inputs[i + 1];
    if (!c.needs[i + 1] || !results[i].defined()) continue;
    if (!results[i].shape().compatible_with(input.shape())) {
      throw_mismatch(c.op, {&results[i], 1},
                     fmt::format("A backward function gave input {} a gradient of another shape.", i),
                     to_string(input.shape()));
    }
    c.input_gradients[i + 1] = results[i];
  }
}

constexpr std::string_view kNamesCustom[] = {"function", "inputs"};
constexpr AttrDef kAttrsCustom[] = {{.name = "N", .kind = AttrKind::kInt, .fallback = 1}};
/// No op of TensorFlow's, so it does not stand in the list of records.
constinit const OpRecord kCustomGradient = {.name = "CustomGradient",
                                            .input_names = kNamesCustom,
                                            .output_names = kNamesOutput,
                                            .attrs = kAttrsCustom,
                                            .infer = infer_custom,
                                            .kernel = custom_kernel,
                                            .gradient = gradient_custom,
                                            .makes_views = true,
                                            .list_input = 1,
                                            .list_output = 0};

}  // namespace
}  // namespace namesake::ops

namespace namesake {

Tensors custom_gradient(const std::function<CustomGradients(const Tensors& xs)>& function, const Tensors& xs) {
  bool symbolic = false;
  for (const Tensor& x : xs) symbolic = symbolic || (x.defined() && x.is_symbolic());
  CustomGradients result = function(xs);
  const auto count = static_cast<std::int64_t>(result.values.size());
  if (count == 0) throw InvalidArgument({.what = "A function with a gradient of its own gave no value."});
  if (!result.backward)
    throw InvalidArgument({.what = "A function with a gradient of its own gave no backward function."});
  if (ops::tracing()) return std::move(result.values);  // a graph holds the ops of the values
  if (symbolic) result = {};
  Tensors inputs = {Tensor::holding(base::RefPtr<Producer>::adopt(new ops::CustomCall(function, std::move(result))))};
  inputs.insert(inputs.end(), xs.begin(), xs.end());
  return ops::apply_list(ops::kCustomGradient, inputs, ops::Attrs::of(count));
}
Tensor custom_gradient(const std::function<CustomGradient(const Tensor& x)>& function, const Tensor& x) {
  const auto of_list = [function](const Tensors& xs) -> CustomGradients {
    CustomGradient one = function(xs[0]);
    if (!one.backward) return {{one.value}, nullptr};
    return {{one.value}, [backward = std::move(one.backward)](const Tensors& g) { return Tensors{backward(g[0])}; }};
  };
  return custom_gradient(of_list, Tensors{x})[0];
}

}  // namespace namesake
