// DType: the type of a tensor's elements. The values are TensorFlow's own (tensorflow/core/framework/types.proto),
// so that a number in a file needs no table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "namesake/base/export.h"

namespace namesake {

enum class DType : std::uint8_t {
  kInvalid = 0,
  kFloat32 = 1,
  kFloat64 = 2,
  kInt32 = 3,
  kUInt8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kComplex64 = 8,
  kInt64 = 9,
  kBool = 10,
  kQInt8 = 11,
  kQUInt8 = 12,
  kQInt32 = 13,
  kBFloat16 = 14,
  kQInt16 = 15,
  kQUInt16 = 16,
  kUInt16 = 17,
  kComplex128 = 18,
  kFloat16 = 19,
  kResource = 20,
  kVariant = 21,
  kUInt32 = 22,
  kUInt64 = 23,
};

/// Keras's and TensorFlow's word: "float32", "bool", "string". "invalid" for a number that stands for none.
[[nodiscard]] NAMESAKE_API std::string_view to_string(DType dtype);
/// The dtype that `word` names; nothing if no dtype is called so.
[[nodiscard]] NAMESAKE_API std::optional<DType> dtype_from_string(std::string_view word);
/// Bytes of one element; 0 for kInvalid, kString, kResource and kVariant, whose elements are objects.
[[nodiscard]] NAMESAKE_API std::size_t size_of(DType dtype) noexcept;
[[nodiscard]] NAMESAKE_API bool is_floating(DType dtype) noexcept;
[[nodiscard]] NAMESAKE_API bool is_integer(DType dtype) noexcept;

/// The dtype whose elements are `T`.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  else if constexpr (std::is_same_v<T, double>) return DType::kFloat64;
  else if constexpr (std::is_same_v<T, std::int8_t>) return DType::kInt8;
  else if constexpr (std::is_same_v<T, std::int16_t>) return DType::kInt16;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::kInt32;
  else if constexpr (std::is_same_v<T, std::int64_t>) return DType::kInt64;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::kUInt8;
  else if constexpr (std::is_same_v<T, std::uint16_t>) return DType::kUInt16;
  else if constexpr (std::is_same_v<T, std::uint32_t>) return DType::kUInt32;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return DType::kUInt64;
  else if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  else return DType::kInvalid;
}

}  // namespace namesake
