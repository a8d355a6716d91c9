// ConfigFields: an option struct (of a layer, an optimizer, a learning rate schedule) as a Keras config, both ways, from one
// list of its fields:
//   static void config(Options& o, ConfigFields& f) { f("units", o.units); f("activation", o.activation); }
// The same function writes get_config's object, reads from_config's, and so can neither forget nor misspell one side.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/shape.h"

namespace namesake {

/// A type that is read from its place in a config, so that errors can say it.
template <class T>
concept ReadsView = requires(const JsonView& json) {
  { T::deserialize(json) } -> std::convertible_to<T>;
};
/// A type of option that stands in a config as one value: Initializer, Activation, ...
template <class T>
concept ConfigValue = requires(const T& value) {
  { value.serialize() } -> std::convertible_to<JsonValue>;
} && (ReadsView<T> || requires(const JsonValue& json) {
  { T::deserialize(json) } -> std::convertible_to<T>;
});

class NAMESAKE_API ConfigFields {
 public:
  /// Writes fields into an object.
  ConfigFields() : written_(JsonValue::object()) {}
  /// Reads fields from `config`; one that is missing keeps its default.
  explicit ConfigFields(const JsonView& config) : source_(config) {}

  [[nodiscard]] bool reading() const noexcept { return source_.has_value(); }

  void operator()(std::string_view key, bool& value);
  void operator()(std::string_view key, std::int64_t& value);
  void operator()(std::string_view key, double& value);
  void operator()(std::string_view key, std::string& value);
  /// null: nothing, also where the default is something.
  void operator()(std::string_view key, std::optional<std::int64_t>& value);
  void operator()(std::string_view key, std::optional<double>& value);
  void operator()(std::string_view key, std::optional<std::string>& value);
  /// A list of integers, null for an open size; null: unknown rank.
  void operator()(std::string_view key, Shape& value);
  void operator()(std::string_view key, std::vector<std::int64_t>& value);
  void operator()(std::string_view key, std::vector<double>& value);
  void operator()(std::string_view key, std::vector<std::string>& value);
  template <ConfigValue T>
  void operator()(std::string_view key, T& value) {
    if (!reading()) {
      written_.add(key, value.serialize());
    } else if (const auto found = take(key)) {
      if constexpr (ReadsView<T>) {
        value = T::deserialize(*found);
      } else {
        value = T::deserialize(found->value());
      }
    }
  }
  /// A key that Keras writes and that has one meaning here: written as `fixed`; another value is refused as Unsupported.
  void always(std::string_view key, const JsonValue& fixed);
  /// Read and thrown away, never written: a key whose value changes nothing here.
  void ignore(std::string_view key) { known_.emplace_back(key); }

  [[nodiscard]] JsonValue take_written() && { return std::move(written_); }
  /// Throws Unsupported for a member that no field asked for, unless its value asks for nothing (null, false, empty).
  void refuse_others(std::string_view class_name) const;

 private:
  [[nodiscard]] std::optional<JsonView> take(std::string_view key);

  std::optional<JsonView> source_;
  JsonValue written_;
  std::vector<std::string> known_;
};

[[nodiscard]] NAMESAKE_API JsonValue shape_to_json(const Shape& shape);
[[nodiscard]] NAMESAKE_API Shape shape_from_json(const JsonView& json);

}  // namespace namesake
