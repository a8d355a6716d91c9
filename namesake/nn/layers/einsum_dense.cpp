#include "namesake/nn/layers/einsum_dense.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/einsum.h"
#include "namesake/ops/math.h"

namespace namesake::nn {
namespace {

constexpr std::string_view kOpen = "...";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes "..." off the front or the back; true if it was there.
bool take_open(std::string& letters, bool front) {
  if (front ? !letters.starts_with(kOpen) : !letters.ends_with(kOpen)) return false;
  letters.erase(front ? 0 : letters.size() - kOpen.size(), kOpen.size());
  return true;
}

int place_of(const std::string& letters, char letter) {
  const auto found = letters.find(letter);
  return found == std::string::npos ? -1 : static_cast<int>(found);
}

}  // namespace

void EinsumDenseBody::config(Options& o, ConfigFields& f) {
  f("output_shape", o.output_shape);
  f("equation", o.equation);
  f("activation", o.activation);
  if (f.reading() || !o.bias_axes.empty()) {
    f("bias_axes", o.bias_axes);
  } else {
    f.always("bias_axes", nullptr);
  }
  f("kernel_initializer", o.kernel_initializer);
  f("bias_initializer", o.bias_initializer);
  f("kernel_regularizer", o.kernel_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("activity_regularizer", o.activity_regularizer);
  f("kernel_constraint", o.kernel_constraint);
  f("bias_constraint", o.bias_constraint);
}

EinsumDenseBody::EinsumDenseBody(Options options) : options_(std::move(options)), equation_(parsed()) {}

EinsumDenseBody::Equation EinsumDenseBody::parsed() const {
  const std::string& text = options_.equation;
  const auto comma = text.find(','), arrow = text.find("->");
  Equation e;
  bool fine = comma != std::string::npos && arrow != std::string::npos && comma < arrow;
  if (fine) {
    e = {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
    e.open_left = take_open(e.input, true);
    e.open_right = take_open(e.input, false);
    fine = take_open(e.output, true) == e.open_left && take_open(e.output, false) == e.open_right && !(e.open_left && e.open_right);
    for (const std::string* letters : {&e.input, &e.kernel, &e.output}) {
      fine = fine && !letters->empty() && std::all_of(letters->begin(), letters->end(), is_letter);
    }
  }
  for (const char c : e.output) fine = fine && place_of(e.input + e.kernel, c) >= 0;
  for (const char c : e.kernel) fine = fine && place_of(e.input + e.output, c) >= 0;
  for (const char c : options_.bias_axes) fine = fine && place_of(e.output, c) >= 0;
  if (fine) return e;
  throw InvalidArgument({.subject = "equation",
                         .what = "EinsumDense got an equation that it cannot use.",
                         .expected = "letters of the form ab,bc->ac, ...ab,bc->...ac or ab...,bc->ac...; each letter of the output, and of "
                                     "the kernel, in another part too; bias_axes out of the output's",
                         .received = fmt::format("equation = \"{}\", bias_axes = \"{}\"", text, options_.bias_axes),
                         .places = {{"here", site(), {}, {}}}});
}

// The batch axis, those of a "..." in front, output_shape, those of a "..." behind.
Shape EinsumDenseBody::full_output(const Shape& input, int open_axes) const {
  Shape output({input[0]});
  for (int i = 1; equation_.open_left && i < open_axes; ++i) output.push_back(input[i]);
  for (const std::int64_t size : options_.output_shape.sizes()) output.push_back(size);
  for (int i = input.rank() - open_axes; equation_.open_right && i < input.rank(); ++i) output.push_back(input[i]);
  return output;
}

void EinsumDenseBody::build(const Shape& input) {
  const int open_axes = input.rank() - static_cast<int>(equation_.input.size());
  const bool open = equation_.open_left || equation_.open_right;
  if (open_axes < 0 || (open_axes > 0 && !open)) {
    refuse_input(fmt::format("{}{} axes, as in \"{}\"", open ? "at least " : "", equation_.input.size(), options_.equation), to_string(input));
  }
  const Shape output = full_output(input, open_axes);
  if (output.rank() != static_cast<int>(equation_.output.size()) + open_axes) {
    refuse_input(fmt::format("an output_shape for each letter of \"{}\" but the batch's", equation_.output), to_string(input));
  }
  check_shared(input, output, equation_.open_left ? open_axes : 0);
  make_kernel(input, output, open_axes);
  make_bias(output, open_axes);
}

// A size of output_shape whose letter is the input's too: None, or the same.
void EinsumDenseBody::check_shared(const Shape& input, const Shape& output, int skipped) const {
  for (std::size_t i = 1; i < equation_.input.size(); ++i) {
    const int in = static_cast<int>(i) + skipped, out = place_of(equation_.output, equation_.input[i]);
    if (out < 0 || output[out + skipped] < 0 || output[out + skipped] == input[in]) continue;
    refuse_input(fmt::format("{} on the axis \"{}\", as in output_shape, or -1 there", output[out + skipped], equation_.input[i]), to_string(input));
  }
}

void EinsumDenseBody::make_kernel(const Shape& input, const Shape& output, int open_axes) {
  const int skipped = equation_.open_left ? open_axes : 0;
  Shape shape = Shape::scalar();
  std::vector<std::int64_t> input_axes, output_axes;
  for (const char letter : equation_.kernel) {
    const int in = place_of(equation_.input, letter), out = place_of(equation_.output, letter);
    (out >= 0 ? output_axes : input_axes).push_back(shape.rank());
    shape.push_back(out >= 0 ? output[out + skipped] : input[in + skipped]);
    if (in >= 0 && out >= 0 && shape.back() < 0) shape.set(shape.rank() - 1, input[in + skipped]);
  }
  if (!shape.fully_known()) refuse_input("known sizes of the kernel's letters", to_string(input));
  kernel_ = add_weight({.name = "kernel",
                        .shape = shape,
                        .initializer = options_.kernel_initializer.with_axes(AxisList(input_axes), AxisList(output_axes)),
                        .regularizer = options_.kernel_regularizer,
                        .constraint = options_.kernel_constraint});
}

// From the first letter of the bias on, so that it broadcasts from the last axis.
void EinsumDenseBody::make_bias(const Shape& output, int open_axes) {
  if (options_.bias_axes.empty()) return;
  const int skipped = equation_.open_left ? open_axes : 0;
  Shape shape = Shape::scalar();
  const std::size_t first = equation_.output.find_first_of(options_.bias_axes);
  for (std::size_t i = first; i < equation_.output.size(); ++i) {
    const bool own = place_of(options_.bias_axes, equation_.output[i]) >= 0;
    shape.push_back(own ? output[static_cast<int>(i) + skipped] : 1);
  }
  for (int i = 0; equation_.open_right && i < open_axes; ++i) shape.push_back(1);
  if (!shape.fully_known()) refuse_input("an output_shape with known sizes for bias_axes", to_string(output));
  bias_ = add_weight(bias_of(options_, shape));
}

Tensor EinsumDenseBody::call(const Tensor& x, CallContext&) {
  Tensor y = einsum(options_.equation, {is_floating(x.dtype()) ? x : cast(x, compute_dtype()), kernel_});
  if (bias_.defined()) y = y + bias_.value();
  return options_.activation(y);
}

}  // namespace namesake::nn
