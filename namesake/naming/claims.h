// The names of one container, each held by one object: a model's layers, a layer's weights and sub-layers, a layer's
// attributes. A second object that asks for a name is a NameCollision there and then, with both places.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/site.h"
#include "namesake/naming/policy.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/scope.h"

namespace namesake::naming {

/// Who asks for a name, and where.
struct Claim {
  std::string path;  // within the container: "dense_1", or "encoder/dense_1" for a layer made in a scope
  NameKind kind = NameKind::kLayer;
  Site site;
  std::string detail;            // what stands there: `Dense({.units = 10, .name = "dense_1"})`
  std::string scope;             // the open name scope, "" at the root
  const void* object = nullptr;  // the same object again is sharing; null is never shared. Alive while it is claimed.
  bool automatic = false;        // the name was not asked for
  std::string base;              // what its automatic name starts with ("dense"); "" if it can have none
  ScopePtr counter;              // the scope that counts its automatic name; null: counted among the claims only
};

/// Two claims that cannot both hold.
struct Collision {
  Claim first;
  Claim again;
};

/// The claims of one container: one level of names (with scopes in them) and one namespace. Not for several threads at
/// once.
class NAMESAKE_API ClaimTable {
 public:
  /// `owner`: the container in words, for texts: `model "classifier"`.
  explicit ClaimTable(std::string owner = "") : owner_(std::move(owner)) {}

  [[nodiscard]] const std::string& owner() const noexcept { return owner_; }
  void set_owner(std::string owner) { owner_ = std::move(owner); }

  /// Claims `claim.path` and returns the path given: another one only under kUniquify, which lists it in renames() and
  /// in those of the scope. An object that has a path here keeps it. The names are taken as they are (check_name is for
  /// where a program gives them; a file's need only be readable). Throws InvalidName if not even that; NameCollision if
  /// another object has the path, or if one of two paths lies below the other's weight (in HDF5: a dataset and a group;
  /// where its scope is to blame, no suffix helps, and kUniquify throws too).
  std::string claim(Claim claim, NamePolicy policy = current_name_policy());

  /// Claims the first name of Keras's counting (`base`, `base_1`, ...) that nobody here has. `claim.path` is the
  /// scope's path within the container ("" for none), and `claim.counter` does the counting. Claim the explicit names
  /// first.
  std::string claim_automatic(std::string_view base, Claim claim);
  /// What claim_automatic would give, with nothing claimed and nothing counted.
  [[nodiscard]] std::string peek_automatic(std::string_view base, std::string_view scope_path = "",
                                           const Scope* counter = nullptr, NameKind kind = NameKind::kLayer) const;

  /// Gives the object another last component and returns its path. Throws InvalidName; NameCollision if that is taken
  /// (under kUniquify it gets a suffix instead); InvalidArgument if the object has no claim. After a throw nothing has
  /// changed.
  std::string rename(const void* object, std::string_view new_name, Site site = Site::current(),
                     NamePolicy policy = current_name_policy());
  /// Frees the object's name; false if it had none.
  bool release(const void* object);

  /// Pointers hold until the table is changed.
  [[nodiscard]] const Claim* find(std::string_view path) const;
  [[nodiscard]] const Claim* find_object(const void* object) const;
  [[nodiscard]] bool known(std::string_view path) const { return find(path) != nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return claims_.size(); }
  /// In the order they were made.
  [[nodiscard]] std::vector<Claim> claims() const;

  /// Every collision there would be if the other table's claims were put below the scope `under` here. Empty: none.
  [[nodiscard]] std::vector<Collision> collisions_with(const ClaimTable& other, std::string_view under = "") const;
  /// Takes over the other's claims, below the scope `under`. Throws one NameCollision that lists every collision,
  /// before anything is changed; under kUniquify the later ones get suffixes instead.
  void merge(const ClaimTable& other, std::string_view under = "", NamePolicy policy = current_name_policy());

  /// Groups of paths that are equal but for case: allowed here, trouble on file systems that ignore it.
  [[nodiscard]] std::vector<std::vector<std::string>> case_twins() const;

  /// What kUniquify changed in this container.
  [[nodiscard]] const std::vector<Rename>& renames() const noexcept { return renames_; }

 private:
  struct Entry {
    Claim claim;
    std::size_t order;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  [[nodiscard]] const Claim* rival(std::string_view path, NameKind kind) const;
  [[nodiscard]] bool taken(std::string_view path, NameKind kind) const;
  [[nodiscard]] std::size_t free_number(const std::string& path, NameKind kind) const;
  [[nodiscard]] std::string first_free(const std::string& path, NameKind kind) const;
  [[nodiscard]] std::string take_free(const std::string& path, NameKind kind);
  [[nodiscard]] std::string fix_for(const Claim& first, const Claim& again) const;
  [[noreturn]] void refuse(const Claim& first, const Claim& again, std::string fix) const;
  [[noreturn]] void refuse_merge(const ClaimTable& other, const std::vector<Collision>& collisions) const;
  std::string insert(Claim claim);
  std::string insert_renamed(Claim claim);
  void note_rename(const std::string& asked, const Claim& given);

  std::string owner_;
  Entries claims_;
  std::unordered_map<const void*, std::string> paths_;  // object -> its path
  std::unordered_map<std::string, std::size_t> tried_;  // path -> every number below this one is taken
  std::vector<Rename> renames_;
  std::size_t next_order_ = 0;
};

}  // namespace namesake::naming
