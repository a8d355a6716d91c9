#include "namesake/nn/layers/recurrent_loop.h"

#include <optional>
#include <utility>
#include <vector>

#include "namesake/graph/while_loop.h"
#include "namesake/nn/layers/recurrent_cell.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/tensor_list.h"

namespace namesake::nn {
namespace {

constexpr int kTime = 1;

Tensor number(std::int64_t value) { return Tensor(static_cast<std::int32_t>(value)); }

// (batch, steps, ...) and (steps, batch, ...): the one from the other.
Tensor other_major(const Tensor& x) {
  std::vector<std::int64_t> axes(static_cast<std::size_t>(x.rank()));
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(i);
  std::swap(axes[0], axes[1]);
  return transpose(x, axes);
}

// A list with an item, (batch, ...), for each step.
class StepList {
 public:
  explicit StepList(const Tensor& x) : dtype_(x.dtype()) {
    const Tensor rows = other_major(x);
    std::vector<std::int32_t> sizes;
    for (int axis = 1; axis < rows.rank(); ++axis) sizes.push_back(static_cast<std::int32_t>(rows.shape()[axis]));
    element_ = Tensor::of<std::int32_t>(sizes, {static_cast<std::int64_t>(sizes.size())});
    list_ = ops::apply(ops::kTensorListFromTensor, rows, element_);
  }
  [[nodiscard]] Tensor at(const Tensor& step) const { return ops::apply(ops::kTensorListGetItem, {list_, step, element_}, ops::Attrs::of(dtype_)); }

 private:
  DType dtype_;
  Tensor element_, list_;
};

// Where what goes around stands among the loop variables.
struct Places {
  bool list = false, output = false;
  [[nodiscard]] std::size_t of_output() const { return list ? 2 : 1; }
  [[nodiscard]] std::size_t of_states() const { return of_output() + (output ? 1 : 0); }
};

}  // namespace

Tensor where_step_counts(const Tensor& mask, const Tensor& now, const Tensor& before) {
  Tensor wide = mask;
  while (wide.rank() < now.rank()) wide = expand_dims(wide, -1);
  return where(wide, now, before);
}

LoopResult loop_over_steps(const LoopOfSteps& loop) {
  const std::int64_t count = loop.inputs.shape()[kTime];
  const Tensor steps = count == Shape::kOpen ? take_one(shape_of(loop.inputs), 0, kTime) : number(count);
  const bool masked = loop.mask.defined(), repeats = masked && !loop.zero_output_for_mask;
  const Places places{loop.all_outputs, !loop.all_outputs || repeats};
  const StepList inputs(loop.inputs);
  const std::optional<StepList> masks = masked ? std::optional<StepList>(cast(loop.mask, DType::kBool)) : std::nullopt;
  const DType dtype = loop.inputs.dtype();
  const Tensor element = Tensor::of<std::int32_t>({-1, static_cast<std::int32_t>(loop.output_size)}, {2});

  const auto body = [&](const Tensors& v) {
    const Tensor at = loop.backwards ? steps - 1 - v[0] : v[0];
    const Tensors states(v.begin() + static_cast<std::ptrdiff_t>(places.of_states()), v.end());
    Tensors made = loop.step(inputs.at(at), states);
    if (masked) {
      const Tensor counts = expand_dims(masks->at(at), -1);
      made[0] = where_step_counts(counts, made[0], repeats ? v[places.of_output()] : zeros_like(made[0]));
      for (std::size_t i = 0; i < states.size(); ++i) made[i + 1] = where_step_counts(counts, made[i + 1], states[i]);
    }
    Tensors next{v[0] + 1};
    if (places.list) next.push_back(ops::apply(ops::kTensorListSetItem, {v[1], v[0], made[0]}, ops::Attrs::of(false)));
    next.insert(next.end(), made.begin() + (places.output ? 0 : 1), made.end());
    return next;
  };
  Tensors first{number(0)};
  if (places.list) first.push_back(ops::apply(ops::kTensorListReserve, {element, steps}, ops::Attrs::of(dtype)));
  if (places.output) first.push_back(zeros_for_batch(loop.inputs, loop.output_size, dtype));
  first.insert(first.end(), loop.states.begin(), loop.states.end());
  const Tensors last = while_loop([&](const Tensors& v) { return less(v[0], steps); }, body, std::move(first));

  LoopResult result;
  result.outputs = places.list ? other_major(ops::apply(ops::kTensorListStack, {last[1], element}, ops::Attrs::of(dtype, count))) : last[1];
  result.states.assign(last.begin() + static_cast<std::ptrdiff_t>(places.of_states()), last.end());
  return result;
}

}  // namespace namesake::nn
