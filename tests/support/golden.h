// What the golden tests share: descriptions, and how far two tensors are apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

#include "namesake/formats/container/json.h"
#include "namesake/tensor/tensor.h"

namespace namesake::testing {

inline JsonValue read_golden_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  return formats::parse_json(std::string(std::istreambuf_iterator<char>(file), {}), {.file = path});
}

/// The largest difference of two float32 tensors, measured against numbers above 1. Infinite if shapes differ.
inline double difference(const Tensor& ours, const Tensor& theirs) {
  if (ours.shape() != theirs.shape()) return std::numeric_limits<double>::infinity();
  const auto x = ours.data<float>(), y = theirs.data<float>();
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    const double a = x[i], b = y[i], apart = a == b ? 0 : std::fabs(a - b) / std::max(1.0, std::fabs(b));
    most = std::max(most, std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart);
  }
  return most;
}

}  // namespace namesake::testing
