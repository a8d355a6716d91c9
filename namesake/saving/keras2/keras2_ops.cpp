// Calls of TensorFlow between the layers of a Keras 2 model, as the operations of keras.ops that compute the same: one row a function.
#include <fmt/format.h>

#include <optional>
#include <span>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving::keras2 {
namespace {

constexpr std::string_view kNumpy = "keras.src.ops.numpy", kNn = "keras.src.ops.nn", kMath = "keras.src.ops.math", kCore = "keras.src.ops.core",
                           kImage = "keras.src.ops.image", kLinalg = "keras.src.ops.linalg";

struct OpRule {
  std::string_view symbol;      // below `tf.`; with "compat.v1." before it too
  std::string_view class_name;  // of keras.ops
  std::string_view module;
  std::string_view inputs;   // TensorFlow's names of what is passed by place, in Keras's order
  std::string_view options = "";  // TensorFlow's name, or `theirs:keras's`, or with the default where theirs is not Keras's: `axis=0`
};

constexpr std::string_view kReduce = "axis keepdims";

constexpr OpRule kRules[] = {
    {"__operators__.add", "Add", kNumpy, "x y"},
    {"__operators__.eq", "Equal", kNumpy, "self other"},
    {"__operators__.ne", "NotEqual", kNumpy, "self other"},
    {"abs", "Absolute", kNumpy, "x"},
    {"argmax", "Argmax", kNumpy, "input", "axis=0"},
    {"argmin", "Argmin", kNumpy, "input", "axis=0"},
    {"argsort", "Argsort", kNumpy, "values", "axis=-1"},
    {"broadcast_to", "BroadcastTo", kNumpy, "input", "shape"},
    {"cast", "Cast", kCore, "x", "dtype"},
    {"clip_by_value", "Clip", kNumpy, "t", "clip_value_min:x_min clip_value_max:x_max"},
    {"concat", "Concatenate", kNumpy, "values", "axis"},
    {"cumsum", "Cumsum", kNumpy, "x", "axis=0"},
    {"dtypes.saturate_cast", "SaturateCast", kCore, "value", "dtype"},
    {"expand_dims", "ExpandDims", kNumpy, "input", "axis"},
    {"floor_div", "FloorDivide", kNumpy, "x y"},
    {"gather", "Take", kNumpy, "params indices", "axis=0"},
    {"identity", "Copy", kNumpy, "input"},
    {"image.resize", "Resize", kImage, "images", "size method:interpolation=\"bilinear\" antialias data_format=\"channels_last\""},
    {"image.rgb_to_grayscale", "RGBToGrayscale", kImage, "images"},
    {"keras.backend.clip", "Clip", kNumpy, "x", "min_value:x_min max_value:x_max"},
    {"linalg.cross", "Cross", kNumpy, "a b"},
    {"linalg.diag_part", "Diagonal", kNumpy, "input", "k:offset=0 axis1=-2 axis2=-1"},
    {"linalg.matmul", "Matmul", kNumpy, "a b"},
    {"linalg.matrix_transpose", "Swapaxes", kNumpy, "a", "axis1=-2 axis2=-1"},
    {"linalg.norm", "Norm", kLinalg, "tensor", "ord axis keepdims"},
    {"linalg.trace", "Trace", kNumpy, "x", "axis1=-2 axis2=-1"},
    {"math.abs", "Absolute", kNumpy, "x"},
    {"math.acos", "Arccos", kNumpy, "x"},
    {"math.acosh", "Arccosh", kNumpy, "x"},
    {"math.add", "Add", kNumpy, "x y"},
    {"math.argmax", "Argmax", kNumpy, "input", "axis=0"},
    {"math.argmin", "Argmin", kNumpy, "input", "axis=0"},
    {"math.asin", "Arcsin", kNumpy, "x"},
    {"math.asinh", "Arcsinh", kNumpy, "x"},
    {"math.atan", "Arctan", kNumpy, "x"},
    {"math.atan2", "Arctan2", kNumpy, "y x"},
    {"math.atanh", "Arctanh", kNumpy, "x"},
    {"math.ceil", "Ceil", kNumpy, "x"},
    {"math.cos", "Cos", kNumpy, "x"},
    {"math.cosh", "Cosh", kNumpy, "x"},
    {"math.count_nonzero", "CountNonzero", kNumpy, "input", "axis"},
    {"math.cumprod", "Cumprod", kNumpy, "x", "axis=0"},
    {"math.cumsum", "Cumsum", kNumpy, "x", "axis=0"},
    {"math.divide", "TrueDivide", kNumpy, "x y"},
    {"math.divide_no_nan", "DivideNoNan", kNumpy, "x y"},
    {"math.equal", "Equal", kNumpy, "x y"},
    {"math.erf", "Erf", kMath, "x"},
    {"math.erfc", "Erfc", kMath, "x"},
    {"math.erfinv", "Erfinv", kMath, "x"},
    {"math.exp", "Exp", kNumpy, "x"},
    {"math.expm1", "Expm1", kNumpy, "x"},
    {"math.floor", "Floor", kNumpy, "x"},
    {"math.floordiv", "FloorDivide", kNumpy, "x y"},
    {"math.floormod", "Mod", kNumpy, "x y"},
    {"math.greater", "Greater", kNumpy, "x y"},
    {"math.greater_equal", "GreaterEqual", kNumpy, "x y"},
    {"math.is_finite", "Isfinite", kNumpy, "x"},
    {"math.is_inf", "Isinf", kNumpy, "x"},
    {"math.is_nan", "Isnan", kNumpy, "x"},
    {"math.l2_normalize", "Normalize", kNn, "x", "axis order=2 eps:epsilon=1e-06"},
    {"math.less", "Less", kNumpy, "x y"},
    {"math.less_equal", "LessEqual", kNumpy, "x y"},
    {"math.log", "Log", kNumpy, "x"},
    {"math.log1p", "Log1p", kNumpy, "x"},
    {"math.log_sigmoid", "LogSigmoid", kNn, "x"},
    {"math.logical_and", "LogicalAnd", kNumpy, "x y"},
    {"math.logical_not", "LogicalNot", kNumpy, "x"},
    {"math.logical_or", "LogicalOr", kNumpy, "x y"},
    {"math.logical_xor", "LogicalXor", kNumpy, "x y"},
    {"math.maximum", "Maximum", kNumpy, "x y"},
    {"math.minimum", "Minimum", kNumpy, "x y"},
    {"math.mod", "Mod", kNumpy, "x y"},
    {"math.multiply", "Multiply", kNumpy, "x y"},
    {"math.negative", "Negative", kNumpy, "x"},
    {"math.not_equal", "NotEqual", kNumpy, "x y"},
    {"math.pow", "Power", kNumpy, "x y"},
    {"math.reciprocal", "Reciprocal", kNumpy, "x"},
    {"math.reduce_all", "All", kNumpy, "input_tensor", kReduce},
    {"math.reduce_any", "Any", kNumpy, "input_tensor", kReduce},
    {"math.reduce_euclidean_norm", "Norm", kLinalg, "input_tensor", kReduce},
    {"math.reduce_logsumexp", "Logsumexp", kMath, "input_tensor", kReduce},
    {"math.reduce_max", "Max", kNumpy, "input_tensor", kReduce},
    {"math.reduce_mean", "Mean", kNumpy, "input_tensor", kReduce},
    {"math.reduce_min", "Min", kNumpy, "input_tensor", kReduce},
    {"math.reduce_prod", "Prod", kNumpy, "input_tensor", kReduce},
    {"math.reduce_std", "Std", kNumpy, "input_tensor", kReduce},
    {"math.reduce_sum", "Sum", kNumpy, "input_tensor", kReduce},
    {"math.reduce_variance", "Var", kNumpy, "input_tensor", kReduce},
    {"math.round", "Round", kNumpy, "x"},
    {"math.rsqrt", "Rsqrt", kMath, "x"},
    {"math.sigmoid", "Sigmoid", kNn, "x"},
    {"math.sign", "Sign", kNumpy, "x"},
    {"math.sin", "Sin", kNumpy, "x"},
    {"math.sinh", "Sinh", kNumpy, "x"},
    {"math.softplus", "Softplus", kNn, "features"},
    {"math.sqrt", "Sqrt", kNumpy, "x"},
    {"math.square", "Square", kNumpy, "x"},
    {"math.subtract", "Subtract", kNumpy, "x y"},
    {"math.tan", "Tan", kNumpy, "x"},
    {"math.tanh", "Tanh", kNumpy, "x"},
    {"math.top_k", "TopK", kMath, "input", "k=1 sorted"},
    {"math.truediv", "TrueDivide", kNumpy, "x y"},
    {"math.unsorted_segment_max", "SegmentMax", kMath, "data segment_ids", "num_segments"},
    {"math.unsorted_segment_sum", "SegmentSum", kMath, "data segment_ids", "num_segments"},
    {"matmul", "Matmul", kNumpy, "a b"},
    {"nn.avg_pool2d", "AveragePool", kNn, "input", "ksize:pool_size strides padding data_format=\"channels_last\""},
    {"nn.bias_add", "Add", kNumpy, "value bias"},
    {"nn.depth_to_space", "DepthToSpace", kNn, "input", "block_size data_format"},
    {"nn.elu", "Elu", kNn, "features"},
    {"nn.gelu", "Gelu", kNn, "features", "approximate=false"},
    {"nn.leaky_relu", "LeakyRelu", kNn, "features", "alpha:negative_slope=0.2"},
    {"nn.log_softmax", "LogSoftmax", kNn, "logits", "axis"},
    {"nn.max_pool2d", "MaxPool", kNn, "input", "ksize:pool_size strides padding data_format=\"channels_last\""},
    {"nn.relu", "Relu", kNn, "features"},
    {"nn.relu6", "Relu6", kNn, "features"},
    {"nn.selu", "Selu", kNn, "features"},
    {"nn.sigmoid", "Sigmoid", kNn, "x"},
    {"nn.silu", "Silu", kNn, "features"},
    {"nn.softmax", "Softmax", kNn, "logits", "axis"},
    {"nn.softplus", "Softplus", kNn, "features"},
    {"nn.softsign", "Softsign", kNn, "features"},
    {"nn.space_to_depth", "SpaceToDepth", kNn, "input", "block_size data_format"},
    {"nn.tanh", "Tanh", kNn, "x"},
    {"norm", "Norm", kLinalg, "tensor", "ord axis keepdims"},
    {"one_hot", "OneHot", kNn, "indices", "depth:num_classes axis dtype"},
    {"ones_like", "OnesLike", kNumpy, "input", "dtype"},
    {"repeat", "Repeat", kNumpy, "input", "repeats axis"},
    {"reshape", "Reshape", kNumpy, "tensor", "shape:newshape"},
    {"reverse", "Flip", kNumpy, "tensor", "axis"},
    {"roll", "Roll", kNumpy, "input", "shift axis"},
    {"sort", "Sort", kNumpy, "values", "axis=-1"},
    {"split", "Split", kNumpy, "value", "num_or_size_splits:indices_or_sections axis=0"},
    {"squeeze", "Squeeze", kNumpy, "input", "axis"},
    {"stack", "Stack", kNumpy, "values", "axis"},
    {"stop_gradient", "StopGradient", kCore, "input"},
    {"tanh", "Tanh", kNumpy, "x"},
    {"tensordot", "Tensordot", kNumpy, "a b", "axes"},
    {"tile", "Tile", kNumpy, "input", "multiples:repeats"},
    {"transpose", "Transpose", kNumpy, "a", "perm:axes"},
    {"unstack", "Unstack", kCore, "value", "axis=0"},
    {"where", "Where", kNumpy, "condition x y"},
    {"zeros_like", "ZerosLike", kNumpy, "input", "dtype"},
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return words;
}

// What a row says of one option.
struct Option {
  std::string_view theirs, ours, fallback;
  explicit Option(std::string_view text) : theirs(text.substr(0, text.find_first_of(":="))), ours(theirs) {
    if (const std::size_t equals = text.find('='); equals != std::string_view::npos) fallback = text.substr(equals + 1);
    if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) ours = text.substr(colon + 1, text.find('=') - colon - 1);
  }
  [[nodiscard]] std::optional<JsonValue> default_value() const {
    if (fallback.empty()) return std::nullopt;
    if (fallback == "false") return JsonValue(false);
    if (fallback.front() == '"') return JsonValue(fallback.substr(1, fallback.size() - 2));
    if (fallback.find_first_not_of("-0123456789") == std::string_view::npos) return JsonValue(std::stoi(std::string(fallback)));
    return JsonValue(std::stod(std::string(fallback)));
  }
};

bool says_nothing(const JsonValue& value) { return value.is_null() || value == JsonValue(false) || value == JsonValue("") || value == JsonValue(0); }

bool has_fraction(const JsonValue& value) {
  if (!value.is_array()) return value.is_float();
  for (const JsonValue& item : value.items()) {
    if (has_fraction(item)) return true;
  }
  return false;
}
bool only_numbers(const JsonValue& value) {
  if (!value.is_array()) return value.is_number();
  for (const JsonValue& item : value.items()) {
    if (!only_numbers(item)) return false;
  }
  return true;
}

// Keras 2 wrote a constant tensor as lists of numbers; an operation takes those for lists.
JsonValue input_of(const JsonValue& given) {
  if (!given.is_array() || !only_numbers(given)) return given;
  return JsonValue::object(
      {{"class_name", "__tensor__"}, {"config", JsonValue::object({{"value", given}, {"dtype", has_fraction(given) ? "float32" : "int32"}})}});
}

// Words of TensorFlow's that are others in Keras.
JsonValue value_of(const JsonValue& given) {
  if (given == JsonValue("SAME")) return "same";
  if (given == JsonValue("VALID")) return "valid";
  if (given == JsonValue("NHWC")) return "channels_last";
  if (given == JsonValue("NCHW")) return "channels_first";
  if (given == JsonValue("euclidean")) return nullptr;
  return given;
}

JsonValue by_rule(const OpRule& rule, const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  JsonValue args = JsonValue::array({input_of(first)}), config = JsonValue::object();
  std::vector<std::string_view> known = words_of(rule.inputs);
  for (std::size_t i = 1; i < known.size(); ++i) {
    const JsonValue* input = kwargs.find(known[i]);
    if (input == nullptr) refuse_op(entry, fmt::format("is a call of tf.{} without {}", rule.symbol, known[i]), "");
    args.push_back(input_of(*input));
  }
  for (const std::string_view text : words_of(rule.options)) {
    const Option option(text);
    known.push_back(option.theirs);
    const JsonValue* given = kwargs.find(option.theirs);
    if (given != nullptr && !given->is_null()) {
      config.set(option.ours, value_of(*given));
    } else if (const auto fallback = option.default_value()) {
      config.set(option.ours, *fallback);
    }
  }
  for (const JsonMember& member : kwargs.members()) {
    if (member.key == "name" || says_nothing(member.value)) continue;
    bool expected = false;
    for (const std::string_view name : known) expected = expected || name == member.key;
    if (!expected) {
      refuse_op(entry, fmt::format("is a call of tf.{} with {} = {}, which is not done here", rule.symbol, member.key, to_json(member.value)),
             "put what it does into a layer");
    }
  }
  return operation(entry, rule.class_name, rule.module, std::move(config), std::move(args));
}

}  // namespace

bool is_op_class(std::string_view class_name) {
  return among(class_name, "TFOpLambda SlicingOpLambda TensorFlowOpLayer ClassMethod InstanceMethod InstanceProperty");
}

JsonValue keras3_operation(const JsonView& entry, const JsonValue& first, const JsonValue& kwargs) {
  const std::string symbol = word_at(entry.at("config").value(), "function");
  constexpr std::string_view kOld = "compat.v1.";
  const std::string_view below = std::string_view(symbol).starts_with(kOld) ? std::string_view(symbol).substr(kOld.size()) : std::string_view(symbol);
  if (std::optional<JsonValue> own = operation_of_own_form(below, entry, first, kwargs)) return std::move(*own);
  for (const OpRule& rule : kRules) {
    if (rule.symbol == below) return by_rule(rule, entry, first, kwargs);
  }
  refuse_op(entry, symbol.empty() ? "is a call of TensorFlow that is not done here" : fmt::format("is a call of tf.{}, which is not done here", symbol),
         "put what it does into a layer, or say it with other functions, and save the model again");
}

}  // namespace namesake::saving::keras2
