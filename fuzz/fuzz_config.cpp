// Models out of configs, Keras 3's and Keras 2's, as a `.keras` file has them.
#include "fuzz/answers.h"
#include "namesake/formats/container/json.h"
#include "namesake/nn/weights_to_come.h"
#include "namesake/saving/keras_config.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::answers([&] {
    const JsonValue config = formats::parse_json(fuzz::text_of(data, size), {.file = "config.json"});
    const nn::WeightsToCome none("config.json", 0, true);
    (void)saving::model_from_config(JsonView(config, "config.json"), true);
  });
  return 0;
}
