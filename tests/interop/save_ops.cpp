// save_ops FOLDER: for every op that Keras has a class for a functional model, saved as FOLDER/<op>.keras. On standard output one line a
// model: its name, and the numbers of its outputs, one after the other. test_keras_ops.py makes the same numbers to feed it with.
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <namesake/namesake.h>

namespace nk = namesake;
using nk::Tensor;
using nk::Tensors;

namespace {

// x is (batch, 3, 4), y (batch, 4).
using Function = std::function<Tensors(const Tensor& x, const Tensor& y)>;

Tensor wave(const nk::Shape& shape, double step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.count(); ++i) values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i) + 0.3)));
  return Tensor::of(std::span<const float>(values), shape);
}

Tensor positive(const Tensor& x) { return nk::abs(x) + 0.5F; }
Tensor whole(const Tensor& x) { return nk::cast(x * 5.0F, nk::DType::kInt32); }

Function of(Tensor (*function)(const Tensor&)) {
  return [function](const Tensor& x, const Tensor&) { return Tensors{function(x)}; };
}
Function of_positive(Tensor (*function)(const Tensor&)) {
  return [function](const Tensor& x, const Tensor&) { return Tensors{function(positive(x))}; };
}
Function of_unit(Tensor (*function)(const Tensor&)) {
  return [function](const Tensor& x, const Tensor&) { return Tensors{function(x * 0.9F)}; };
}
Function of_pair(Tensor (*function)(const Tensor&, const Tensor&)) {
  return [function](const Tensor& x, const Tensor& y) { return Tensors{function(x, nk::expand_dims(y, 1))}; };
}
// A function of x alone, or of both, with one output.
template <class F>
Function one(F function) {
  return [function](const Tensor& x, const Tensor& y) {
    if constexpr (std::is_invocable_v<F, const Tensor&>) {
      static_cast<void>(y);
      return Tensors{function(x)};
    } else {
      return Tensors{function(x, y)};
    }
  };
}

using Cases = std::vector<std::pair<std::string, Function>>;

Cases elementwise() {
  return {
      {"add", of_pair(nk::add)}, {"subtract", of_pair(nk::subtract)}, {"multiply", of_pair(nk::multiply)}, {"divide", of_pair(nk::divide)},
      {"divide_no_nan", of_pair(nk::divide_no_nan)}, {"floor_divide", of_pair(nk::floor_divide)}, {"mod", of_pair(nk::mod)},
      {"maximum", of_pair(nk::maximum)}, {"minimum", of_pair(nk::minimum)}, {"squared_difference", of_pair(nk::squared_difference)},
      {"equal", of_pair(nk::equal)}, {"not_equal", of_pair(nk::not_equal)}, {"greater", of_pair(nk::greater)},
      {"greater_equal", of_pair(nk::greater_equal)}, {"less", of_pair(nk::less)}, {"less_equal", of_pair(nk::less_equal)},
      {"arctan2", of_pair(nk::arctan2)},
      {"power", one([](const Tensor& x, const Tensor& y) { return nk::power(positive(x), nk::expand_dims(y, 1)); })},
      {"numbers", one([](const Tensor& x) { return 1.5F - x * 2 / 3.25F + nk::power(x, 2); })},
      {"whole_numbers", one([](const Tensor& x) { return whole(x) * 3 + 1; })},
      {"constant", one([](const Tensor& x) { return x + Tensor::of<float>({0.1F, 1, -2, 3}, {4}); })},
      {"constant_before", one([](const Tensor& x) { return Tensor::of<float>({1, 2, 3}, {3, 1}) - x; })},
      {"mixed", one([](const Tensor& x) { return x + whole(x); })},
      {"logical", one([](const Tensor& x) { return nk::logical_or(nk::logical_and(x > 0, x < 0.5F), nk::logical_not(x > -0.5F)); })},
      {"logical_xor", one([](const Tensor& x) { return nk::logical_xor(x > 0, x < 0.5F); })},
      {"where", one([](const Tensor& x, const Tensor& y) { return nk::where(x > 0, x, nk::expand_dims(y, 1)); })},
      {"where_numbers", one([](const Tensor& x) { return nk::where(x > 0, Tensor(1.0F), Tensor(-1.5F)); })},
      {"clip", one([](const Tensor& x) { return nk::clip(x, -0.25, 0.5); })},
      {"cast", one(whole)},
      {"cast_bool", one([](const Tensor& x) { return nk::cast(x > 0, nk::DType::kFloat32); })},
      {"negative", of(nk::negative)}, {"abs", of(nk::abs)}, {"sign", of(nk::sign)}, {"square", of(nk::square)}, {"exp", of(nk::exp)},
      {"expm1", of(nk::expm1)}, {"sin", of(nk::sin)}, {"cos", of(nk::cos)}, {"tan", of(nk::tan)}, {"sinh", of(nk::sinh)},
      {"cosh", of(nk::cosh)}, {"arctan", of(nk::arctan)}, {"arcsinh", of(nk::arcsinh)}, {"arcsin", of_unit(nk::arcsin)},
      {"arccos", of_unit(nk::arccos)}, {"arctanh", of_unit(nk::arctanh)}, {"erfinv", of_unit(nk::erfinv)}, {"floor", of(nk::floor)},
      {"ceil", of(nk::ceil)}, {"round", of(nk::round)}, {"erf", of(nk::erf)}, {"isfinite", of(nk::isfinite)}, {"isnan", of(nk::isnan)},
      {"isinf", of(nk::isinf)}, {"stop_gradient", of(nk::stop_gradient)}, {"identity", of(nk::identity)}, {"zeros_like", of(nk::zeros_like)},
      {"ones_like", of(nk::ones_like)}, {"sqrt", of_positive(nk::sqrt)}, {"rsqrt", of_positive(nk::rsqrt)},
      {"reciprocal", of_positive(nk::reciprocal)}, {"log", of_positive(nk::log)}, {"log1p", of_positive(nk::log1p)},
      {"log2", of_positive(nk::log2)}, {"log10", of_positive(nk::log10)},
      {"arccosh", one([](const Tensor& x) { return nk::arccosh(positive(x) + 1.0F); })},
  };
}

Cases activations() {
  return {
      {"relu", of(nk::relu)}, {"relu6", of(nk::relu6)}, {"selu", of(nk::selu)}, {"softplus", of(nk::softplus)}, {"softsign", of(nk::softsign)},
      {"sigmoid", of(nk::sigmoid)}, {"tanh", of(nk::tanh)}, {"silu", of(nk::silu)}, {"hard_sigmoid", of(nk::hard_sigmoid)},
      {"hard_silu", of(nk::hard_silu)}, {"hard_tanh", of(nk::hard_tanh)}, {"mish", of(nk::mish)}, {"log_sigmoid", of(nk::log_sigmoid)},
      {"tanh_shrink", of(nk::tanh_shrink)}, {"sparse_plus", of(nk::sparse_plus)}, {"sparse_sigmoid", of(nk::sparse_sigmoid)},
      {"leaky_relu", one([](const Tensor& x) { return nk::leaky_relu(x, 0.3); })},
      {"elu", one([](const Tensor& x) { return nk::elu(x); })}, {"elu_2", one([](const Tensor& x) { return nk::elu(x, 2); })},
      {"celu", one([](const Tensor& x) { return nk::celu(x, 0.5); })}, {"gelu", one([](const Tensor& x) { return nk::gelu(x); })},
      {"gelu_approximate", one([](const Tensor& x) { return nk::gelu(x, true); })},
      {"soft_shrink", one([](const Tensor& x) { return nk::soft_shrink(x); })},
      {"hard_shrink", one([](const Tensor& x) { return nk::hard_shrink(x); })},
      {"threshold", one([](const Tensor& x) { return nk::threshold(x, 0.25, -7); })},
      {"squareplus", one([](const Tensor& x) { return nk::squareplus(x); })}, {"glu", one([](const Tensor& x) { return nk::glu(x); })},
      {"softmax", one([](const Tensor& x) { return nk::softmax(x); })}, {"softmax_1", one([](const Tensor& x) { return nk::softmax(x, 1); })},
      {"log_softmax", one([](const Tensor& x) { return nk::log_softmax(x); })},
      {"sparsemax", one([](const Tensor& x) { return nk::sparsemax(x); })},
  };
}

Cases reductions() {
  return {
      {"sum", one([](const Tensor& x) { return nk::sum(x, 1); })}, {"sum_all", one([](const Tensor& x) { return nk::sum(x); })},
      {"mean", one([](const Tensor& x) { return nk::mean(x, {1, 2}, true); })}, {"max", one([](const Tensor& x) { return nk::max(x, -1); })},
      {"min", one([](const Tensor& x) { return nk::min(x, {-1, 1}); })}, {"prod", one([](const Tensor& x) { return nk::prod(x, 2, true); })},
      {"all", one([](const Tensor& x) { return nk::all(x > -0.8F, 1); })}, {"any", one([](const Tensor& x) { return nk::any(x > 0.8F, 1); })},
      {"variance", one([](const Tensor& x) { return nk::variance(x, 1); })},
      {"standard_deviation", one([](const Tensor& x) { return nk::standard_deviation(x, 2); })},
      {"moments", [](const Tensor& x, const Tensor&) { const nk::Moments both = nk::moments(x, 1); return Tensors{both.mean, both.variance}; }},
      {"logsumexp", one([](const Tensor& x) { return nk::logsumexp(x, 1); })}, {"norm", one([](const Tensor& x) { return nk::norm(x, -1); })},
      {"normalize", one([](const Tensor& x) { return nk::normalize(x); })}, {"argmax", one([](const Tensor& x) { return nk::argmax(x, 1); })},
      {"argmin", one([](const Tensor& x) { return nk::argmin(x); })}, {"cumsum", one([](const Tensor& x) { return nk::cumsum(x, 1); })},
      {"cumprod", one([](const Tensor& x) { return nk::cumprod(x, 2); })},
      {"top_k", [](const Tensor& x, const Tensor&) { const nk::TopK top = nk::top_k(x, 2); return Tensors{top.values, top.indices}; }},
      {"in_top_k", one([](const Tensor&, const Tensor& y) { return nk::in_top_k(nk::argmax(y * y), y, 2); })},
      {"sort", one([](const Tensor& x) { return nk::sort(x, -1); })}, {"argsort", one([](const Tensor& x) { return nk::argsort(x, 1); })},
      {"one_hot", one([](const Tensor& x) { return nk::one_hot(nk::argmax(x, 1), 3); })},
  };
}

Cases shapes() {
  const auto pairs = std::to_array<std::array<std::int64_t, 2>>({{0, 0}, {1, 2}, {0, 3}});
  return {
      {"reshape", one([](const Tensor& x) { return nk::reshape(x, {-1, 2, 6}); })},
      {"transpose", one([](const Tensor& x) { return nk::transpose(x, {0, 2, 1}); })}, {"transpose_all", one([](const Tensor& x) { return nk::transpose(x); })},
      {"expand_dims", one([](const Tensor& x) { return nk::expand_dims(x, -1); })},
      {"squeeze", one([](const Tensor& x) { return nk::squeeze(nk::sum(x, 1, true), {1}); })},
      {"concatenate", one([](const Tensor& x, const Tensor& y) { return nk::concatenate({x, nk::expand_dims(y, 1), x}, 1); })},
      {"stack", one([](const Tensor& x) { return nk::stack({x, x * 2.0F}, 1); })},
      {"split", [](const Tensor& x, const Tensor&) { return nk::split(x, 2, -1); }},
      {"split_one", [](const Tensor& x, const Tensor&) { return Tensors{nk::split(x, 2, -1)[1]}; }},
      {"split_at", [](const Tensor& x, const Tensor&) { return nk::split(x, {1, 3}, 2); }},
      {"unstack", [](const Tensor& x, const Tensor&) { return nk::unstack(x, 1); }},
      {"tile", one([](const Tensor& x) { return nk::tile(x, {1, 2, 3}); })}, {"repeat", one([](const Tensor& x) { return nk::repeat(x, 2, 1); })},
      {"pad", one([pairs](const Tensor& x) { return nk::pad(x, pairs); })}, {"pad_number", one([pairs](const Tensor& x) { return nk::pad(x, pairs, 1.5); })},
      {"pad_reflect", one([pairs](const Tensor& x) { return nk::pad(x, pairs, "reflect"); })},
      {"pad_symmetric", one([pairs](const Tensor& x) { return nk::pad(x, pairs, "symmetric"); })},
      {"flip", one([](const Tensor& x) { return nk::flip(x, {1, 2}); })}, {"roll", one([](const Tensor& x) { return nk::roll(x, 2, 1); })},
      {"tril", one([](const Tensor& x) { return nk::tril(x, 1); })}, {"triu", one([](const Tensor& x) { return nk::triu(x); })},
      {"diagonal", one([](const Tensor& x) { return nk::diagonal(x, 1, 1, 2); })}, {"trace", one([](const Tensor& x) { return nk::trace(x, 0, 1, 2); })},
      {"slice_axis", one([](const Tensor& x) { return nk::slice_axis(x, 1, 1, 3); })}, {"take_one", one([](const Tensor& x) { return nk::take_one(x, -1, -1); })},
      {"slice", one([](const Tensor& x) { return nk::slice(x, {0, 1, 1}, {-1, 2, 2}); })},
      {"take", one([](const Tensor& x) { return nk::take(x, Tensor::of<std::int32_t>({2, 0, 2, 1}, {2, 2}), 1); })},
      {"take_computed", one([](const Tensor& x) { return nk::take(Tensor::of<float>({5, 6, 7}, {3}), nk::argmax(x, 1)); })},
      {"take_along_axis", one([](const Tensor& x) { return nk::take_along_axis(x, nk::argsort(x, 1), 1); })},
  };
}

Cases products() {
  return {
      {"matmul", one([](const Tensor& x) { return nk::matmul(x, nk::transpose(x, {0, 2, 1})); })},
      {"matmul_constant", one([](const Tensor& x) { return nk::matmul(x, wave({4, 2}, 0.9)); })},
      {"matmul_2", one([](const Tensor&, const Tensor& y) { return nk::matmul(y, wave({4, 2}, 0.9)); })},
      {"matmul_transposed", one([](const Tensor&, const Tensor& y) { return nk::matmul(y, wave({2, 4}, 0.9), false, true); })},
      {"einsum", one([](const Tensor& x, const Tensor& y) { return nk::einsum("bij,bj->bi", {x, y}); })},
      {"bias_add", one([](const Tensor& x) { return nk::bias_add(x, wave({4}, 0.9)); })},
  };
}

void save(const std::filesystem::path& folder, const std::string& name, const Function& function) {
  const Tensor x = nk::Input({.shape = {3, 4}, .name = "x"}), y = nk::Input({.shape = {4}, .name = "y"});
  const nk::Model model({x, y}, nk::Feed(function(x, y)), {.name = name});
  model.save(folder / (name + ".keras"));
  std::printf("%s", name.c_str());
  for (const Tensor& output : model(Tensors{wave({2, 3, 4}, 1.7), wave({2, 4}, 2.3)})) {
    const Tensor numbers = nk::cast(output, nk::DType::kFloat32);
    for (const float number : numbers.data<float>()) std::printf(" %.9g", static_cast<double>(number));
  }
  std::printf("\n");
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: save_ops FOLDER\n", stderr);
    return 2;
  }
  int failed = 0;
  for (const Cases& cases : {elementwise(), activations(), reductions(), shapes(), products()}) {
    for (const auto& [name, function] : cases) {
      try {
        save(words[1], name, function);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        failed = 2;
      }
    }
  }
  return failed;
}
