// Names of one place, each given once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "namesake/base/export.h"
#include "namesake/base/site.h"
#include "namesake/naming/rules.h"

namespace namesake::naming {

/// Hands out names that no one else in the same place has.
///   UniqueNames names;  names.take("dense");  // "dense"     names.take("dense");  // "dense_1"
class NAMESAKE_API UniqueNames {
 public:
  /// `kind`: what the names are of; claim() checks and words its errors by it.
  explicit UniqueNames(NameKind kind = NameKind::kLayer) : kind_(kind) {}

  /// `base` itself if free, else the first free `base_1`, `base_2`, ... Names claimed by claim() count as taken.
  std::string take(std::string_view base, Site site = Site::current());
  /// What take() would give.
  [[nodiscard]] std::string peek(std::string_view base) const;
  /// Takes exactly `name`. Throws NameCollision, with both places, if it is taken; InvalidName if the rules forbid it.
  void claim(std::string_view name, Site site = Site::current());
  /// Makes `name` free again; false if it was not taken.
  bool release(std::string_view name);

  [[nodiscard]] bool known(std::string_view name) const { return sites_.contains(std::string(name)); }
  /// Where `name` was taken; an unknown Site if it is free.
  [[nodiscard]] Site site_of(std::string_view name) const;
  [[nodiscard]] std::size_t size() const noexcept { return sites_.size(); }

 private:
  [[nodiscard]] std::size_t first_free(std::string_view base) const;  // 0: base itself

  NameKind kind_;
  std::unordered_map<std::string, Site> sites_;
  std::unordered_map<std::string, std::size_t> tried_;  // base -> every number below this one is taken
};

/// The name that `numbered` has its number behind: `dense` of `dense_1`; `numbered` itself if it ends in no `_1`. A view into it.
[[nodiscard]] NAMESAKE_API std::string_view without_number(std::string_view numbered);

}  // namespace namesake::naming
