// Models out of files: config, compile settings, weights and optimizer state.
#include "fuzz/input_file.h"
#include "fuzz/answers.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/saving/load_model.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile archive(".keras"), legacy(".h5");
  const auto bytes = fuzz::bytes_of(data, size);
  fuzz::InputFile& input = formats::ZipReader::looks_like_zip(bytes) ? archive : legacy;
  input.put(bytes);
  fuzz::answers([&] { (void)load_model(input.path()); });
  return 0;
}
