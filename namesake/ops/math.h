// Arithmetic, comparisons and logic of two tensors, elementwise, with NumPy's broadcasting. Names are keras.ops'.
//   Tensor y = x * 2 + b;   where(x > 0, x, zeros_like(x));
// Dtypes that differ are promoted as Keras does: float32 with int32 gives float32. A C++ number takes the tensor's
// dtype.
#pragma once

#include <type_traits>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

NAMESAKE_API Tensor add(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor subtract(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor multiply(const Tensor& x1, const Tensor& x2);
/// True division: integers become float32.
NAMESAKE_API Tensor divide(const Tensor& x1, const Tensor& x2);
/// 0 where x2 is 0. Floating dtypes.
NAMESAKE_API Tensor divide_no_nan(const Tensor& x1, const Tensor& x2);
/// Rounds towards minus infinity. Throws InvalidArgument for an integer division by zero.
NAMESAKE_API Tensor floor_divide(const Tensor& x1, const Tensor& x2);
/// The remainder of floor_divide: has the sign of x2.
NAMESAKE_API Tensor mod(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor power(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor maximum(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor minimum(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor squared_difference(const Tensor& x1, const Tensor& x2);

// To bool.
NAMESAKE_API Tensor equal(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor not_equal(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor greater(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor greater_equal(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor less(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor less_equal(const Tensor& x1, const Tensor& x2);

// Of bool.
NAMESAKE_API Tensor logical_and(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor logical_or(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor logical_xor(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor logical_not(const Tensor& x);
/// x1 where `condition` holds, x2 elsewhere; the three are broadcast.
NAMESAKE_API Tensor where(const Tensor& condition, const Tensor& x1, const Tensor& x2);
/// The places of what is not 0, one a row, int64: (number of them, rank).
NAMESAKE_API Tensor argwhere(const Tensor& x);
/// The same, one tensor an axis.
[[nodiscard]] NAMESAKE_API Tensors nonzero(const Tensor& x);

namespace ops {
/// A C++ number that may stand for a tensor.
template <class T>
concept Number = std::is_arithmetic_v<T>;
/// `value` as a scalar of the dtype it takes beside `tensor`: the tensor's, but float32 for a fraction beside integers.
[[nodiscard]] NAMESAKE_API Tensor number_beside(double value, bool is_whole, const Tensor& tensor);
template <Number T>
[[nodiscard]] Tensor number_beside(T value, const Tensor& tensor) {
  return number_beside(static_cast<double>(value), !std::is_floating_point_v<T>, tensor);
}
/// The dtype of a result of these two, as Keras promotes them.
[[nodiscard]] NAMESAKE_API DType result_type(DType a, DType b);
}  // namespace ops

#define NAMESAKE_WITH_NUMBERS(FUNCTION)              \
  template <ops::Number T>                           \
  Tensor FUNCTION(const Tensor& x1, T x2) {          \
    return FUNCTION(x1, ops::number_beside(x2, x1)); \
  }                                                  \
  template <ops::Number T>                           \
  Tensor FUNCTION(T x1, const Tensor& x2) {          \
    return FUNCTION(ops::number_beside(x1, x2), x2); \
  }
NAMESAKE_WITH_NUMBERS(add)
NAMESAKE_WITH_NUMBERS(subtract)
NAMESAKE_WITH_NUMBERS(multiply)
NAMESAKE_WITH_NUMBERS(divide)
NAMESAKE_WITH_NUMBERS(floor_divide)
NAMESAKE_WITH_NUMBERS(mod)
NAMESAKE_WITH_NUMBERS(power)
NAMESAKE_WITH_NUMBERS(maximum)
NAMESAKE_WITH_NUMBERS(minimum)
NAMESAKE_WITH_NUMBERS(equal)
NAMESAKE_WITH_NUMBERS(not_equal)
NAMESAKE_WITH_NUMBERS(greater)
NAMESAKE_WITH_NUMBERS(greater_equal)
NAMESAKE_WITH_NUMBERS(less)
NAMESAKE_WITH_NUMBERS(less_equal)
#undef NAMESAKE_WITH_NUMBERS

#define NAMESAKE_OPERATOR(SIGN, FUNCTION)                                                      \
  inline Tensor operator SIGN(const Tensor& x1, const Tensor& x2) { return FUNCTION(x1, x2); } \
  template <ops::Number T>                                                                     \
  Tensor operator SIGN(const Tensor& x1, T x2) {                                               \
    return FUNCTION(x1, x2);                                                                   \
  }                                                                                            \
  template <ops::Number T>                                                                     \
  Tensor operator SIGN(T x1, const Tensor& x2) {                                               \
    return FUNCTION(x1, x2);                                                                   \
  }
NAMESAKE_OPERATOR(+, add)
NAMESAKE_OPERATOR(-, subtract)
NAMESAKE_OPERATOR(*, multiply)
NAMESAKE_OPERATOR(/, divide)
NAMESAKE_OPERATOR(>, greater)
NAMESAKE_OPERATOR(>=, greater_equal)
NAMESAKE_OPERATOR(<, less)
NAMESAKE_OPERATOR(<=, less_equal)
#undef NAMESAKE_OPERATOR
NAMESAKE_API Tensor operator-(const Tensor& x);

}  // namespace namesake
