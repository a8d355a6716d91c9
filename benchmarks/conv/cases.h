// The sizes of this benchmark's cases: a small convolutional net on 28x28 images,
//   Conv2D(16, 3, relu), MaxPooling2D, Conv2D(32, 3, relu), MaxPooling2D, Flatten, Dense(10, softmax)
//   fit_batch_32       one epoch over all images in order, Adam(0.001), class numbers as labels; fit_batch_128 likewise
//   predict_batch_32   the probabilities of all images, by the first weights; predict_batch_128 likewise
// loss_first is the loss of the first batch before any update, or of the first image; loss the mean over the first epoch, or
// over all images. cases.py has the same in Python.
#pragma once

#include "benchmarks/shared/numbers.h"
#include "benchmarks/shared/programs.h"

namespace conv {

using namespace bench;

inline constexpr int kSide = 28;
inline constexpr int kPixels = kSide * kSide;
inline constexpr int kFilters1 = 16;
inline constexpr int kFilters2 = 32;
inline constexpr int kFlat = 5 * 5 * kFilters2;

inline int rows(const Arguments& arguments) { return arguments.quick ? 640 : 12'800; }

/// Noise, with 1 added on a square of 6x6 whose place is the class.
inline Data make_images(int rows) {
  Data data{rows, kPixels, std::vector<float>(static_cast<std::size_t>(rows) * kPixels), std::vector<int>(static_cast<std::size_t>(rows))};
  for (std::size_t i = 0; i < data.x.size(); ++i) data.x[i] = unit(kRows, i);
  for (std::size_t r = 0; r < data.labels.size(); ++r) {
    const int k = static_cast<int>(bits(kTeacher, r) % kClasses);
    data.labels[r] = k;
    float* square = &data.x[r * kPixels] + (3 + 8 * (k / 4)) * kSide + 1 + 7 * (k % 4);
    for (int i = 0; i < 36; ++i) square[i / 6 * kSide + i % 6] += 1;
  }
  return data;
}

/// Kernels in Keras's layout: (height, width, in, out), and (in, out). Biases begin at 0.
struct Weights {
  std::vector<float> kernel1, kernel2, kernel3;
};
inline Weights make_weights() {
  return {glorot_uniform(kKernel1, 9, 9 * kFilters1, 9 * kFilters1),
          glorot_uniform(kKernel2, 9 * kFilters1, 9 * kFilters2, 9 * kFilters1 * kFilters2),
          glorot_uniform(kKernel3, kFlat, kClasses, kFlat * kClasses)};
}

}  // namespace conv
