// The classes of one kind (optimizers, learning rate schedules) by name: Keras's own, and users' once registered; and the
// objects of Keras files that name them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/optim/keras_object.h"

namespace namesake::optim {

template <class Product>
class ClassTable {
 public:
  using Make = Product (*)(const JsonView& config);
  struct KerasClass {
    std::string_view class_name;
    Make make;
  };

  /// `what` ("optimizer") is for messages; `module` ("keras.optimizers") and `classes` are Keras's.
  ClassTable(std::string_view what, std::string_view module, std::vector<KerasClass> classes)
      : what_(what), module_(module), keras_(std::move(classes)) {}

  /// Twice the same is harmless. Throws NameCollision if the name is another class's.
  void add(std::string_view class_name, std::string_view package, Make make, Site site) {
    const std::lock_guard lock(mutex_);
    if (of_keras(class_name) != nullptr) {
      throw NameCollision({.subject = std::string(class_name),
                           .what = fmt::format("The {} class \"{}\" has the name of one of Keras's own.", what_, class_name),
                           .places = {{"here", site, {}, {}}},
                           .fix = "give kClassName another value: a file could not tell the two apart"});
    }
    std::string registered = fmt::format("{}>{}", package, class_name);
    for (const UserClass& known : users_) {
      if (known.registered_name != registered) continue;
      if (known.make == make) return;
      throw NameCollision({.subject = registered,
                           .what = fmt::format("Two {} classes are registered as \"{}\".", what_, registered),
                           .places = {{"first", known.site, {}, {}}, {"again", site, {}, {}}},
                           .fix = "register one of them under another package, or give it another kClassName"});
    }
    users_.push_back({std::string(class_name), std::move(registered), make, site});
  }

  /// The object that a file holds for one of this class. A class that is not registered is written as if it were, as "Custom".
  [[nodiscard]] JsonValue object(std::string_view class_name, JsonValue config) const {
    const bool keras = of_keras(class_name) != nullptr && std::string_view(of_keras(class_name)->class_name) == class_name;
    if (keras) return keras_object(module_, class_name, std::move(config));
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(users_.begin(), users_.end(), [&](const UserClass& user) { return user.class_name == class_name; });
    return JsonValue::object({{"module", nullptr},
                              {"class_name", class_name},
                              {"config", std::move(config)},
                              {"registered_name", known != users_.end() ? known->registered_name : fmt::format("Custom>{}", class_name)}});
  }

  /// From a word (in any case) or an object. Throws Unsupported for a class that is not known.
  [[nodiscard]] Product from_json(const JsonValue& value) const {
    const KerasObject object = read_keras_object(value, what_);
    const JsonValue* registered = value.find("registered_name");
    const Make found = find(registered != nullptr && registered->is_string() ? registered->as_string() : "", object.class_name);
    return found(JsonView(object.config, fmt::format("{} {}", what_, object.class_name)));
  }

 private:
  struct UserClass {
    std::string class_name, registered_name;
    Make make;
    Site site;
  };

  [[nodiscard]] const KerasClass* of_keras(std::string_view class_name) const {
    const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
    const auto same = [&](const KerasClass& known) {
      return std::equal(known.class_name.begin(), known.class_name.end(), class_name.begin(), class_name.end(),
                        [&](char a, char b) { return lower(a) == lower(b); });
    };
    const auto found = std::find_if(keras_.begin(), keras_.end(), same);
    return found == keras_.end() ? nullptr : &*found;
  }

  [[nodiscard]] Make find(std::string_view registered_name, const std::string& class_name) const {
    {
      const std::lock_guard lock(mutex_);
      for (const UserClass& known : users_) {
        if (known.registered_name == registered_name) return known.make;
      }
      for (const UserClass& known : users_) {
        if (known.class_name == class_name) return known.make;
      }
    }
    if (const KerasClass* known = of_keras(class_name)) return known->make;
    std::vector<std::string_view> words;
    for (const KerasClass& known : keras_) words.push_back(known.class_name);
    ErrorParts parts = unknown_word(what_, class_name, words);
    if (const auto package = registered_name.find('>'); package != std::string_view::npos) {
      parts.fix = fmt::format("register it before loading, under the package \"{}\"", registered_name.substr(0, package));
    }
    throw Unsupported(std::move(parts));
  }

  std::string what_, module_;
  std::vector<KerasClass> keras_;
  mutable std::mutex mutex_;
  std::deque<UserClass> users_;
};

}  // namespace namesake::optim
