// round_config < LINES: each line is {"kind": "layers", "object": <what Keras serialised>}; the answer to each is a line with {"object": <the same,
// made here and serialised again>} or {"error": "..."}. tools/coverage.py and test_coverage.py ask it what is known here.
#include <exception>
#include <iostream>
#include <string>

#include <namesake/formats/container/json.h>
#include <namesake/namesake.h>
#include <namesake/nn/serialization.h>

namespace nk = namesake;

namespace {

nk::JsonValue rounded(const std::string& kind, const nk::JsonValue& object) {
  if (kind == "layers") {
    const nk::Layer layer = nk::nn::deserialize_layer(nk::JsonView(object));
    return nk::nn::serialize_layer(*layer.ptr(), layer.name());
  }
  if (kind == "losses") return nk::Loss::deserialize(object).serialize();
  if (kind == "metrics") return nk::Metric::deserialize(object).serialize();
  if (kind == "optimizers") return nk::Optimizer::deserialize(object).serialize();
  if (kind == "schedules") return nk::LearningRateSchedule::deserialize(object).serialize();
  if (kind == "initializers") return nk::Initializer::deserialize(object).serialize();
  if (kind == "regularizers") return nk::Regularizer::deserialize(object).serialize();
  if (kind == "constraints") return nk::Constraint::deserialize(object).serialize();
  if (kind == "activations") return nk::ActivationFunction::deserialize(object).serialize();
  throw nk::InvalidArgument({.what = "No kind is called so.", .received = kind});
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    nk::JsonValue answer = nk::JsonValue::object();
    try {
      const nk::JsonValue asked = nk::formats::parse_json(line);
      answer.add("object", rounded(nk::JsonView(asked).at("kind").as_string(), nk::JsonView(asked).at("object").value()));
    } catch (const std::exception& error) {
      answer.add("error", std::string(error.what()));
    }
    std::cout << nk::to_json(answer) << std::endl;
  }
}
