// Calls of the ops that graphs of others have and layers here do not make, for the checks of gradients by central differences.
#pragma once

#include "namesake/ops/gradient_cases_test_support.h"

namespace namesake::ops {

inline Tensor pairs(std::initializer_list<std::int32_t> values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / 2, 2});
}
inline Tensor probabilities(const Shape& shape) { return abs(normal_doubles(shape, 4)) * 0.1 + 0.2; }

inline void add_graph_functions(Cases& cases) {
  for (const OpRecord* op : {&kErfc, &kRint}) cases.push_back({op, {normals_of({2, 3})}, {}});
  for (const OpRecord* op : {&kLgamma, &kInv}) cases.push_back({op, {positive({2, 3})}, {}});
  cases.push_back({&kNdtri, {probabilities({2, 3})}, {}});
  for (const OpRecord* op : {&kXdivy, &kXlogy, &kXlog1py, &kMulNoNan, &kDiv}) {
    cases.push_back({op, {normals_of({2, 3}), positive({2, 3})}, {}});
    cases.push_back({op, {normals_of({2, 1}), positive({3})}, {}});
  }
}

inline void add_graph_sums(Cases& cases) {
  cases.push_back({&kAddN, {normals_of({2, 3}), normals_of({2, 3}, 5), normals_of({2, 3}, 6)}, {}});
  cases.push_back({&kL2Loss, {normals_of({2, 3})}, {}});
  cases.push_back({&kEuclideanNorm, {normals_of({2, 3, 2}), ints({0, -1})}, {}, Attrs::of(false)});
  cases.push_back({&kEuclideanNorm, {normals_of({2, 3}), ints({1})}, {}, Attrs::of(true)});
  cases.push_back({&kLRN, {normals_of({1, 2, 1, 5})}, {}, Attrs::of(1, 1.5, 0.5, 0.75)});
  cases.push_back({&kCross, {normals_of({2, 3}), normals_of({2, 3}, 5)}, {}});
}

inline void add_graph_places(Cases& cases) {
  cases.push_back({&kSpaceToBatchND, {normals_of({1, 3, 4, 2}), ints({2, 2}), pairs({1, 0, 0, 2})}, {}});
  cases.push_back({&kReverseSequence, {normals_of({2, 3, 2}), ints({2, 3})}, {}, Attrs::of(1, 0)});
  cases.push_back({&kMatrixSetDiagV3, {normals_of({2, 3, 2}), normals_of({2, 2}, 5), Tensor(-1)}, {}, Attrs::of(1)});
  cases.push_back({&kDynamicStitch, {ints({0, 3}), ints({2, 1}), normals_of({2, 2}), normals_of({2, 2}, 5)}, {}, Attrs::of(2)});
  cases.push_back({&kDynamicPartition, {normals_of({4, 2}), ints({1, 0, 2, 1})}, {}, Attrs::of(3)});
  cases.push_back({&kBatchToSpaceND, {normals_of({4, 2, 2, 1}), ints({2, 2}), pairs({1, 0, 0, 1})}, {}});
}

inline void add_graph_ops(Cases& cases) {
  add_graph_functions(cases);
  add_graph_sums(cases);
  add_graph_places(cases);
}

}  // namespace namesake::ops
