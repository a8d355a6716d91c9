// The names of a file as the model has them, by the rules that a load was given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/nn/weight_files.h"

namespace namesake::saving {

/// `name` with the scopes of a path: `a/d` for our `a>d`; then what the first rule that fits makes of it.
///   NameMap map(options.names);  map("block1_conv1")
class NameMap {
 public:
  /// Throws InvalidArgument for a regular expression that is none.
  explicit NameMap(const std::vector<NameRule>& rules);
  ~NameMap();
  NameMap(const NameMap&) = delete;
  NameMap& operator=(const NameMap&) = delete;

  [[nodiscard]] std::string operator()(std::string_view name) const;
  /// What a rule makes of it; nothing if none fits.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }

 private:
  struct Rule;
  std::vector<Rule> rules_;
};

}  // namespace namesake::saving
