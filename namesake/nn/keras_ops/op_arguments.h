// What the makers of keras_ops/ read an operation of a file with: its config, and the arguments of its call by place or name.
// Everything that is asked for counts as known; the rest is refused. Internal to nn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/json.h"
#include "namesake/ops/reduce.h"
#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// What an operation does with its symbolic inputs.
using Compute = std::function<Tensors(const Tensors&)>;

/// One argument of a call: a symbolic input, a constant, or a python number, which takes the dtype of the tensor beside it.
class Operand {
 public:
  explicit Operand(std::size_t input) : input_(input) {}
  explicit Operand(Tensor constant) : constant_(std::move(constant)) {}
  Operand(double number, bool whole) : number_(number), is_number_(true), whole_(whole) {}

  [[nodiscard]] bool is_number() const noexcept { return is_number_; }
  [[nodiscard]] bool is_constant() const noexcept { return constant_.defined(); }
  /// Of these inputs; a number has its own dtype, int32 or float32.
  [[nodiscard]] Tensor operator()(const Tensors& inputs) const;
  /// The same; a number has the dtype it takes beside `other`.
  [[nodiscard]] Tensor beside(const Tensor& other, const Tensors& inputs) const;

 private:
  std::size_t input_ = 0;
  Tensor constant_;
  double number_ = 0;
  bool is_number_ = false, whole_ = false;
};

class OpArguments {
 public:
  /// They must outlive this. `args` is a list, `kwargs` an object.
  OpArguments(const JsonView& object, const JsonValue& args, const JsonValue& kwargs);

  // The config. Each throws FormatError for a value of another kind; a missing one gives `fallback`, null as well where there is no
  // other meaning.
  [[nodiscard]] bool boolean(std::string_view key, bool fallback = false);
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t fallback);
  [[nodiscard]] int axis(std::string_view key = "axis", int fallback = -1);
  [[nodiscard]] double number(std::string_view key, double fallback);
  [[nodiscard]] std::string word(std::string_view key, std::string_view fallback = "");
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view key);
  [[nodiscard]] std::optional<double> maybe_number(std::string_view key);
  [[nodiscard]] std::optional<DType> dtype(std::string_view key = "dtype");
  /// null: all of them.
  [[nodiscard]] Axes axes(std::string_view key = "axis");
  /// An integer, a list, or null: nothing.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> maybe_integers(std::string_view key);
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key);
  /// Any value; null if there is none.
  [[nodiscard]] JsonValue value(std::string_view key);
  /// A key whose value changes nothing here.
  void ignore(std::string_view key) { known_keys_.emplace_back(key); }

  // The arguments of the call, by place and name.
  [[nodiscard]] Operand operand(std::size_t place, std::string_view name);
  /// Nothing if it is left out or null.
  [[nodiscard]] std::optional<Operand> maybe_operand(std::size_t place, std::string_view name);
  /// A list of tensors.
  [[nodiscard]] std::vector<Operand> operands(std::size_t place, std::string_view name);
  /// All arguments from `first` on.
  [[nodiscard]] std::vector<Operand> rest(std::size_t first);
  /// The argument as it stands in the file; null if it is left out.
  [[nodiscard]] const JsonValue* argument(std::size_t place, std::string_view name);

  /// Throws FormatError for what nobody asked for.
  void refuse_others() const;
  [[noreturn]] void fail(std::string what, std::string expected = "", std::string received = "") const;
  [[noreturn]] void unsupported(std::string what) const;

 private:
  [[nodiscard]] const JsonValue* find(std::string_view key);
  [[nodiscard]] Operand read_operand(const JsonValue& value, std::string_view name) const;

  const JsonView& object_;
  const JsonValue& args_;
  const JsonValue& kwargs_;
  std::string class_name_;
  std::vector<std::string_view> known_keys_, known_names_;
  std::size_t known_places_ = 0;
};

/// A class of Keras's operations.
struct OpClass {
  std::string_view name;    // "Add"
  std::string_view module;  // "keras.src.ops.numpy"
  Compute (*make)(OpArguments& arguments);
};

inline constexpr std::string_view kNumpyOps = "keras.src.ops.numpy", kNnOps = "keras.src.ops.nn", kMathOps = "keras.src.ops.math",
                                  kCoreOps = "keras.src.ops.core", kLinalgOps = "keras.src.ops.linalg", kImageOps = "keras.src.ops.image",
                                  kActivations = "keras.src.activations.activations";

/// An operation of one output.
template <class Function>
[[nodiscard]] Compute one(Function function) {
  return [function = std::move(function)](const Tensors& in) { return Tensors{function(in)}; };
}
/// A function of its only argument.
[[nodiscard]] inline Compute of_one(OpArguments& a, Tensor (*function)(const Tensor&), std::string_view name = "x") {
  return one([x = a.operand(0, name), function](const Tensors& in) { return function(x(in)); });
}

/// `x` as a vector.
[[nodiscard]] Tensor flattened(const Tensor& x);
/// `axis` counted from the front. Throws InvalidArgument if x has no such axis.
[[nodiscard]] int axis_of(const Tensor& x, std::int64_t axis);
/// x's size along `axis`, at least 1. Throws Unsupported if it is not known: these operations are made of others that need it.
[[nodiscard]] std::int64_t known_size(const Tensor& x, int axis);

}  // namespace namesake::nn
