// The classes of one kind (optimizers, learning rate schedules) by name: Keras's own, and users' once registered; and the
// objects of Keras files that name them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/naming/snake_case.h"
#include "namesake/optim/keras_object.h"
#include "namesake/optim/registered.h"

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
      : what_(what), module_(module), keras_(std::move(classes)), users_(what_ + " classes") {}

  /// Twice the same is harmless. Throws NameCollision if the name is another class's.
  void add(std::string_view class_name, std::string_view package, Make make, Site site) {
    if (of_keras(class_name) != nullptr) refuse_kerass_name(what_ + " class", class_name, site);
    users_.add(package, class_name, make, site);
  }

  /// The object that a file holds for one of this class. A class that is not registered is written as if it were, as "Custom".
  [[nodiscard]] JsonValue object(std::string_view class_name, JsonValue config) const {
    const KerasClass* keras = of_keras(class_name);
    if (keras != nullptr && keras->class_name == class_name) return keras_object(module_, class_name, std::move(config));
    return users_object(class_name, std::move(config), users_.find(class_name));
  }

  /// From a word (in any case) or an object. Throws Unsupported for a class that is not known.
  [[nodiscard]] Product from_json(const JsonValue& value) const {
    const KerasObject object = read_keras_object(value, what_);
    const Make make = find(object.registered_name, object.class_name);
    return make(JsonView(object.config, what_ + " " + object.class_name));
  }

 private:
  [[nodiscard]] const KerasClass* of_keras(std::string_view class_name) const {
    const std::string small = naming::to_lower(class_name);
    const auto same = [&](const KerasClass& known) { return naming::to_lower(known.class_name) == small; };
    const auto found = std::find_if(keras_.begin(), keras_.end(), same);
    return found == keras_.end() ? nullptr : &*found;
  }

  [[nodiscard]] Make find(std::string_view registered_name, const std::string& class_name) const {
    for (const std::string_view asked : {registered_name, std::string_view(class_name)}) {
      if (const auto* known = users_.find(asked)) return known->value;
    }
    if (const KerasClass* known = of_keras(class_name)) return known->make;
    std::vector<std::string_view> words;
    for (const KerasClass& known : keras_) words.push_back(known.class_name);
    ErrorParts parts = unknown_word(what_, class_name, words);
    if (const auto package = registered_name.find('>'); package != std::string_view::npos) {
      parts.fix = "register it before loading, under the package \"" + std::string(registered_name.substr(0, package)) + "\"";
    }
    throw Unsupported(std::move(parts));
  }

  std::string what_, module_;
  std::vector<KerasClass> keras_;
  Registered<Make> users_;
};

}  // namespace namesake::optim
