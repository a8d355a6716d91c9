// A loss or metric together with its options, which are its config.
#pragma once

#include <utility>

#include "namesake/base/json.h"
#include "namesake/tensor/config_fields.h"

namespace namesake::nn {

/// `Body` is made of its `Options`; `Body::config`, if it has one, lists their fields.
template <class Body>
class WithOptions final : public Body {
 public:
  using Options = typename Body::Options;
  explicit WithOptions(Options options) : Body(options), options_(std::move(options)) {}
  void extend_config(JsonValue& config) const override {
    if constexpr (requires(Options& o, ConfigFields& f) { Body::config(o, f); }) {
      ConfigFields fields;
      Options options = options_;
      Body::config(options, fields);
      const JsonValue written = std::move(fields).take_written();
      for (const JsonMember& member : written.members()) config.add(member.key, member.value);
    } else {
      Body::extend_config(config);
    }
  }

 private:
  Options options_;
};

}  // namespace namesake::nn
