#include "namesake/formats/state_keys.h"

#include <algorithm>
#include <iterator>

namespace namesake::formats {

bool is_state_key(std::string_view key, const std::unordered_set<std::string>& variables) {
  constexpr std::string_view kNumbers[] = {"global_step", "save_counter", "iter", "decay", "learning_rate", "beta_1", "beta_2", "momentum", "rho"};
  constexpr int kMostScopes = 16;
  const std::size_t end = key.rfind('/');
  const std::string_view leaf = end == std::string_view::npos ? key : key.substr(end + 1);
  if (std::find(std::begin(kNumbers), std::end(kNumbers), leaf) != std::end(kNumbers) || leaf.ends_with("_power")) return true;
  if (key.starts_with("optimizer/") || key.find("/optimizer/") != std::string_view::npos) return true;
  std::string_view owner = end == std::string_view::npos ? std::string_view() : key.substr(0, end);
  for (int scopes = 0; scopes < kMostScopes && !owner.empty(); ++scopes) {
    if (variables.contains(std::string(owner))) return true;
    const std::size_t slash = owner.find('/');
    if (slash == std::string_view::npos) break;
    owner.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace namesake::formats
