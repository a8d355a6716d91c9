// JSON texts. What was read is written, and then reads as the same again.
#include "fuzz/answers.h"
#include "namesake/formats/container/json.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::answers([&] {
    const JsonValue value = formats::parse_json(fuzz::text_of(data, size), {.file = "input.json"});
    const std::string text = to_json(value);
    std::string again;
    fuzz::promise(fuzz::answers([&] { again = to_json(formats::parse_json(text)); }));
    fuzz::promise(again == text);
  });
  return 0;
}
