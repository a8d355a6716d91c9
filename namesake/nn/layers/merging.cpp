#include "namesake/nn/layers/merging.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

std::string text_of(std::span<const Shape> shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "" : ", ") + to_string(shape);
  return text;
}

int most_axes(std::span<const Shape> shapes) {
  int most = 0;
  for (const Shape& shape : shapes) most = std::max(most, shape.rank());
  return most;
}

// Axes of size 1 behind the batch axis, until there are `rank`.
Shape padded(const Shape& shape, int rank) {
  Shape wide({shape.rank() > 0 ? shape[0] : 1});
  for (int i = shape.rank(); i < rank; ++i) wide.push_back(1);
  for (int i = 1; i < shape.rank(); ++i) wide.push_back(shape[i]);
  return wide;
}

bool all_have_masks(const Tensors& tensors) {
  return std::all_of(tensors.begin(), tensors.end(), [](const Tensor& x) { return x.has_mask(); });
}

// A mask (batch, steps) at each feature of x.
Tensor mask_for(const Tensor& mask, const Tensor& x) {
  return cast(broadcast_like(cast(expand_dims(mask, -1), x.dtype()), x), DType::kBool);
}

using Choice = Tensor (*)(const Tensor&, const Tensor&);

// The larger (smaller) one of what masks let through. The result has Keras's mask if each input has one.
Tensor choose(const Tensors& inputs, Choice choice) {
  Tensor output, shown;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor x = inputs[i];
    const Tensor mask = x.has_mask() ? mask_for(x.mask(), x) : Tensor();
    if (i == 0) {
      output = x;
      shown = mask;
      continue;
    }
    if (mask.defined()) x = where(mask, x, output);
    if (shown.defined()) output = where(shown, output, x);
    shown = mask.defined() && shown.defined() ? logical_or(shown, mask) : Tensor();
    output = choice(output, x);
  }
  if (shown.defined() && inputs.size() > 1) output.set_mask(any(shown, -1));
  return output;
}

Tensor sum_of(const Tensors& inputs) {
  Tensor output = inputs.at(0);
  for (std::size_t i = 1; i < inputs.size(); ++i) output = output + inputs[i];
  return output;
}

}  // namespace

// ---- what they share

void MergeBody::refuse_inputs(std::string expected, std::span<const Shape> inputs) const {
  refuse_input(std::move(expected), text_of(inputs));
}

void MergeBody::build_many(std::span<const Shape> inputs) {
  if (inputs.empty()) refuse_inputs("one input at least", inputs);
  const int rank = most_axes(inputs);
  for (int axis = 0; axis < rank; ++axis) {
    std::int64_t common = 1;
    for (const Shape& input : inputs) {
      const std::int64_t size = padded(input, rank)[axis];
      if (size < 0 || size == 1) continue;
      if (common != 1 && common != size) refuse_inputs("shapes that are equal, or can be broadcast", inputs);
      common = size;
    }
  }
}

Tensors MergeBody::call_many(const Tensors& inputs, CallContext&) {
  std::vector<Shape> shapes;
  for (const Tensor& x : inputs) shapes.push_back(x.shape());
  const int rank = most_axes(shapes);
  Tensors ready = inputs;
  for (Tensor& x : ready) {
    const Tensor mask = x.mask();
    if (x.rank() == rank) continue;
    while (x.rank() < rank) x = expand_dims(x, 1);
    x.set_mask(mask);
  }
  return {merge(ready)};
}

Tensors MergeBody::compute_mask(const Tensors&, const Tensors& masks) {
  if (!std::all_of(masks.begin(), masks.end(), [](const Tensor& mask) { return mask.defined(); })) return {Tensor()};
  Tensor shown = masks.at(0);
  for (std::size_t i = 1; i < masks.size(); ++i) shown = logical_or(shown, masks[i]);
  return {shown};
}

// ---- element by element

Tensor AddBody::merge(const Tensors& inputs) { return sum_of(inputs); }

Tensor AverageBody::merge(const Tensors& inputs) { return sum_of(inputs) / static_cast<double>(inputs.size()); }

void SubtractBody::build_many(std::span<const Shape> inputs) {
  if (inputs.size() != 2) refuse_inputs("two inputs", inputs);
  MergeBody::build_many(inputs);
}

Tensor SubtractBody::merge(const Tensors& inputs) { return inputs.at(0) - inputs.at(1); }

Tensor MultiplyBody::merge(const Tensors& inputs) {
  const bool masked = all_have_masks(inputs);
  Tensor output, shown;
  for (Tensor x : inputs) {
    if (x.has_mask()) {
      const Tensor mask = mask_for(x.mask(), x);
      x = where(mask, x, ops::number_beside(1.0, x));
      if (masked) shown = shown.defined() ? logical_or(shown, mask) : mask;
    }
    output = output.defined() ? output * x : x;
  }
  if (!masked) return output;
  output = where(shown, output, ops::number_beside(0.0, output));
  output.set_mask(any(shown, -1));
  return output;
}

Tensor MaximumBody::merge(const Tensors& inputs) { return choose(inputs, maximum); }
Tensor MinimumBody::merge(const Tensors& inputs) { return choose(inputs, minimum); }

// ---- Concatenate

void ConcatenateBody::config(Options& o, ConfigFields& f) { f("axis", o.axis); }

void ConcatenateBody::build_many(std::span<const Shape> inputs) {
  if (inputs.empty()) refuse_inputs("one input at least", inputs);
  const int rank = inputs[0].rank(), axis = axis_ < 0 ? axis_ + rank : axis_;
  if (axis < 0 || axis >= rank) refuse_inputs(fmt::format("shapes that have an axis {}", axis_), inputs);
  Shape common = inputs[0];
  for (const Shape& input : inputs.subspan(1)) {
    common.set(axis, input.rank() == rank ? input[axis] : Shape::kOpen);
    if (!common.compatible_with(input)) refuse_inputs(fmt::format("shapes that are equal but for axis {}", axis_), inputs);
  }
}

Tensor ConcatenateBody::merge(const Tensors& inputs) { return concatenate(inputs, axis_); }

Tensors ConcatenateBody::compute_mask(const Tensors& inputs, const Tensors& masks) {
  if (std::none_of(masks.begin(), masks.end(), [](const Tensor& mask) { return mask.defined(); })) return {Tensor()};
  Tensors shown;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& x = inputs[i];
    if (!masks[i].defined()) {
      shown.push_back(cast(ones_like(x), DType::kBool));
    } else {
      shown.push_back(masks[i].rank() < x.rank() ? mask_for(masks[i], x) : masks[i]);
    }
  }
  return {any(concatenate(shown, axis_), -1)};
}

}  // namespace namesake::nn
