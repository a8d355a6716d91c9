// Sums of products by an equation of axis labels. Names are keras.ops'.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// "ij,jk->ik": an operand's axes have a letter each; a letter that the result lacks is summed over. A letter twice in
/// an operand takes the diagonal. "..." stands for axes that broadcast, in front of the result if no "->" says where;
/// without "->" the result has the letters that come once, in alphabetic order. More than two operands are joined from
/// the left. Throws InvalidArgument for an equation that makes no sense, ShapeMismatch where sizes of a letter differ.
NAMESAKE_API Tensor einsum(std::string_view equation, std::span<const Tensor> operands);
inline Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands) {
  return einsum(equation, std::span<const Tensor>(operands.begin(), operands.size()));
}

}  // namespace namesake
