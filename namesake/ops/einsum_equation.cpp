#include "namesake/ops/einsum_equation.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

constexpr std::string_view kEllipsis = "...";
constexpr std::int64_t kUnset = -2;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

[[noreturn]] void throw_equation(const OpRecord& op, std::string_view equation, std::string what) {
  throw_invalid(op, std::move(what), "letters for the axes, as in \"ij,jk->ik\"", std::string(equation));
}

/// The letters, without an ellipsis.
std::string letters_of(std::string_view part) {
  std::string letters(part);
  if (const std::size_t at = letters.find(kEllipsis); at != std::string::npos) letters.erase(at, kEllipsis.size());
  return letters;
}
void check_part(const OpRecord& op, std::string_view equation, std::string_view part) {
  for (const char letter : letters_of(part)) {
    if (kLetters.find(letter) == std::string_view::npos)
      throw_equation(op, equation, fmt::format("An einsum equation cannot have '{}' in it.", letter));
  }
}
std::string implied_result(const std::vector<std::string>& operands) {
  std::string all, result;
  bool ellipsis = false;
  for (const std::string& part : operands) {
    all += letters_of(part);
    ellipsis = ellipsis || part.find(kEllipsis) != std::string::npos;
  }
  for (const char letter : all) {
    if (std::count(all.begin(), all.end(), letter) == 1) result += letter;
  }
  std::sort(result.begin(), result.end());
  return (ellipsis ? std::string(kEllipsis) : "") + result;
}

}  // namespace

EinsumEquation parse_einsum(const OpRecord& op, std::string_view equation, std::size_t operands) {
  std::string text(equation);
  std::erase(text, ' ');
  EinsumEquation parsed;
  const std::size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  for (std::size_t at = 0; at <= left.size();) {
    const std::size_t end = std::min(left.find(',', at), left.size());
    parsed.operands.push_back(left.substr(at, end - at));
    at = end + 1;
  }
  if (parsed.operands.size() != operands) {
    throw_equation(op, equation,
                   fmt::format("The einsum equation has {} operands, not {}.", parsed.operands.size(), operands));
  }
  for (const std::string& part : parsed.operands) check_part(op, equation, part);
  parsed.result = arrow == std::string::npos ? implied_result(parsed.operands) : text.substr(arrow + 2);
  check_part(op, equation, parsed.result);
  for (const char letter : letters_of(parsed.result)) {
    if (left.find(letter) == std::string::npos)
      throw_equation(op, equation, fmt::format("No operand of the einsum equation has the result's '{}'.", letter));
  }
  return parsed;
}

EinsumPlan::EinsumPlan(const OpRecord& op, std::string_view equation, std::span<const Tensor> inputs) {
  const EinsumEquation parsed = parse_einsum(op, equation, inputs.size());
  std::string spare;  // letters for the axes that "..." stands for, the last axis first
  for (const char letter : kLetters) {
    if (equation.find(letter) == std::string_view::npos) spare += letter;
  }
  std::size_t widest = 0;
  const auto spelled = [&](const std::string& part, std::size_t axes) {
    std::string dots(spare.substr(0, axes));
    std::reverse(dots.begin(), dots.end());
    std::string labels = part;
    if (const std::size_t at = labels.find(kEllipsis); at != std::string::npos)
      labels.replace(at, kEllipsis.size(), dots);
    return labels;
  };
  sizes.fill(kUnset);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape();
    const auto rank = static_cast<std::size_t>(shape.rank());
    const std::size_t letters = letters_of(parsed.operands[i]).size();
    const bool dots = letters != parsed.operands[i].size();
    if (dots ? letters > rank : letters != rank) {
      throw_mismatch(op, inputs,
                     fmt::format("Einsum takes \"{}\" for a tensor of shape {}.", parsed.operands[i], to_string(shape)),
                     fmt::format("a tensor of rank {}{}", letters, dots ? " or more" : ""));
    }
    widest = std::max(widest, rank - letters);
    operands.push_back(spelled(parsed.operands[i], rank - letters));
    for (std::size_t k = 0; k < rank; ++k) {
      const char label = operands[i][k];
      std::int64_t& known = sizes[static_cast<std::size_t>(label)];
      const std::int64_t size = shape[static_cast<int>(k)];
      const bool spread = equation.find(label) == std::string_view::npos;  // of an ellipsis: 1 goes with any size
      if (known == kUnset || known == Shape::kOpen) {
        if (known == kUnset || !(spread && size == 1)) known = size;
      } else if (size == Shape::kOpen || known == size || (spread && size == 1)) {
        if (size == Shape::kOpen && spread && known == 1) known = Shape::kOpen;
      } else if (spread && known == 1) {
        known = size;
      } else {
        throw_mismatch(op, inputs,
                       fmt::format("Einsum \"{}\" has two sizes for '{}': {} and {}.", equation, label, known, size));
      }
    }
  }
  result = spelled(parsed.result, widest);
}

Shape EinsumPlan::shape(std::string_view labels) const {
  Shape shape = Shape::scalar();
  for (const char label : labels) shape.push_back(size(label));
  return shape;
}

}  // namespace namesake::ops
