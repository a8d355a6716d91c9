#include "namesake/tensor/dtype.h"

#include <array>

namespace namesake {
namespace {

struct Entry {
  std::string_view word;
  std::uint8_t size;  // bytes; 0: an object
};

// Indexed by DType.
constexpr std::array<Entry, 24> kTable{{
    {"invalid", 0}, {"float32", 4}, {"float64", 8},   {"int32", 4},     {"uint8", 1},  {"int16", 2},
    {"int8", 1},    {"string", 0},  {"complex64", 8}, {"int64", 8},     {"bool", 1},   {"qint8", 1},
    {"quint8", 1},  {"qint32", 4},  {"bfloat16", 2},  {"qint16", 2},    {"quint16", 2}, {"uint16", 2},
    {"complex128", 16}, {"float16", 2}, {"resource", 0}, {"variant", 0}, {"uint32", 4}, {"uint64", 8},
}};

const Entry& entry(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  return index < kTable.size() ? kTable[index] : kTable[0];
}

}  // namespace

std::string_view to_string(DType dtype) { return entry(dtype).word; }

std::optional<DType> dtype_from_string(std::string_view word) {
  for (std::size_t i = 1; i < kTable.size(); ++i) {
    if (kTable[i].word == word) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::size_t size_of(DType dtype) noexcept { return entry(dtype).size; }

bool is_floating(DType dtype) noexcept {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

bool is_integer(DType dtype) noexcept {
  switch (dtype) {
    case DType::kInt8: case DType::kInt16: case DType::kInt32: case DType::kInt64:
    case DType::kUInt8: case DType::kUInt16: case DType::kUInt32: case DType::kUInt64: return true;
    default: return false;
  }
}

}  // namespace namesake
