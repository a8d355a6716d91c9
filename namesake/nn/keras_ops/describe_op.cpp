// An op record of ours, applied to symbolic tensors, as the call of Keras's class that computes the same.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "namesake/nn/keras_ops.h"
#include "namesake/nn/keras_ops/op_arguments.h"
#include "namesake/ops/create.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

// What a describing function sees of the record's call, and the call it fills in.
class Description {
 public:
  Description(const ops::OpProducer& op, OpCall& call) : op_(op), call_(call) {}

  [[nodiscard]] const ops::Attrs& attrs() const { return op_.attrs(); }
  [[nodiscard]] std::size_t inputs() const { return op_.inputs().size(); }
  [[nodiscard]] const Tensor& input(std::size_t i) const { return op_.inputs()[i]; }

  /// Input `i` as an argument: a tensor's place, a number, or a constant.
  [[nodiscard]] JsonValue argument(std::size_t i) const {
    const Tensor& value = input(i);
    if (value.is_symbolic()) {
      const auto first = op_.inputs().begin();
      return tensor_place(static_cast<std::size_t>(std::count_if(first, first + static_cast<std::ptrdiff_t>(i), [](const Tensor& t) { return t.is_symbolic(); })));
    }
    return value.rank() == 0 ? number(value) : constant_to_json(value);
  }
  /// The numbers of an eager integer input. Not `known` if it is symbolic.
  [[nodiscard]] bool known(std::size_t i) const { return !input(i).is_symbolic(); }
  [[nodiscard]] Ints ints(std::size_t i) const { return cast(input(i), DType::kInt64).to_vector<std::int64_t>(); }
  [[nodiscard]] std::int64_t integer(std::size_t i) const { return ints(i).at(0); }

  void config(std::string_view key, JsonValue value) { call_.config.add(key, std::move(value)); }
  void arguments(std::initializer_list<std::size_t> inputs) {
    for (const std::size_t i : inputs) call_.args.push_back(argument(i));
  }
  void push(JsonValue argument) { call_.args.push_back(std::move(argument)); }
  void keyword(std::string_view key, JsonValue value) { call_.kwargs.add(key, std::move(value)); }

  /// A scalar as python has it.
  [[nodiscard]] static JsonValue number(const Tensor& value) {
    if (value.dtype() == DType::kBool) return value.item<int>() != 0;
    if (value.dtype() == DType::kFloat64) return value.item<double>();
    if (is_floating(value.dtype())) return cast(value, DType::kFloat32).item<float>();
    return cast(value, DType::kInt64).to_vector<std::int64_t>().at(0);
  }

 private:
  const ops::OpProducer& op_;
  OpCall& call_;
};

JsonValue list_of(const Ints& values) { return JsonArray(values.begin(), values.end()); }
JsonValue int_or_list(const Ints& values) { return values.size() == 1 ? JsonValue(values[0]) : list_of(values); }

// Each of these is true if Keras's class can do what the record does.
bool of_x(Description& d) {
  d.arguments({0});
  return true;
}
bool of_pair(Description& d) {
  d.arguments({0, 1});
  return true;
}
bool of_three(Description& d) {
  d.arguments({0, 1, 2});
  return true;
}
bool of_floating_x(Description& d) {  // Keras makes floats of integers
  d.arguments({0});
  return is_floating(d.input(0).dtype());
}
bool describe_round(Description& d) {
  d.config("decimals", 0);
  return of_x(d);
}
bool with_last_axis(Description& d) {
  d.config("axis", -1);
  return of_x(d);
}
bool with_unit_alpha(Description& d) {
  d.config("alpha", 1.0);
  return of_x(d);
}
bool describe_leaky_relu(Description& d) {
  d.config("negative_slope", d.attrs().real(0));
  return of_x(d);
}
bool like(Description& d) {
  d.config("dtype", nullptr);
  return of_x(d);
}
bool describe_cast(Description& d) {
  d.config("dtype", to_string(d.attrs().type(0)));
  return of_x(d);
}
bool describe_clip(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  d.config("x_min", Description::number(d.input(1)));
  d.config("x_max", Description::number(d.input(2)));
  return of_x(d);
}

// Reductions: all axes in order are null.
void reduced_axes(Description& d) {
  const Ints axes = d.ints(1);
  Ints every(static_cast<std::size_t>(std::max(0, d.input(0).rank())));
  std::iota(every.begin(), every.end(), std::int64_t{0});
  d.config("axis", axes == every && every.size() > 1 ? JsonValue() : int_or_list(axes));
  d.config("keepdims", d.attrs().boolean(0));
}
bool describe_reduction(Description& d) {
  if (!d.known(1)) return false;
  reduced_axes(d);
  return of_x(d);
}
bool describe_extreme(Description& d) {
  if (!describe_reduction(d)) return false;
  d.config("initial", nullptr);
  return true;
}
bool describe_prod(Description& d) {
  if (!describe_reduction(d)) return false;
  d.config("dtype", nullptr);
  return true;
}
bool describe_place(Description& d) {
  if (!d.known(1) || d.attrs().type(0) != DType::kInt32) return false;
  d.config("axis", d.integer(1));
  d.config("keepdims", false);
  return of_x(d);
}
bool describe_running(Description& d) {
  if (!d.known(1) || d.attrs().boolean(0) || d.attrs().boolean(1)) return false;
  d.config("axis", d.integer(1));
  d.config("dtype", nullptr);
  return of_x(d);
}

// Shapes.
bool of_ints(Description& d, std::string_view key) {
  if (!d.known(1)) return false;
  d.config(key, list_of(d.ints(1)));
  return of_x(d);
}
bool describe_reshape(Description& d) { return of_ints(d, "newshape"); }
bool describe_transpose(Description& d) { return of_ints(d, "axes"); }
bool describe_broadcast(Description& d) { return of_ints(d, "shape"); }
bool describe_tile(Description& d) { return of_ints(d, "repeats"); }
bool describe_flip(Description& d) { return of_ints(d, "axis"); }
bool describe_expand_dims(Description& d) {
  if (!d.known(1)) return false;
  d.config("axis", d.integer(1));
  return of_x(d);
}
bool describe_squeeze(Description& d) {
  Ints axes;
  for (int i = 0; i < d.attrs().list_size(0); ++i) axes.push_back(d.attrs().list_item(0, i));
  d.config("axis", axes.empty() ? JsonValue() : int_or_list(axes));
  return of_x(d);
}
bool describe_concat(Description& d) {
  const std::size_t last = d.inputs() - 1;
  if (!d.known(last)) return false;
  d.config("axis", d.integer(last));
  JsonValue list = JsonValue::array();
  for (std::size_t i = 0; i < last; ++i) list.push_back(d.argument(i));
  d.push(std::move(list));
  return true;
}
bool describe_pack(Description& d) {
  d.config("axis", d.attrs().integer(0));
  JsonValue list = JsonValue::array();
  for (std::size_t i = 0; i < d.inputs(); ++i) list.push_back(d.argument(i));
  d.push(std::move(list));
  return true;
}
bool describe_unpack(Description& d) {
  d.config("num", d.attrs().integer(0));
  d.config("axis", d.attrs().integer(1));
  return of_x(d);
}
bool describe_split(Description& d) {
  if (!d.known(0)) return false;
  d.config("indices_or_sections", d.attrs().integer(0));
  d.config("axis", d.integer(0));
  d.arguments({1});
  return true;
}
bool describe_split_sizes(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  Ints places = d.ints(1);
  places.pop_back();
  if (std::any_of(places.begin(), places.end(), [](std::int64_t size) { return size < 0; })) return false;
  std::partial_sum(places.begin(), places.end(), places.begin());
  d.config("indices_or_sections", list_of(places));
  d.config("axis", d.integer(2));
  return of_x(d);
}
bool paddings(Description& d, std::string_view mode) {
  if (!d.known(1)) return false;
  const Ints widths = d.ints(1);
  JsonValue pairs = JsonValue::array();
  for (std::size_t i = 0; i + 1 < widths.size(); i += 2) pairs.push_back(JsonValue::array({widths[i], widths[i + 1]}));
  d.config("pad_width", std::move(pairs));
  d.config("mode", mode);
  return of_x(d);
}
bool describe_pad(Description& d) {
  if (!paddings(d, "constant")) return false;
  d.keyword("constant_values", d.inputs() > 2 ? d.argument(2) : JsonValue());
  return d.inputs() < 3 || d.known(2);
}
bool describe_mirror_pad(Description& d) {
  d.keyword("constant_values", nullptr);
  return paddings(d, d.attrs().integer(0) == 0 ? "reflect" : "symmetric");
}
bool describe_roll(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  d.config("shift", int_or_list(d.ints(1)));
  d.config("axis", int_or_list(d.ints(2)));
  return of_x(d);
}

// Parts.
JsonValue slice_object(JsonValue start, JsonValue stop, JsonValue step) {
  return JsonValue::object({{"class_name", "__slice__"}, {"config", JsonValue::object({{"start", std::move(start)}, {"stop", std::move(stop)}, {"step", std::move(step)}})}});
}
bool describe_slice(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  const Ints begin = d.ints(1), size = d.ints(2);
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) key.push_back(slice_object(begin[i], size[i] < 0 ? JsonValue() : JsonValue(begin[i] + size[i]), nullptr));
  d.arguments({0});
  d.push(std::move(key));
  return true;
}
bool describe_strided_slice(Description& d) {
  if (!d.known(1) || !d.known(2) || !d.known(3)) return false;
  enum Mask : std::size_t { kBegin, kEnd, kEllipsis, kNewAxis, kShrink };
  const Ints begin = d.ints(1), end = d.ints(2), stride = d.ints(3);
  JsonValue key = JsonValue::array();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const auto marked = [&](Mask mask) { return (d.attrs().integer(mask) >> i & 1) != 0; };
    if (marked(kEllipsis)) {
      key.push_back(JsonValue::object({{"class_name", "__ellipsis__"}, {"config", JsonValue::object()}}));
    } else if (marked(kNewAxis)) {
      key.push_back(nullptr);
    } else if (marked(kShrink)) {
      key.push_back(begin[i]);
    } else {
      key.push_back(slice_object(marked(kBegin) ? JsonValue() : JsonValue(begin[i]), marked(kEnd) ? JsonValue() : JsonValue(end[i]),
                                 stride[i] == 1 ? JsonValue() : JsonValue(stride[i])));
    }
  }
  d.arguments({0});
  d.push(std::move(key));
  return true;
}
bool describe_take(Description& d) {
  if (!d.known(2) || d.attrs().integer(0) != 0) return false;
  d.config("axis", d.integer(2));
  return of_pair(d);
}

// Encodings, order, products.
bool describe_one_hot(Description& d) {
  if (!d.known(1) || !d.known(2) || !d.known(3) || d.input(2).item<double>() != 1 || d.input(3).item<double>() != 0) return false;
  d.config("num_classes", d.integer(1));
  d.config("axis", d.attrs().integer(0));
  d.config("dtype", to_string(d.input(2).dtype()));
  d.config("sparse", false);
  return of_x(d);
}
bool describe_top_k(Description& d) {
  if (!d.known(1) || d.attrs().type(1) != DType::kInt32) return false;
  d.config("k", d.integer(1));
  d.config("sorted", d.attrs().boolean(0));
  return of_x(d);
}
bool describe_in_top_k(Description& d) {
  if (!d.known(2)) return false;
  d.config("k", d.integer(2));
  d.arguments({1, 0});
  return true;
}
bool describe_matmul(Description& d) { return !d.attrs().boolean(0) && !d.attrs().boolean(1) && of_pair(d); }
// A product with a transposed factor.
bool describe_turned_matmul(Description& d) {
  d.config("subscripts", std::string(d.attrs().boolean(0) ? "...ji" : "...ij") + "," + (d.attrs().boolean(1) ? "...kj" : "...jk") + "->...ik");
  return of_pair(d);
}

struct Row {
  std::string_view record;
  std::string_view class_name;
  std::string_view module;
  bool (*describe)(Description&);
};

// Sorted by record; where a record has two rows, the first that can is taken.
constexpr auto kRows = std::to_array<Row>({
    {"Abs", "Absolute", kNumpyOps, of_x},
    {"Add", "Add", kNumpyOps, of_pair},
    {"AddV2", "Add", kNumpyOps, of_pair},
    {"All", "All", kNumpyOps, describe_reduction},
    {"Any", "Any", kNumpyOps, describe_reduction},
    {"ArgMax", "Argmax", kNumpyOps, describe_place},
    {"ArgMin", "Argmin", kNumpyOps, describe_place},
    {"BatchMatMulV2", "Matmul", kNumpyOps, describe_matmul},
    {"BatchMatMulV2", "Einsum", kNumpyOps, describe_turned_matmul},
    {"BiasAdd", "Add", kNumpyOps, of_pair},
    {"BroadcastTo", "BroadcastTo", kNumpyOps, describe_broadcast},
    {"Cast", "Cast", kCoreOps, describe_cast},
    {"Ceil", "Ceil", kNumpyOps, of_floating_x},
    {"ClipByValue", "Clip", kNumpyOps, describe_clip},
    {"ConcatV2", "Concatenate", kNumpyOps, describe_concat},
    {"Cos", "Cos", kNumpyOps, of_x},
    {"Cumprod", "Cumprod", kNumpyOps, describe_running},
    {"Cumsum", "Cumsum", kNumpyOps, describe_running},
    {"DivNoNan", "DivideNoNan", kNumpyOps, of_pair},
    {"Elu", "Elu", kNnOps, with_unit_alpha},
    {"Equal", "Equal", kNumpyOps, of_pair},
    {"Erf", "Erf", kMathOps, of_x},
    {"Exp", "Exp", kNumpyOps, of_x},
    {"ExpandDims", "ExpandDims", kNumpyOps, describe_expand_dims},
    {"Expm1", "Expm1", kNumpyOps, of_x},
    {"Floor", "Floor", kNumpyOps, of_floating_x},
    {"FloorDiv", "FloorDivide", kNumpyOps, of_pair},
    {"FloorMod", "Mod", kNumpyOps, of_pair},
    {"GatherV2", "Take", kNumpyOps, describe_take},
    {"Greater", "Greater", kNumpyOps, of_pair},
    {"GreaterEqual", "GreaterEqual", kNumpyOps, of_pair},
    {"Identity", "Copy", kNumpyOps, of_x},
    {"InTopKV2", "InTopK", kMathOps, describe_in_top_k},
    {"IsFinite", "Isfinite", kNumpyOps, of_x},
    {"IsInf", "Isinf", kNumpyOps, of_x},
    {"IsNan", "Isnan", kNumpyOps, of_x},
    {"LeakyRelu", "LeakyRelu", kNnOps, describe_leaky_relu},
    {"Less", "Less", kNumpyOps, of_pair},
    {"LessEqual", "LessEqual", kNumpyOps, of_pair},
    {"Log", "Log", kNumpyOps, of_x},
    {"Log1p", "Log1p", kNumpyOps, of_x},
    {"LogSoftmax", "LogSoftmax", kNnOps, with_last_axis},
    {"LogicalAnd", "LogicalAnd", kNumpyOps, of_pair},
    {"LogicalNot", "LogicalNot", kNumpyOps, of_x},
    {"LogicalOr", "LogicalOr", kNumpyOps, of_pair},
    {"MatMul", "Matmul", kNumpyOps, describe_matmul},
    {"MatMul", "Einsum", kNumpyOps, describe_turned_matmul},
    {"Max", "Max", kNumpyOps, describe_extreme},
    {"Maximum", "Maximum", kNumpyOps, of_pair},
    {"Mean", "Mean", kNumpyOps, describe_reduction},
    {"Min", "Min", kNumpyOps, describe_extreme},
    {"Minimum", "Minimum", kNumpyOps, of_pair},
    {"MirrorPad", "Pad", kNumpyOps, describe_mirror_pad},
    {"Mul", "Multiply", kNumpyOps, of_pair},
    {"Neg", "Negative", kNumpyOps, of_x},
    {"NotEqual", "NotEqual", kNumpyOps, of_pair},
    {"OneHot", "OneHot", kNnOps, describe_one_hot},
    {"OnesLike", "OnesLike", kNumpyOps, like},
    {"Pack", "Stack", kNumpyOps, describe_pack},
    {"Pad", "Pad", kNumpyOps, describe_pad},
    {"PadV2", "Pad", kNumpyOps, describe_pad},
    {"Pow", "Power", kNumpyOps, of_pair},
    {"Prod", "Prod", kNumpyOps, describe_prod},
    {"RealDiv", "Divide", kNumpyOps, of_pair},
    {"Reciprocal", "Reciprocal", kNumpyOps, of_x},
    {"Relu", "Relu", kNnOps, of_x},
    {"Relu6", "Relu6", kNnOps, of_x},
    {"Reshape", "Reshape", kNumpyOps, describe_reshape},
    {"ReverseV2", "Flip", kNumpyOps, describe_flip},
    {"Roll", "Roll", kNumpyOps, describe_roll},
    {"Round", "Round", kNumpyOps, describe_round},
    {"Rsqrt", "Rsqrt", kMathOps, of_x},
    {"SelectV2", "Where", kNumpyOps, of_three},
    {"Selu", "Selu", kNnOps, of_x},
    {"Sigmoid", "Sigmoid", kNnOps, of_x},
    {"Sign", "Sign", kNumpyOps, of_x},
    {"Sin", "Sin", kNumpyOps, of_x},
    {"Slice", "GetItem", kNumpyOps, describe_slice},
    {"Softmax", "Softmax", kNnOps, with_last_axis},
    {"Softplus", "Softplus", kNnOps, of_x},
    {"Softsign", "Softsign", kNnOps, of_x},
    {"Split", "Split", kNumpyOps, describe_split},
    {"SplitV", "Split", kNumpyOps, describe_split_sizes},
    {"Sqrt", "Sqrt", kNumpyOps, of_x},
    {"Square", "Square", kNumpyOps, of_x},
    {"Squeeze", "Squeeze", kNumpyOps, describe_squeeze},
    {"StopGradient", "StopGradient", kCoreOps, of_x},
    {"StridedSlice", "GetItem", kNumpyOps, describe_strided_slice},
    {"Sub", "Subtract", kNumpyOps, of_pair},
    {"Sum", "Sum", kNumpyOps, describe_reduction},
    {"Tanh", "Tanh", kNumpyOps, of_x},
    {"Tile", "Tile", kNumpyOps, describe_tile},
    {"TopKV2", "TopK", kMathOps, describe_top_k},
    {"Transpose", "Transpose", kNumpyOps, describe_transpose},
    {"Unpack", "Unstack", kCoreOps, describe_unpack},
    {"ZerosLike", "ZerosLike", kNumpyOps, like},
});

// Filled if Keras has a class for it.
bool describe(const ops::OpProducer& op, OpCall& call) {
  for (const Row& row : kRows) {
    if (row.record != op.op().name) continue;
    call = OpCall{.class_name = row.class_name, .module = row.module};
    Description description(op, call);
    if (row.describe(description)) return true;
  }
  return false;
}

}  // namespace

OpCall describe_op(const ops::OpProducer& op) {
  OpCall call;
  const Tensors inputs = op.inputs();
  if (!describe(op, call)) {
    call = OpCall{.class_name = op.op().name, .module = {}};
    std::size_t place = 0;
    for (const Tensor& input : inputs) {
      if (input.is_symbolic()) call.args.push_back(tensor_place(place++));
    }
  }
  call.run = [&record = op.op(), attrs = op.attrs(), inputs](const Tensors& symbols) {
    Tensors all = inputs;
    std::size_t place = 0;
    for (Tensor& input : all) {
      if (input.is_symbolic()) input = symbols.at(place++);
    }
    return ops::apply_list(record, all, attrs);
  };
  return call;
}

}  // namespace namesake::nn
