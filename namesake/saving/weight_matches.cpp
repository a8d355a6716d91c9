#include "namesake/saving/weight_matches.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/tensor/element_type.h"

namespace namesake::saving {
namespace {

constexpr std::size_t kMostListed = 8;

std::string listing(const std::vector<std::string>& items) {
  std::string text = fmt::format("{}", fmt::join(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), kMostListed)), ", "));
  if (items.size() > kMostListed) text += fmt::format(" and {} more", items.size() - kMostListed);
  return text;
}

bool can_be_cast(DType from, DType to) {
  const auto number = [](DType dtype) { return is_floating(dtype) || is_integer(dtype) || dtype == DType::kBool; };
  return number(from) && number(to);
}

std::string kind(DType dtype, const Shape& shape) { return fmt::format("{} {}", to_string(dtype), to_string(shape)); }

}  // namespace

void WeightMatches::add(const formats::WeightEntry* entry, std::string owner, const Variable& variable, Convert convert) {
  if (entry == nullptr) {
    report_.missing.push_back(std::move(owner));
    return;
  }
  claim(*entry);
  const auto [taken, fresh] = taken_.emplace(variable.id(), entry);
  if (!fresh) {  // a variable that is met twice
    if (taken->second != entry) report_.ambiguous.push_back(fmt::format("{}: \"{}\" and \"{}\" of the file are one variable here", owner, taken->second->path, entry->path));
    return;
  }
  if (!entry->unsupported.empty()) {
    throw Unsupported({.subject = entry->path, .what = fmt::format("{}: {}: {}.", file_.file, entry->path, entry->unsupported)});
  }
  const bool same_shape = entry->shape == variable.shape();
  if (!same_shape && rules_.skip_mismatch) {
    report_.notes.push_back(fmt::format("{} stays as it is: the file has the shape {} for it, the model {}", owner, to_string(entry->shape),
                                        to_string(variable.shape())));
    return;
  }
  const bool same_dtype = entry->dtype == variable.dtype() || convert;
  if (!same_shape || (!same_dtype && !(rules_.cast && can_be_cast(entry->dtype, variable.dtype())))) {
    throw ShapeMismatch({.subject = owner,
                         .what = fmt::format("{}: {} does not fit the weight {}.", file_.file, entry->path, owner),
                         .expected = kind(variable.dtype(), variable.shape()),
                         .received = kind(entry->dtype, entry->shape),
                         .fix = same_shape ? "set the option cast to convert the numbers" : ""});
  }
  if (!same_dtype) report_.cast.push_back(fmt::format("{}: {} -> {}", owner, to_string(entry->dtype), to_string(variable.dtype())));
  matches_.push_back({entry, variable, std::move(convert)});
  report_.loaded.push_back(std::move(owner));
}

void WeightMatches::refuse(const std::string& inner, bool partial) const {
  if (!rules_.strict) return;
  const auto refuse_any = [&](const std::vector<std::string>& items, std::string_view what, std::string_view fix) {
    if (items.empty()) return;
    throw FormatError(file_.file, inner, {.what = fmt::format("{}: {}.", what, listing(items)), .fix = fmt::format("the option strict = false {}", fix)});
  };
  if (!partial) refuse_any(report_.missing, "The file lacks what the model has", "loads the rest");
  refuse_any(report_.ambiguous, "Weights may stand at another layer's place", "goes by position");
  if (!partial) refuse_any(report_.unused, "The file has weights that the model has not", "passes them over");
}

Tensor WeightMatches::value_of(const Match& match) {
  if (match.convert) return match.convert(match.entry->to_tensor());
  Tensor value = match.entry->to_tensor();
  return match.entry->dtype == match.variable.dtype() ? value : cast(value, match.variable.dtype());
}

// Into the memory that the variable has: no new memory is taken, and none cleared by the system.
void WeightMatches::read_in_place(const Match& match) {
  const bool as_it_is = match.entry->dtype == match.variable.dtype() && !match.convert;
  const bool done = as_it_is && with_element_type(match.entry->dtype, [&](auto zero) {
    match.entry->read_into(std::as_writable_bytes(match.variable.update<decltype(zero)>()));
  });
  if (!done) match.variable.assign(value_of(match));
}

void WeightMatches::fill() const {
  std::vector<Tensor> read(matches_.size());
  for (std::size_t i = 0; i < matches_.size(); ++i) {
    // What lies in the file as it is can be read without fail; to hold all of it twice would cost memory for nothing.
    const bool certain = matches_[i].entry->source != nullptr && matches_[i].entry->source->mapped().has_value();
    if (!certain) read[i] = value_of(matches_[i]);
  }
  for (std::size_t i = 0; i < matches_.size(); ++i) {
    if (read[i].defined()) {
      matches_[i].variable.assign(std::exchange(read[i], {}));
    } else {
      read_in_place(matches_[i]);
    }
  }
  for (const auto& [variable, value] : implied_) variable.assign(value);
}

}  // namespace namesake::saving
