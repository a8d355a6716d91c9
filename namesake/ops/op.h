// An op is one record: its name and attributes as TensorFlow's NodeDef has them, its shape rule, its eager kernel and
// its gradient. The same record serves eager running, the tape, symbolic calls and the SavedModel reader and writer.
// Axes, shapes, paddings, depths are inputs (small int tensors in memory), as in TensorFlow, not attributes.
//   Tensor y = apply(kMatMul, {a, b}, Attrs::of(true, false));
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake::ops {

enum class AttrKind : std::uint8_t {
  kBool,
  kInt,
  kFloat,
  kType,
  kInts,  // a list of at most 8 small integers
  kWord,  // a string, one of few
  kText,  // a short string, packed into its slot and all behind it: the last attribute of its op
};

/// One attribute of an op, as its NodeDef names it.
struct AttrDef {
  std::string_view name;
  AttrKind kind = AttrKind::kInt;
  std::int64_t fallback = 0;    // the slot of a NodeDef that leaves the attribute out
  std::string_view words = {};  // of a kWord: those it may be, with commas between ("NHWC,NCHW"); the slot is the place
};

/// The values of an op's attributes, in the order of its AttrDefs.
class Attrs {
 public:
  static constexpr std::size_t kMost = 5;

  Attrs() = default;
  template <class... T>
  [[nodiscard]] static Attrs of(T... values) {
    static_assert(sizeof...(T) <= kMost);
    Attrs attrs;
    std::size_t i = 0;
    (attrs.set(i++, values), ...);
    return attrs;
  }
  void set(std::size_t i, bool value) { slots_[i] = value ? 1 : 0; }
  void set(std::size_t i, int value) { slots_[i] = value; }
  void set(std::size_t i, std::int64_t value) { slots_[i] = value; }
  void set(std::size_t i, double value) { slots_[i] = std::bit_cast<std::int64_t>(value); }
  void set(std::size_t i, DType value) { slots_[i] = static_cast<std::int64_t>(value); }
  /// Throws InvalidArgument for a list that does not fit a slot: four numbers of 15 bits, or eight of 7.
  NAMESAKE_API void set_list(std::size_t i, std::span<const std::int64_t> values);
  /// Throws InvalidArgument for a text longer than the slots from `i` on, 8 bytes each, or with a zero byte in it.
  NAMESAKE_API void set_text(std::size_t i, std::string_view text);

  [[nodiscard]] bool boolean(std::size_t i) const { return slots_[i] != 0; }
  [[nodiscard]] std::int64_t integer(std::size_t i) const { return slots_[i]; }
  [[nodiscard]] double real(std::size_t i) const { return std::bit_cast<double>(slots_[i]); }
  [[nodiscard]] DType type(std::size_t i) const { return static_cast<DType>(slots_[i]); }
  [[nodiscard]] int list_size(std::size_t i) const { return static_cast<int>(slots_[i] & 15); }
  [[nodiscard]] std::int64_t list_item(std::size_t i, int item) const {
    const int bits = list_size(i) <= 4 ? 15 : 7;
    return slots_[i] << (60 - bits * (item + 1)) >> (64 - bits);  // shifted up and down again: the sign spreads
  }
  /// A view into this object.
  [[nodiscard]] std::string_view text(std::size_t i) const {
    const char* begin = reinterpret_cast<const char*>(slots_.data() + i);
    std::size_t size = (kMost - i) * sizeof(std::int64_t);
    while (size > 0 && begin[size - 1] == '\0') --size;
    return {begin, size};
  }

 private:
  std::array<std::int64_t, kMost> slots_{};
};

struct OpRecord;

/// Dtype and shape of an output; the shape may be partly open when an input is symbolic.
struct OutputSpec {
  DType dtype = DType::kInvalid;
  Shape shape;
};

/// What a shape rule sees. Inputs that are eager have numbers, also in a symbolic call.
struct InferContext {
  const OpRecord& op;
  std::span<const Tensor> inputs;
  const Attrs& attrs;
  std::span<OutputSpec> outputs;  // to be filled
};

/// What a kernel sees. Outputs have their memory, except of an op whose outputs are views, which sets them itself.
struct KernelContext {
  const OpRecord& op;
  std::span<const Tensor> inputs;
  const Attrs& attrs;
  std::span<Tensor> outputs;
  std::span<const OutputSpec> specs = {};  // what the shape rule said
};

/// What a gradient sees: d(target)/d(output) for each output (undefined where the target does not depend on it).
/// It fills d(target)/d(input) for each input with needs[i] set, by ops, so that gradients have gradients.
struct GradientContext {
  const OpRecord& op;
  std::span<const Tensor> inputs;
  const Attrs& attrs;
  std::span<const Tensor> outputs;
  std::span<const Tensor> output_gradients;
  std::span<const bool> needs;
  std::span<Tensor> input_gradients;
};

struct TypeAttr {
  std::string_view name;  // "T", "Tidx": a type attribute of the NodeDef
  int input = 0;          // the input (its place in input_names) whose dtype it is
};

struct OpRecord {
  static constexpr int kFewOutputs = 4;  // of a record that gives no list; lists may be longer

  std::string_view name;                          // TensorFlow's: "MatMul"
  std::span<const std::string_view> input_names;  // as in TensorFlow's op definition
  std::span<const std::string_view> output_names;
  std::span<const AttrDef> attrs;
  std::span<const TypeAttr> types;
  void (*infer)(const InferContext&) = nullptr;  // throws ShapeMismatch, Unsupported
  void (*kernel)(const KernelContext&) = nullptr;
  void (*gradient)(const GradientContext&) = nullptr;  // null: not differentiable
  bool makes_views = false;                            // the kernel sets outputs to views of inputs
  int list_input = -1;           // the place in input_names that stands for one or more inputs (attribute N), or -1
  int list_output = -1;          // the attribute that says how many outputs the only output name stands for, or -1
  bool any_width = false;        // the kernel takes elements of any width as they are; see apply
  bool blocks_gradient = false;  // no gradient flows through, as through TensorFlow's NotDifferentiable ops

  [[nodiscard]] std::size_t outputs(const Attrs& attrs_of_call) const {
    return list_output < 0 ? output_names.size()
                           : static_cast<std::size_t>(attrs_of_call.integer(static_cast<std::size_t>(list_output)));
  }
  /// Which of `count` inputs stands at place `input` of input_names (the first one, of a list).
  [[nodiscard]] std::size_t input_at(int input, std::size_t count) const {
    const auto place = static_cast<std::size_t>(input);
    return list_input < 0 || input <= list_input ? place : place + count - input_names.size();
  }
};

/// What a symbolic tensor made by an op remembers.
class NAMESAKE_API OpProducer final : public Producer {
 public:
  OpProducer(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs)
      : op_(&op), inputs_(inputs.begin(), inputs.end()), attrs_(attrs) {}
  ~OpProducer() override { let_go(std::move(inputs_)); }
  [[nodiscard]] const OpRecord& op() const { return *op_; }
  [[nodiscard]] const Tensors& inputs() const { return inputs_; }
  [[nodiscard]] const Attrs& attrs() const { return attrs_; }

 private:
  const OpRecord* op_;
  Tensors inputs_;
  Attrs attrs_;
};

/// Runs `op`, or, if an input is symbolic, its shape rule only; tells every recorder. For ops of one output.
/// Throws what the shape rule throws. Narrow dtypes (float16, bfloat16, int8, int16, uint16, uint32) that the kernel
/// does not know are computed in the next wider one that it knows, and rounded back.
NAMESAKE_API Tensor apply(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs = {});
inline Tensor apply(const OpRecord& op, std::initializer_list<Tensor> inputs, const Attrs& attrs = {}) {
  return apply(op, std::span<const Tensor>(inputs.begin(), inputs.size()), attrs);
}

/// Handles side by side for the length of a call, without counting: an atomic count up and down for each input would
/// cost a third of a small op's time. Made of handles that outlive it, and never destroyed as handles.
template <std::size_t N>
class BorrowedTensors {
 public:
  template <class... T>
  explicit BorrowedTensors(const T&... tensors) {
    static_assert(sizeof...(T) == N && sizeof(Tensor) == sizeof(void*));
    std::size_t i = 0;
    (std::memcpy(bytes_ + sizeof(Tensor) * i++, static_cast<const void*>(&tensors), sizeof(Tensor)), ...);
  }
  BorrowedTensors(const BorrowedTensors&) = delete;
  BorrowedTensors& operator=(const BorrowedTensors&) = delete;
  [[nodiscard]] std::span<const Tensor> view() const {
    return {std::launder(reinterpret_cast<const Tensor*>(bytes_)), N};
  }

 private:
  alignas(Tensor) std::byte bytes_[sizeof(Tensor) * N];
};

/// The same for one to three inputs: the fast way.
inline Tensor apply(const OpRecord& op, const Tensor& input, const Attrs& attrs = {}) {
  return apply(op, std::span<const Tensor>(&input, 1), attrs);
}
inline Tensor apply(const OpRecord& op, const Tensor& a, const Tensor& b, const Attrs& attrs = {}) {
  return apply(op, BorrowedTensors<2>(a, b).view(), attrs);
}
inline Tensor apply(const OpRecord& op, const Tensor& a, const Tensor& b, const Tensor& c, const Attrs& attrs = {}) {
  return apply(op, BorrowedTensors<3>(a, b, c).view(), attrs);
}
/// The same for ops of several outputs; `outputs` has op.outputs(attrs) places.
NAMESAKE_API void apply_into(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs,
                             std::span<Tensor> outputs);
/// The same, with the outputs as a list.
[[nodiscard]] NAMESAKE_API Tensors apply_list(const OpRecord& op, std::span<const Tensor> inputs,
                                              const Attrs& attrs = {});

/// The record called `name`, or null. All records stand in one list (op_list.cpp), searched, never changed.
[[nodiscard]] NAMESAKE_API const OpRecord* find_op(std::string_view name);
[[nodiscard]] NAMESAKE_API std::span<const OpRecord* const> all_ops();

}  // namespace namesake::ops
