#include "namesake/formats/name_match.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace namesake::formats {
namespace {

// The number of an automatic name of this class: 0 for `dense`, 7 for `dense_7`; nothing if the name is not automatic.
std::optional<std::int64_t> automatic_number(std::string_view name, std::string_view class_name) {
  if (!name.starts_with(class_name)) return std::nullopt;
  name.remove_prefix(class_name.size());
  if (name.empty()) return 0;
  if (name.size() < 2 || name[0] != '_') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

class Matcher {
 public:
  Matcher(std::span<const LayerSlot> file, std::span<const LayerSlot> model) : file_(file), model_(model) {
    for (std::size_t i = 0; i < model.size(); ++i) {
      if (!file[i].name.empty() && file[i].name != model[i].name) differing_.push_back(i);
    }
  }

  [[nodiscard]] SlotMatch match(std::size_t i) const {
    if (file_[i].name.empty()) return SlotMatch::kNotStored;
    if (file_[i].name == model_[i].name) return SlotMatch::kEqual;
    bool twin = false, is_twins_name = false;
    for (std::size_t j = 0; j < model_.size(); ++j) {
      if (j == i || model_[j].class_name != model_[i].class_name || model_[j].shapes != model_[i].shapes) continue;
      twin = true;
      is_twins_name = is_twins_name || model_[j].name == file_[i].name;
    }
    if (!twin) return SlotMatch::kNoTwin;
    const auto file_rank = rank(file_, i), model_rank = rank(model_, i);
    if (file_rank && model_rank) return *file_rank == *model_rank ? SlotMatch::kDrift : SlotMatch::kOtherOrder;
    if (is_twins_name) return SlotMatch::kPermuted;
    if (!file_rank && !model_rank) return SlotMatch::kDifferentNames;
    return SlotMatch::kAutomaticAgainstExplicit;
  }

 private:
  // How many differing slots of the same class have a smaller number; nothing if slot i's name is not automatic.
  [[nodiscard]] std::optional<std::size_t> rank(std::span<const LayerSlot> side, std::size_t i) const {
    const auto own = automatic_number(side[i].name, side[i].class_name);
    if (!own) return std::nullopt;
    return static_cast<std::size_t>(std::count_if(differing_.begin(), differing_.end(), [&](std::size_t j) {
      if (side[j].class_name != side[i].class_name) return false;
      const auto number = automatic_number(side[j].name, side[j].class_name);
      return number && *number < *own;
    }));
  }

  std::span<const LayerSlot> file_, model_;
  std::vector<std::size_t> differing_;
};

}  // namespace

bool is_error(SlotMatch match) noexcept {
  return match == SlotMatch::kPermuted || match == SlotMatch::kOtherOrder || match == SlotMatch::kDifferentNames;
}

const char* to_string(SlotMatch match) noexcept {
  switch (match) {
    case SlotMatch::kEqual: return "equal names";
    case SlotMatch::kNotStored: return "matched by position: the file keeps no layer names";
    case SlotMatch::kNoTwin: return "matched by position: no other layer has this class and these shapes";
    case SlotMatch::kDrift: return "automatic names, counted from another start";
    case SlotMatch::kAutomaticAgainstExplicit: return "matched by position: one name is automatic";
    case SlotMatch::kPermuted: return "the stored name is that of another layer of this class and these shapes";
    case SlotMatch::kOtherOrder: return "automatic names in another order";
    case SlotMatch::kDifferentNames: return "two different names";
  }
  return "";
}

std::vector<SlotMatch> match_slots(std::span<const LayerSlot> file, std::span<const LayerSlot> model) {
  const Matcher matcher(file, model);
  std::vector<SlotMatch> matches;
  for (std::size_t i = 0; i < model.size(); ++i) matches.push_back(matcher.match(i));
  return matches;
}

}  // namespace namesake::formats
