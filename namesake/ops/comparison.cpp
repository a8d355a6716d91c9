// Comparisons and logic, to bool.
#include <string>
#include <type_traits>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

struct Equal {
  template <class T>
  static bool of(const T& a, const T& b) {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  static bool of(const T& a, const T& b) {
    return a != b;
  }
};
struct Greater {
  template <class T>
  static bool of(T a, T b) {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  static bool of(T a, T b) {
    return a >= b;
  }
};
struct Less {
  template <class T>
  static bool of(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  static bool of(T a, T b) {
    return a <= b;
  }
};
struct And {
  static bool of(bool a, bool b) { return a && b; }
};
struct Or {
  static bool of(bool a, bool b) { return a || b; }
};

template <class F>
void comparison_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<F, decltype(zero)>); });
}
/// Strings, which have no loops of their own.
template <class F>
void compare_strings(const KernelContext& c) {
  const Tensor &a = c.inputs[0], &b = c.inputs[1], &out = c.outputs[0];
  if (out.size() == 0) return;
  const WalkPlan<2> plan(out.shape(), {&a.shape(), &b.shape()});
  const WalkPlan<2>::Axis single{1, {}};
  const auto& inner = plan.rank == 0 ? single : plan.axes[static_cast<std::size_t>(plan.rank) - 1];
  plan.each_run([&](const std::array<std::int64_t, 2>& offset, std::int64_t at) {
    for (std::int64_t i = 0; i < inner.size; ++i) {
      out.raw_as<bool>()[at + i] = F::of(a.raw_as<std::string>()[offset[0] + i * inner.stride[0]],
                                         b.raw_as<std::string>()[offset[1] + i * inner.stride[1]]);
    }
  });
}
template <class F>
void equality_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kString) return compare_strings<F>(c);
  if (c.inputs[0].dtype() == DType::kBool) return run_binary(c, kPlainLoops<F, bool>);
  comparison_kernel<F>(c);
}
template <class F>
void logical_kernel(const KernelContext& c) {
  run_binary(c, kPlainLoops<F, bool>);
}

void infer_logical(const InferContext& c) {
  for (const Tensor& input : c.inputs) {
    if (input.dtype() != DType::kBool)
      throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs bool inputs.", "bool");
  }
  infer_broadcast(c);
}

constexpr OpRecord comparison(std::string_view name, void (*run)(const KernelContext&)) {
  return {.name = name,
          .input_names = kNamesXY,
          .output_names = kNamesZ,
          .types = kTypeT,
          .infer = infer_comparison,
          .kernel = run,
          .blocks_gradient = true};
}
constexpr OpRecord logical(std::string_view name, void (*run)(const KernelContext&)) {
  return {.name = name, .input_names = kNamesXY, .output_names = kNamesZ, .infer = infer_logical, .kernel = run};
}

void not_kernel(const KernelContext& c) {
  const bool* in = c.inputs[0].raw_as<bool>();
  bool* out = c.outputs[0].raw_as<bool>();
  for (std::int64_t i = 0, n = c.inputs[0].size(); i < n; ++i) out[i] = !in[i];
}
void infer_not(const InferContext& c) {
  if (c.inputs[0].dtype() != DType::kBool) throw_mismatch(c.op, c.inputs, "LogicalNot needs a bool input.", "bool");
  infer_as_input(c);
}

}  // namespace

constinit const OpRecord kEqual = comparison("Equal", equality_kernel<Equal>);
constinit const OpRecord kNotEqual = comparison("NotEqual", equality_kernel<NotEqual>);
constinit const OpRecord kGreater = comparison("Greater", comparison_kernel<Greater>);
constinit const OpRecord kGreaterEqual = comparison("GreaterEqual", comparison_kernel<GreaterEqual>);
constinit const OpRecord kLess = comparison("Less", comparison_kernel<Less>);
constinit const OpRecord kLessEqual = comparison("LessEqual", comparison_kernel<LessEqual>);
constinit const OpRecord kLogicalAnd = logical("LogicalAnd", logical_kernel<And>);
constinit const OpRecord kLogicalOr = logical("LogicalOr", logical_kernel<Or>);
constinit const OpRecord kLogicalNot = {
    .name = "LogicalNot", .input_names = kNamesX, .output_names = kNamesY, .infer = infer_not, .kernel = not_kernel};

namespace {

Tensor promoted(const OpRecord& op, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return apply(op, a, b);
  const DType dtype = result_type(a.dtype(), b.dtype());
  return apply(op, cast(a, dtype), cast(b, dtype));
}
Tensor as_bool(const Tensor& x) { return cast(x, DType::kBool); }

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor equal(const Tensor& x1, const Tensor& x2) { return promoted(kEqual, x1, x2); }
Tensor not_equal(const Tensor& x1, const Tensor& x2) { return promoted(kNotEqual, x1, x2); }
Tensor greater(const Tensor& x1, const Tensor& x2) { return promoted(kGreater, x1, x2); }
Tensor greater_equal(const Tensor& x1, const Tensor& x2) { return promoted(kGreaterEqual, x1, x2); }
Tensor less(const Tensor& x1, const Tensor& x2) { return promoted(kLess, x1, x2); }
Tensor less_equal(const Tensor& x1, const Tensor& x2) { return promoted(kLessEqual, x1, x2); }
Tensor logical_and(const Tensor& x1, const Tensor& x2) { return apply(kLogicalAnd, as_bool(x1), as_bool(x2)); }
Tensor logical_or(const Tensor& x1, const Tensor& x2) { return apply(kLogicalOr, as_bool(x1), as_bool(x2)); }
Tensor logical_not(const Tensor& x) { return apply(kLogicalNot, as_bool(x)); }
Tensor logical_xor(const Tensor& x1, const Tensor& x2) { return not_equal(as_bool(x1), as_bool(x2)); }

}  // namespace namesake
