// Users' own losses and metrics by name, as keras.saving.register_keras_serializable() keeps them: "package>name". The
// registries are listed global state: register at the start of the program. Internal to nn.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/base/json.h"
#include "namesake/base/site.h"

namespace namesake::nn {

struct RegisteredName {
  std::string name;             // "quartic"
  std::string registered_name;  // "Custom>quartic"
};

/// Throws NameCollision: `what` ("loss classes") are registered twice under one name.
[[noreturn]] void refuse_second(std::string_view what, std::string_view registered_name, Site first, Site again);
/// Throws NameCollision: `name` is that of a `what` of Keras's own.
[[noreturn]] void refuse_kerass_name(std::string_view what, std::string_view name, Site site);

template <class T>
class Registered {
 public:
  struct Entry : RegisteredName {
    T value;
    Site site;
  };
  explicit Registered(std::string_view what) : what_(what) {}

  /// Throws NameCollision if the name is taken by another one; what `same` says is the same again is harmless.
  template <class Same>
  void add(std::string_view package, std::string_view name, T value, Site site, Same same) {
    const std::string registered = std::string(package) + ">" + std::string(name);
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.registered_name != registered) continue;
      if (same(entry.value, value)) return;
      refuse_second(what_, registered, entry.site, site);
    }
    entries_.push_back({{std::string(name), registered}, std::move(value), site});
  }
  /// By registered name or by name.
  [[nodiscard]] std::optional<Entry> find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.registered_name == name) return entry;
    }
    for (const Entry& entry : entries_) {
      if (entry.name == name) return entry;
    }
    return {};
  }

 private:
  std::string_view what_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

/// The object of a user's class; "Custom>class" if it was not registered.
[[nodiscard]] JsonValue users_object(std::string_view class_name, JsonValue config, std::string_view registered_name);
template <class Entry>
[[nodiscard]] JsonValue users_object(std::string_view class_name, JsonValue config, const std::optional<Entry>& entry) {
  return users_object(class_name, std::move(config), entry ? std::string_view(entry->registered_name) : std::string_view());
}
/// What the object says it is registered as; `class_name` if it says nothing.
[[nodiscard]] std::string registered_name_of(const JsonValue& object, std::string_view class_name);

[[nodiscard]] std::string lower(std::string_view text);
/// Whether `name` is the alias, all in small or all in capital letters ("mse", "MSE").
[[nodiscard]] bool is_alias(std::string_view alias, std::string_view name);

}  // namespace namesake::nn
