// The data and the first weights of the benchmarks, made of nothing but 64-bit integers, so that C++ and numpy
// (numbers.py says the same in numpy) get the same bits on every machine, whatever the compiler does to sums.
//   bits(s, i)    number i of stream s: splitmix64's output function of ((s << 40) + i + 1) * 0x9E3779B97F4A7C15
//   unit(s, i)    its upper 24 bits as a float in [-1, 1): a multiple of 2^-23, so exact
//   row r, column c of the inputs: unit(kRows, r * inputs + c)
//   label of row r: the class k with the greatest sum over c of input(r, c) * teacher(c, k), the first one in a tie; a
//                   teacher is an odd integer from -7 to 7, so the sums are exact in a double in any order
//   kernels: glorot uniform, limit * unit(...); biases: 0
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace bench {

inline constexpr int kClasses = 10;

enum Stream : std::uint64_t { kRows = 1, kTeacher = 2, kKernel1 = 3, kKernel2 = 4, kKernel3 = 5 };

inline std::uint64_t bits(Stream stream, std::uint64_t i) {
  std::uint64_t z = ((static_cast<std::uint64_t>(stream) << 40) + i + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

inline float unit(Stream stream, std::uint64_t i) {
  constexpr int kHalf = 1 << 23;
  return static_cast<float>(static_cast<int>(bits(stream, i) >> 40) - kHalf) / kHalf;
}

/// The examples: `rows` inputs of `inputs` numbers each, row after row, and the class of each row.
struct Data {
  int rows = 0;
  int inputs = 0;
  std::vector<float> x;     // (rows, inputs)
  std::vector<int> labels;  // (rows)
};

inline int teach(const float* row, const std::vector<double>& teacher, int inputs) {
  double score[kClasses] = {};
  for (int c = 0; c < inputs; ++c) {
    for (int k = 0; k < kClasses; ++k) score[k] += row[c] * teacher[c * kClasses + k];
  }
  int best = 0;
  for (int k = 1; k < kClasses; ++k) best = score[k] > score[best] ? k : best;
  return best;
}

inline Data make_data(int rows, int inputs) {
  const std::size_t width = static_cast<std::size_t>(inputs);
  Data data{rows, inputs, std::vector<float>(rows * width), std::vector<int>(rows)};
  for (std::size_t i = 0; i < data.x.size(); ++i) data.x[i] = unit(kRows, i);
  std::vector<double> teacher(width * kClasses);
  for (std::size_t i = 0; i < teacher.size(); ++i) teacher[i] = 2 * static_cast<int>(bits(kTeacher, i) & 7) - 7;
  for (int r = 0; r < rows; ++r) data.labels[r] = teach(&data.x[r * width], teacher, inputs);
  return data;
}

/// `count` numbers of a kernel with these fans, in Keras's layout.
inline std::vector<float> glorot_uniform(Stream stream, int fan_in, int fan_out, int count) {
  const float limit = static_cast<float>(std::sqrt(6.0 / (fan_in + fan_out)));
  std::vector<float> kernel(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = limit * unit(stream, i);
  return kernel;
}

}  // namespace bench
