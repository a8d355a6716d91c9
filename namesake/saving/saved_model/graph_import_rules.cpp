#include "namesake/saving/saved_model/graph_import_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>

#include "namesake/base/error.h"
#include "namesake/ops/records.h"

namespace namesake::saving {
namespace {

using Inputs = BodyImport::Inputs;
using Outputs = std::vector<Bound>;
using graph::Value;

Bound bound(Value value) { return {Bound::Kind::kValue, value, {}}; }
Tensor int_scalar(std::int32_t value) { return Tensor(value); }

// The record called `name`, or a note that it is missing.
template <class Make>
Outputs with_record(BodyImport& body, const Inputs& in, std::string_view name, Make make) {
  const ops::OpRecord* op = ops::find_op(name);
  return op == nullptr ? body.miss(in) : make(*op);
}

std::int64_t integer(const BodyImport& body, const Inputs& in, std::string_view name, std::int64_t fallback) {
  const formats::AttributeValue* value = body.attribute(in, name);
  const auto* one = value == nullptr ? nullptr : value->one<std::int64_t>();
  return one == nullptr ? fallback : *one;
}

// ---- what hands on its inputs

Outputs pass(BodyImport& body, const Inputs& in) {
  Outputs outputs;
  for (std::size_t i = 0; i < in.bound.size(); ++i) {
    outputs.push_back(in.bound[i].kind == Bound::Kind::kResource ? in.bound[i] : bound(body.value(in, i)));
  }
  return outputs;
}

Outputs pass_first(BodyImport& body, const Inputs& in) {
  if (in.bound.empty()) body.fail(in, fmt::format("{} lacks its input.", in.node.op));
  return {in.bound[0].kind == Bound::Kind::kResource ? in.bound[0] : bound(body.value(in, 0))};
}

Outputs nothing(BodyImport&, const Inputs&) { return {}; }

Outputs stop_gradient(BodyImport& body, const Inputs& in) { return body.add_op(in, ops::kStopGradient, {body.value(in, 0)}, {}); }

Outputs placeholder(BodyImport& body, const Inputs& in) {
  body.fail(in, "The results depend on an input that the signature does not have.", "a signature with all inputs that its outputs need");
}

// ---- constants

constexpr std::uint64_t kMostFilledUp = std::uint64_t{64} << 20;

Outputs constant(BodyImport& body, const Inputs& in) {
  ImportState& state = body.state();
  if (const auto known = state.constants.find(&in.node); known != state.constants.end()) return {bound(body.add_constant(in, known->second))};
  const formats::AttributeValue* value = body.attribute(in, "value");
  const auto* held = value == nullptr ? nullptr : value->one<formats::TensorValue>();
  if (held == nullptr) body.fail(in, "A constant has no value.", "an attribute `value` that is a tensor");
  const auto elements = held->shape.elements();
  if (elements) {
    const std::uint64_t width = std::max<std::uint64_t>(size_of(held->dtype), 1);
    const bool too_many = static_cast<std::uint64_t>(*elements) > kMostFilledUp / width && static_cast<std::uint64_t>(*elements) > held->bytes.span.size() / width;
    const std::uint64_t bytes = too_many ? kMostFilledUp + 1 : static_cast<std::uint64_t>(*elements) * width;
    if (bytes > held->bytes.span.size()) state.filled_up += bytes - held->bytes.span.size();
    if (too_many || state.filled_up > kMostFilledUp) {
      body.fail(in, fmt::format("Constants say that they have more than {} MB that the file does not hold.", kMostFilledUp >> 20), "", to_string(held->shape));
    }
  }
  Tensor tensor;
  try {
    tensor = held->to_tensor();
  } catch (const FormatError& error) {
    throw FormatError(state.file, in.place, error.parts());
  }
  state.constants.emplace(&in.node, tensor);
  return {bound(body.add_constant(in, tensor))};
}

Outputs always_true(BodyImport& body, const Inputs& in) { return {bound(body.add_constant(in, Tensor(true)))}; }

// ---- variables

Outputs handle(BodyImport& body, const Inputs& in) { return {{Bound::Kind::kResource, {}, body.state().variable_of(in.node)}}; }
Outputs reference(BodyImport& body, const Inputs& in) { return {{Bound::Kind::kReference, {}, body.state().variable_of(in.node)}}; }

Outputs read(BodyImport& body, const Inputs& in) {
  const Variable variable = body.variable(in, 0);
  const formats::AttributeValue* said = body.attribute(in, "dtype");
  if (said != nullptr && said->one<DType>() != nullptr && *said->one<DType>() != variable.dtype()) {
    body.fail(in, fmt::format("The variable \"{}\" is read as another dtype than it has.", variable.name()), std::string(to_string(variable.dtype())),
              std::string(to_string(*said->one<DType>())));
  }
  return {bound(body.add_read(in, variable))};
}

Outputs handle_or_nothing(const Inputs& in) {
  if (in.bound[0].kind == Bound::Kind::kReference) return {in.bound[0]};  // the ops of TensorFlow 1 hand it on
  return {};
}

Outputs assign(BodyImport& body, const Inputs& in) {
  body.add_assign(in, body.variable(in, 0), body.value(in, 1));
  return handle_or_nothing(in);
}

Outputs change(BodyImport& body, const Inputs& in, const ops::OpRecord& op) {
  const Variable variable = body.variable(in, 0);
  const Value by = body.value(in, 1);
  body.add_assign(in, variable, body.add_op(in, op, {body.add_read(in, variable), by}, {}, "change")[0].value);
  return handle_or_nothing(in);
}
Outputs assign_add(BodyImport& body, const Inputs& in) { return change(body, in, ops::kAddV2); }
Outputs assign_sub(BodyImport& body, const Inputs& in) { return change(body, in, ops::kSub); }

Outputs resource_gather(BodyImport& body, const Inputs& in) {
  const Value table = body.add_read(in, body.variable(in, 0)), indices = body.value(in, 1);
  const std::int64_t batch_dims = integer(body, in, "batch_dims", 0);
  const Value axis = body.add_constant(in, int_scalar(static_cast<std::int32_t>(batch_dims)), "axis");
  return body.add_op(in, ops::kGatherV2, {table, indices, axis}, ops::Attrs::of(batch_dims), "GatherV2");
}
Outputs resource_gather_nd(BodyImport& body, const Inputs& in) {
  return body.add_op(in, ops::kGatherNd, {body.add_read(in, body.variable(in, 0)), body.value(in, 1)}, {}, "GatherNd");
}
Outputs variable_shape(BodyImport& body, const Inputs& in) {
  const formats::AttributeValue* said = body.attribute(in, "out_type");
  const DType type = said != nullptr && said->one<DType>() != nullptr ? *said->one<DType>() : DType::kInt32;
  return body.add_op(in, ops::kShape, {body.add_read(in, body.variable(in, 0))}, ops::Attrs::of(type), "Shape");
}

// ---- functions

const formats::FunctionReference& function_at(const BodyImport& body, const Inputs& in, std::string_view name) {
  const formats::AttributeValue* value = body.attribute(in, name);
  const auto* function = value == nullptr ? nullptr : value->one<formats::FunctionReference>();
  if (function == nullptr) body.fail(in, fmt::format("{} does not say which function its {} is.", in.node.op, name), fmt::format("an attribute `{}`", name));
  return *function;
}

Outputs call(BodyImport& body, const Inputs& in) { return body.add_call(in, function_at(body, in, "f")); }

Inputs without_first(const BodyImport& body, const Inputs& in) {
  if (in.bound.empty()) body.fail(in, fmt::format("{} lacks its input.", in.node.op));
  return {in.node, in.place, {in.bound.begin() + 1, in.bound.end()}};
}

// The branch that is certain to be taken, or one when the graph runs. With a selector that is missing the branches are only looked at.
Outputs branch(BodyImport& body, const Inputs& in, std::optional<std::size_t> known, Value selector, std::span<const formats::FunctionReference* const> branches) {
  const Inputs rest = without_first(body, in);
  if (known) return body.add_call(rest, *branches[*known]);
  if (in.bound[0].kind != Bound::Kind::kMissing) return body.add_case(rest, selector, branches);
  for (const auto* each : branches) static_cast<void>(body.add_call(rest, *each));
  return {};
}

Outputs if_else(BodyImport& body, const Inputs& in) {
  const formats::FunctionReference* branches[] = {&function_at(body, in, "else_branch"), &function_at(body, in, "then_branch")};
  if (in.bound.empty() || in.bound[0].kind == Bound::Kind::kMissing) return branch(body, in, std::nullopt, {}, branches);
  Value condition = body.value(in, 0);
  if (body.spec(condition).dtype == DType::kString) return body.miss(in);
  const bool is_scalar = body.spec(condition).shape.compatible_with(Shape::scalar());
  if (!is_scalar) return body.miss(in);
  if (body.spec(condition).dtype != DType::kBool) condition = body.add_op(in, ops::kCast, {condition}, ops::Attrs::of(DType::kBool), "condition")[0].value;
  const Tensor constant = body.constant_at(condition);
  return branch(body, in, constant.defined() ? std::optional<std::size_t>(constant.data<bool>()[0] ? 1 : 0) : std::nullopt, condition, branches);
}

Outputs switch_case(BodyImport& body, const Inputs& in) {
  const formats::AttributeValue* value = body.attribute(in, "branches");
  const auto* list = value == nullptr || !value->list ? nullptr : std::get_if<std::vector<formats::FunctionReference>>(&value->values);
  if (list == nullptr || list->empty()) body.fail(in, "Case has no branches.", "a list of functions `branches`");
  std::vector<const formats::FunctionReference*> branches;
  for (const formats::FunctionReference& each : *list) branches.push_back(&each);
  if (in.bound.empty() || in.bound[0].kind == Bound::Kind::kMissing) return branch(body, in, std::nullopt, {}, branches);
  const Value index = body.value(in, 0);
  if (body.spec(index).dtype != DType::kInt32) body.fail(in, "Case picks its branch by another dtype.", "int32", std::string(to_string(body.spec(index).dtype)));
  std::optional<std::size_t> known;
  if (const Tensor constant = body.constant_at(index); constant.defined() && constant.size() == 1) {
    const auto asked = constant.item<std::int64_t>();
    known = asked >= 0 && asked < static_cast<std::int64_t>(branches.size()) ? static_cast<std::size_t>(asked) : branches.size() - 1;
  }
  return branch(body, in, known, index, branches);
}

Outputs while_loop(BodyImport& body, const Inputs& in) { return body.add_while(in, function_at(body, in, "cond"), function_at(body, in, "body")); }

// ---- branches of TensorFlow 1, where it is certain which one is taken

Outputs switch_on(BodyImport& body, const Inputs& in) {
  const Bound dead{Bound::Kind::kDead, {}, {}};
  const Tensor taken = body.constant_at(body.value(in, 1));
  if (!taken.defined() || taken.dtype() != DType::kBool || taken.size() != 1) return body.miss(in);
  const Bound data = in.bound[0].kind == Bound::Kind::kResource ? in.bound[0] : bound(body.value(in, 0));
  return taken.data<bool>()[0] ? Outputs{dead, data} : Outputs{data, dead};
}

Outputs merge(BodyImport& body, const Inputs& in) {
  for (std::size_t i = 0; i < in.bound.size(); ++i) {
    if (in.bound[i].kind == Bound::Kind::kDead) continue;
    const Bound data = in.bound[i].kind == Bound::Kind::kResource ? in.bound[i] : bound(body.value(in, i));
    return {data, bound(body.add_constant(in, int_scalar(static_cast<std::int32_t>(i)), "value_index"))};
  }
  body.fail(in, "None of the branches that meet here is ever taken.");
}

// ---- older and fused forms

Outputs as(BodyImport& body, const Inputs& in, std::string_view name) {
  return with_record(body, in, name, [&](const ops::OpRecord& op) {
    if (in.bound.size() != op.input_names.size()) body.fail(in, fmt::format("{} is given another number of inputs than it takes.", in.node.op), std::to_string(op.input_names.size()), std::to_string(in.bound.size()));
    return body.add_op(in, op, body.values(in), body.attrs_of(in, op));
  });
}
Outputs as_batch_matmul(BodyImport& body, const Inputs& in) { return as(body, in, "BatchMatMulV2"); }

Value as_dtype(BodyImport& body, const Inputs& in, Value value, DType dtype, std::string_view suffix) {
  return body.spec(value).dtype == dtype ? value : body.add_op(in, ops::kCast, {value}, ops::Attrs::of(dtype), suffix)[0].value;
}

// Its result may be wider than its factors (int8 times int8 gives int32, in models of quantized weights): they are widened first.
Outputs widening_batch_matmul(BodyImport& body, const Inputs& in) {
  const formats::AttributeValue* said = body.attribute(in, "Tout");
  const auto* wide = said == nullptr ? nullptr : said->one<DType>();
  std::vector<Value> factors = body.values(in);
  if (factors.size() != 2) body.fail(in, "A product needs two factors.", "2 inputs", std::to_string(factors.size()));
  if (wide != nullptr) {
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = as_dtype(body, in, factors[i], *wide, i == 0 ? "x" : "y");
  }
  return body.add_op(in, ops::kBatchMatMulV2, std::move(factors), body.attrs_of(in, ops::kBatchMatMulV2));
}

// The number of boundaries that are not above a number. Float64 holds every boundary (a float32) and all numbers but large int64s.
Outputs bucketize(BodyImport& body, const Inputs& in) {
  const formats::AttributeValue* said = body.attribute(in, "boundaries");
  const auto* boundaries = said == nullptr ? nullptr : std::get_if<std::vector<float>>(&said->values);
  const std::vector<double> sorted = boundaries == nullptr ? std::vector<double>() : std::vector<double>(boundaries->begin(), boundaries->end());
  if (!std::is_sorted(sorted.begin(), sorted.end())) body.fail(in, "The boundaries of Bucketize are not in order.", "each one at least as large as the one before it");
  const Value numbers = body.value(in, 0);
  const Value shape = body.add_op(in, ops::kShape, {numbers}, ops::Attrs::of(DType::kInt64), "Shape")[0].value;
  const Value one_row = body.add_constant(in, Tensor::of<std::int64_t>({1, -1}, {2}), "one_row");
  const Value flat = body.add_op(in, ops::kReshape, {as_dtype(body, in, numbers, DType::kFloat64, "Cast"), one_row}, {}, "flat")[0].value;
  const Value edges = body.add_constant(in, Tensor::of<double>(sorted, {1, static_cast<std::int64_t>(sorted.size())}), "boundaries");
  const Value found = body.add_op(in, ops::kUpperBound, {edges, flat}, ops::Attrs::of(DType::kInt32), "UpperBound")[0].value;
  return body.add_op(in, ops::kReshape, {found, shape}, {}, "Reshape");
}
Outputs as_bias_add(BodyImport& body, const Inputs& in) { return as(body, in, "BiasAdd"); }

Outputs gather(BodyImport& body, const Inputs& in) {
  return body.add_op(in, ops::kGatherV2, {body.value(in, 0), body.value(in, 1), body.add_constant(in, int_scalar(0), "axis")}, ops::Attrs::of(std::int64_t{0}));
}

Outputs concat(BodyImport& body, const Inputs& in) {  // its axis stands first
  std::vector<Value> inputs = body.values(in);
  if (inputs.size() < 2) body.fail(in, "Concat lacks inputs.", "an axis and at least one tensor");
  std::rotate(inputs.begin(), inputs.begin() + 1, inputs.end());
  return body.add_op(in, ops::kConcatV2, std::move(inputs), {});
}

Outputs top_k(BodyImport& body, const Inputs& in) {
  const Value k = body.add_constant(in, int_scalar(static_cast<std::int32_t>(integer(body, in, "k", 0))), "k");
  return body.add_op(in, ops::kTopKV2, {body.value(in, 0), k}, body.attrs_of(in, ops::kTopKV2));
}

// The ops behind a fused one, one after the other: a bias, then an activation.
Outputs with_fused(BodyImport& body, const Inputs& in, Value result, std::size_t next_input) {
  const formats::AttributeValue* value = body.attribute(in, "fused_ops");
  const auto* names = value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&value->values);
  for (const std::string& name : names == nullptr ? std::vector<std::string>() : *names) {
    const ops::OpRecord* op = ops::find_op(name);
    const bool simple = op != nullptr && (name == "BiasAdd" || op->input_names.size() == 1);
    if (!simple) return body.miss(in);
    std::vector<Value> inputs = {result};
    if (name == "BiasAdd") inputs.push_back(body.value(in, next_input++));
    ops::Attrs attrs = body.attrs_of(in, *op);
    if (name == "LeakyRelu") {
      const formats::AttributeValue* alpha = body.attribute(in, "leakyrelu_alpha");
      if (alpha != nullptr && alpha->one<float>() != nullptr) attrs.set(0, static_cast<double>(*alpha->one<float>()));
    }
    result = body.add_op(in, *op, std::move(inputs), attrs, name)[0].value;
  }
  return {bound(result)};
}

Outputs fused_matmul(BodyImport& body, const Inputs& in) {
  const Value product = body.add_op(in, ops::kMatMul, {body.value(in, 0), body.value(in, 1)}, body.attrs_of(in, ops::kMatMul), "MatMul")[0].value;
  return with_fused(body, in, product, 2);
}
Outputs fused_conv(BodyImport& body, const Inputs& in) {
  const Value sum = body.add_op(in, ops::kConv2D, {body.value(in, 0), body.value(in, 1)}, body.attrs_of(in, ops::kConv2D), "Conv2D")[0].value;
  return with_fused(body, in, sum, 2);
}

// Sorted by name.
constexpr ImportRule kRules[] = {
    {"Assert", nothing},
    {"Assign", assign},
    {"AssignAdd", assign_add},
    {"AssignAddVariableOp", assign_add},
    {"AssignSub", assign_sub},
    {"AssignSubVariableOp", assign_sub},
    {"AssignVariableOp", assign},
    {"BatchMatMul", as_batch_matmul},
    {"BatchMatMulV3", widening_batch_matmul},
    {"BiasAddV1", as_bias_add},
    {"Bucketize", bucketize},
    {"Case", switch_case, "", true},
    {"Concat", concat},
    {"Const", constant},
    {"DeepCopy", pass_first},
    {"DisableCopyOnRead", nothing},
    {"EnsureShape", pass_first},
    {"Gather", gather},
    {"GuaranteeConst", pass_first},
    {"HostConst", constant},
    {"Identity", pass_first},
    {"IdentityN", pass},
    {"If", if_else, "", true},
    {"IsVariableInitialized", always_true},
    {"Merge", merge, "output,value_index"},
    {"NoOp", nothing},
    {"PartitionedCall", call, "", true},
    {"Placeholder", placeholder},
    {"PlaceholderV2", placeholder},
    {"PlaceholderWithDefault", pass_first},
    {"PreventGradient", stop_gradient},
    {"Print", pass_first},
    {"PrintV2", nothing},
    {"ReadVariableOp", read},
    {"RefIdentity", pass_first},
    {"RefSwitch", switch_on, "output_false,output_true"},
    {"ResourceGather", resource_gather},
    {"ResourceGatherNd", resource_gather_nd},
    {"Snapshot", pass_first},
    {"StatefulPartitionedCall", call, "", true},
    {"StatelessCase", switch_case, "", true},
    {"StatelessIf", if_else, "", true},
    {"StatelessWhile", while_loop, "", true},
    {"Switch", switch_on, "output_false,output_true"},
    {"TopK", top_k, "values,indices"},
    {"VarHandleOp", handle},
    {"VarIsInitializedOp", always_true},
    {"Variable", reference},
    {"VariableShape", variable_shape},
    {"VariableV2", reference},
    {"While", while_loop, "", true},
    {"_FusedConv2D", fused_conv},
    {"_FusedMatMul", fused_matmul},
};

}  // namespace

std::span<const ImportRule> import_rules() { return kRules; }

const ImportRule* find_import_rule(std::string_view op) {
  const auto* const found = std::lower_bound(std::begin(kRules), std::end(kRules), op, [](const ImportRule& rule, std::string_view name) { return rule.op < name; });
  return found != std::end(kRules) && found->op == op ? found : nullptr;
}

}  // namespace namesake::saving
