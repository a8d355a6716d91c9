// What the functions see that say a record of ours as a call of Keras's class. Internal to nn.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/nn/keras_ops/op_arguments.h"
#include "namesake/nn/op_layer.h"
#include "namesake/ops/create.h"
#include "namesake/ops/op.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {

/// A call of a record, and the call of Keras's class that is filled in.
class Description {
 public:
  Description(const ops::OpProducer& op, OpCall& call) : op_(op), call_(call) {}

  [[nodiscard]] const ops::Attrs& attrs() const { return op_.attrs(); }
  [[nodiscard]] std::size_t inputs() const { return op_.inputs().size(); }
  [[nodiscard]] const Tensor& input(std::size_t i) const { return op_.inputs()[i]; }

  /// Input `i` as an argument: a tensor's place, a number, or a constant.
  [[nodiscard]] JsonValue argument(std::size_t i) const {
    const Tensor& value = input(i);
    if (value.is_symbolic()) {
      const auto first = op_.inputs().begin();
      return tensor_place(static_cast<std::size_t>(std::count_if(first, first + static_cast<std::ptrdiff_t>(i), [](const Tensor& t) { return t.is_symbolic(); })));
    }
    return value.rank() == 0 ? number(value) : constant_to_json(value);
  }
  /// The numbers of an eager integer input. Not `known` if it is symbolic.
  [[nodiscard]] bool known(std::size_t i) const { return !input(i).is_symbolic(); }
  [[nodiscard]] std::vector<std::int64_t> ints(std::size_t i) const { return cast(input(i), DType::kInt64).to_vector<std::int64_t>(); }
  [[nodiscard]] std::int64_t integer(std::size_t i) const { return ints(i).at(0); }

  void config(std::string_view key, JsonValue value) { call_.config.add(key, std::move(value)); }
  void arguments(std::initializer_list<std::size_t> inputs) {
    for (const std::size_t i : inputs) call_.args.push_back(argument(i));
  }
  void push(JsonValue argument) { call_.args.push_back(std::move(argument)); }
  void keyword(std::string_view key, JsonValue value) { call_.kwargs.add(key, std::move(value)); }

  /// A scalar as python has it.
  [[nodiscard]] static JsonValue number(const Tensor& value) {
    if (value.dtype() == DType::kBool) return value.item<int>() != 0;
    if (value.dtype() == DType::kFloat64) return value.item<double>();
    if (is_floating(value.dtype())) return cast(value, DType::kFloat32).item<float>();
    return cast(value, DType::kInt64).to_vector<std::int64_t>().at(0);
  }

 private:
  const ops::OpProducer& op_;
  OpCall& call_;
};

struct DescribedOp {
  std::string_view record;
  std::string_view class_name;  // Keras's
  std::string_view module;
  bool (*describe)(Description&);  // true if Keras's class can do what the record does
};

/// By family. Where a record has two entries, the first that can is taken.
[[nodiscard]] std::span<const DescribedOp> described_computations();
[[nodiscard]] std::span<const DescribedOp> described_shapes();

[[nodiscard]] inline JsonValue list_of(const std::vector<std::int64_t>& values) { return JsonArray(values.begin(), values.end()); }
[[nodiscard]] inline JsonValue int_or_list(const std::vector<std::int64_t>& values) { return values.size() == 1 ? JsonValue(values[0]) : list_of(values); }

// The first one, two, three inputs are the arguments.
inline bool of_x(Description& d) {
  d.arguments({0});
  return true;
}
inline bool of_pair(Description& d) {
  d.arguments({0, 1});
  return true;
}
inline bool of_three(Description& d) {
  d.arguments({0, 1, 2});
  return true;
}
}  // namespace namesake::nn
