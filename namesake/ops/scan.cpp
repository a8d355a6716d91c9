#include "namesake/ops/scan.h"

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

void infer_scan(const InferContext& c) {
  const HostInts axis = host_ints(c.op, c.inputs[1]);
  if (axis.known && c.inputs[0].shape().known_rank()) {
    if (axis.size != 1) throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs one axis.");
    static_cast<void>(checked_axis(c.op, axis[0], c.inputs[0].rank()));
  }
  infer_as_input(c);
}

template <bool kIsSum>
void scan_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (in.size() == 0) return;
  const int axis = checked_axis(c.op, host_ints(c.op, c.inputs[1])[0], in.rank());
  const bool exclusive = c.attrs.boolean(0), reverse = c.attrs.boolean(1);
  std::int64_t inner = 1;
  for (int i = axis + 1; i < in.rank(); ++i) inner *= in.shape()[i];
  const std::int64_t n = in.shape()[axis];
  with_number(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t line = 0; line < in.size() / n; ++line) {
      const std::int64_t base = line / inner * n * inner + line % inner;
      T total = kIsSum ? T(0) : T(1);
      for (std::int64_t k = 0; k < n; ++k) {
        const std::int64_t at = base + (reverse ? n - 1 - k : k) * inner;
        const T before = total;
        total = static_cast<T>(kIsSum ? total + in.raw_as<T>()[at] : total * in.raw_as<T>()[at]);
        out.raw_as<T>()[at] = exclusive ? before : total;
      }
    }
  });
}

void gradient_cumsum(const GradientContext& c) {
  if (c.needs[0])
    c.input_gradients[0] =
        apply(kCumsum, c.output_gradients[0], c.inputs[1], Attrs::of(c.attrs.boolean(0), !c.attrs.boolean(1)));
}
// The products behind an element, over that element; at the first 0 of a line the products with a 1 in its place,
// behind it none are left. (TensorFlow's own gradient is NaN where x is 0.)
void gradient_cumprod(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &axis = c.inputs[1];
  const bool exclusive = c.attrs.boolean(0), reverse = c.attrs.boolean(1);
  const auto behind = [&](const Tensor& t) { return apply(kCumsum, t, axis, Attrs::of(exclusive, !reverse)); };
  const Tensor is_zero = equal(x, 0), ones = ones_like(x);
  const Tensor zeros_so_far = apply(kCumsum, cast(is_zero, DType::kInt32), axis, Attrs::of(false, reverse));
  const Tensor first = logical_and(is_zero, equal(zeros_so_far, 1));
  const Tensor mended = apply(kCumprod, where(first, ones, x), axis, c.attrs);
  const Tensor elsewhere = where(is_zero, zeros_like(x), behind(g * c.outputs[0]) / where(is_zero, ones, x));
  c.input_gradients[0] = where(first, behind(g * mended), elsewhere);
}

constexpr std::string_view kNamesScan[] = {"x", "axis"};
constexpr std::string_view kNamesOut[] = {"out"};
constexpr AttrDef kAttrsScan[] = {{"exclusive", AttrKind::kBool}, {"reverse", AttrKind::kBool}};
constexpr TypeAttr kTypesScan[] = {{"T", 0}, {"Tidx", 1}};

}  // namespace

constinit const OpRecord kCumsum = {.name = "Cumsum",
                                    .input_names = kNamesScan,
                                    .output_names = kNamesOut,
                                    .attrs = kAttrsScan,
                                    .types = kTypesScan,
                                    .infer = infer_scan,
                                    .kernel = scan_kernel<true>,
                                    .gradient = gradient_cumsum};
constinit const OpRecord kCumprod = {.name = "Cumprod",
                                     .input_names = kNamesScan,
                                     .output_names = kNamesOut,
                                     .attrs = kAttrsScan,
                                     .types = kTypesScan,
                                     .infer = infer_scan,
                                     .kernel = scan_kernel<false>,
                                     .gradient = gradient_cumprod};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor cumsum(const Tensor& x, int axis, bool exclusive, bool reverse) {
  return apply(kCumsum, x, Tensor(axis), Attrs::of(exclusive, reverse));
}
Tensor cumprod(const Tensor& x, int axis, bool exclusive, bool reverse) {
  return apply(kCumprod, x, Tensor(axis), Attrs::of(exclusive, reverse));
}

}  // namespace namesake
