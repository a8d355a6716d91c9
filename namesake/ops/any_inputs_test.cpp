// Graphs of files may give an op anything: each either computes or refuses with one of our errors, and never reads or writes outside (which the
// build with sanitizers tells). Seeded, so that a change alone can make it fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <new>
#include <random>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/records.h"

#ifdef NAMESAKE_SANITIZED
// A size that no memory can hold is std::bad_alloc here, too, and no finding.
#define NAMESAKE_OPTIONS_OF(sanitizer)                                                              \
  extern "C" __attribute__((visibility("default"))) const char* __##sanitizer##_default_options(); \
  extern "C" const char* __##sanitizer##_default_options() { return "allocator_may_return_null=1"; }
NAMESAKE_OPTIONS_OF(asan)
NAMESAKE_OPTIONS_OF(tsan)
#endif

namespace namesake::ops {
namespace {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : generator_(seed) {}
  /// A number in [low, high].
  int number(int low, int high) { return low + static_cast<int>(generator_() % static_cast<std::uint32_t>(high - low + 1)); }
  bool once_in(int n) { return number(1, n) == 1; }
  template <class T, std::size_t N>
  T one_of(const T (&values)[N]) {
    return values[static_cast<std::size_t>(number(0, static_cast<int>(N) - 1))];
  }

 private:
  std::mt19937 generator_;
};

constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt32, DType::kInt64,
                             DType::kBool,    DType::kUInt8,   DType::kFloat16, DType::kInt8,  DType::kUInt64, DType::kString};
constexpr double kNumbers[] = {0, 1, -1, 2, 0.5, 3, 1e30, -7, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()};

Tensor any_tensor(Dice& dice, DType dtype, const Shape& shape) {
  if (dtype == DType::kString) return Tensor::empty(dtype, shape);
  Tensor numbers = Tensor::empty(DType::kFloat64, shape);
  const bool whole = !is_floating(dtype) || dice.once_in(2);
  for (std::int64_t i = 0; i < numbers.size(); ++i) numbers.raw_as<double>()[i] = whole ? dice.number(-1, 4) : dice.one_of(kNumbers);
  if (is_integer(dtype) && dice.once_in(8) && numbers.size() > 0) numbers.raw_as<double>()[0] = dice.once_in(2) ? 1e18 : -1e18;
  return cast(numbers, dtype);
}
Shape any_shape(Dice& dice, int most_axes) {
  Shape shape = Shape::scalar();
  for (int i = dice.number(0, most_axes); i > 0; --i) shape.push_back(dice.once_in(8) ? 0 : dice.number(1, 4));
  return shape;
}

void set_any(Dice& dice, Attrs& attrs, std::size_t i, const AttrDef& def) {
  std::vector<std::int64_t> list;
  switch (def.kind) {
    case AttrKind::kBool: return attrs.set(i, dice.once_in(2));
    case AttrKind::kInt: return attrs.set(i, dice.number(-2, 4));
    case AttrKind::kFloat: return attrs.set(i, dice.one_of(kNumbers));
    case AttrKind::kType: return attrs.set(i, dice.one_of(kDTypes));
    case AttrKind::kText: return attrs.set_text(i, "x");
    case AttrKind::kWord: return attrs.set(i, dice.number(0, static_cast<int>(std::count(def.words.begin(), def.words.end(), ','))));
    case AttrKind::kInts:
      if (dice.once_in(2))
        list = {1, dice.number(1, 3), dice.number(1, 3), 1};
      else
        for (int k = dice.number(0, 8); k > 0; --k) list.push_back(dice.number(-1, 3));
      return attrs.set_list(i, list);
  }
}

/// Calls that make some sense come more often: one dtype for all inputs, one shape, small integers where an op wants them.
Tensors any_inputs(Dice& dice, const OpRecord& op, const Attrs& attrs) {
  std::size_t count = op.input_names.size();
  if (op.list_input >= 0) count += static_cast<std::size_t>(dice.number(0, 2));
  if (!op.attrs.empty() && op.attrs[0].name == "N" && attrs.integer(0) > 0 && dice.once_in(2)) count = op.input_names.size() * static_cast<std::size_t>(attrs.integer(0));
  const DType dtype = dice.one_of(kDTypes);
  const Shape shape = any_shape(dice, 4);
  Tensors inputs;
  for (std::size_t i = 0; i < count; ++i) {
    const int kind = dice.number(0, 3);
    if (kind == 0) inputs.push_back(any_tensor(dice, dice.one_of(kDTypes), any_shape(dice, 4)));
    if (kind == 1) inputs.push_back(any_tensor(dice, dtype, shape));
    if (kind == 2) inputs.push_back(any_tensor(dice, DType::kInt32, any_shape(dice, i == 0 ? 4 : 1)));
    if (kind == 3) inputs.push_back(any_tensor(dice, dtype, any_shape(dice, 4)));
  }
  return inputs;
}

TEST(Ops, ComputeOrRefuseWhateverTheyAreGiven) {
  constexpr int kTries = 400;
  std::size_t computed = 0;
  for (const OpRecord* op : all_ops()) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Dice dice(static_cast<std::uint32_t>(std::hash<std::string_view>()(op->name)) + static_cast<std::uint32_t>(attempt));
      Attrs attrs;
      for (std::size_t i = 0; i < op->attrs.size(); ++i) set_any(dice, attrs, i, op->attrs[i]);
      const Tensors inputs = any_inputs(dice, *op, attrs);
      try {
        const Tensors outputs = apply_list(*op, inputs, attrs);
        for (const Tensor& output : outputs) EXPECT_TRUE(output.defined() && output.shape().fully_known()) << op->name << " try " << attempt;
        ++computed;
      } catch (const Error&) {
      } catch (const std::bad_alloc&) {
      } catch (const std::exception& error) {
        ADD_FAILURE() << op->name << " try " << attempt << ": " << error.what();
      }
    }
  }
  EXPECT_GT(computed, all_ops().size() * kTries / 20);
}

}  // namespace
}  // namespace namesake::ops
