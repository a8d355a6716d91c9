// From a dtype to the C++ type of its elements. Internal to the library.
#pragma once

#include <cstdint>

#include "namesake/tensor/dtype.h"

namespace namesake {

/// Calls `visit` with a zero of the elements' own type; false if the dtype is not one that can be computed with.
template <class Visit>
bool with_element_type(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kFloat32: visit(float{}); return true;
    case DType::kFloat64: visit(double{}); return true;
    case DType::kInt8: visit(std::int8_t{}); return true;
    case DType::kInt16: visit(std::int16_t{}); return true;
    case DType::kInt32: visit(std::int32_t{}); return true;
    case DType::kInt64: visit(std::int64_t{}); return true;
    case DType::kUInt8: visit(std::uint8_t{}); return true;
    case DType::kUInt16: visit(std::uint16_t{}); return true;
    case DType::kUInt32: visit(std::uint32_t{}); return true;
    case DType::kUInt64: visit(std::uint64_t{}); return true;
    case DType::kBool: visit(bool{}); return true;
    default: return false;
  }
}

}  // namespace namesake
