// What users make known by name, as keras.saving.register_keras_serializable() keeps it ("package>name"): classes of layers,
// optimizers, schedules, losses and metrics, and functions. Each registry is listed global state: register at the start of
// the program. Internal to the library.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"

namespace namesake::optim {

struct RegisteredName {
  std::string name;             // "quartic"
  std::string registered_name;  // "Custom>quartic"
};

/// Throws NameCollision: `what` ("loss classes") are registered twice under one name.
[[noreturn]] NAMESAKE_API void refuse_second(std::string_view what, std::string_view registered_name, Site first, Site again);
/// Throws NameCollision: `name` is that of a `what` ("loss class") of Keras's own.
[[noreturn]] NAMESAKE_API void refuse_kerass_name(std::string_view what, std::string_view name, Site site);

template <class T>
class Registered {
 public:
  struct Entry : RegisteredName {
    T value;
    Site site;
  };
  /// `what` ("loss classes") is for messages.
  explicit Registered(std::string what) : what_(std::move(what)) {}

  /// Throws NameCollision if the name is taken by another one; what `same` says is the same again is harmless.
  template <class Same = std::equal_to<>>
  void add(std::string_view package, std::string_view name, T value, Site site, Same same = {}) {
    std::string registered = std::string(package) + ">" + std::string(name);
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.registered_name != registered) continue;
      if (same(entry.value, value)) return;
      refuse_second(what_, registered, entry.site, site);
    }
    entries_.push_back({{std::string(name), std::move(registered)}, std::move(value), site});
  }
  /// By registered name or by name. Null if there is none; what is found stays where it is.
  [[nodiscard]] const Entry* find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.registered_name == name) return &entry;
    }
    for (const Entry& entry : entries_) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }
  /// The first whose value `fits`. Null if there is none.
  template <class Fits>
  [[nodiscard]] const Entry* find_if(Fits fits) const {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (fits(entry.value)) return &entry;
    }
    return nullptr;
  }
  /// Of all, for messages.
  [[nodiscard]] std::vector<std::string> registered_names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.registered_name);
    return names;
  }

 private:
  std::string what_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // only grows, so that no entry moves
};

/// The object that a file holds for one of a user's class; null, for a class that is not registered, gives "Custom>class".
[[nodiscard]] NAMESAKE_API JsonValue users_object(std::string_view class_name, JsonValue config, const RegisteredName* registered);

}  // namespace namesake::optim
