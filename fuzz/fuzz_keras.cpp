// `.keras` archives, with all their weights and entries.
#include "fuzz/input_file.h"
#include "fuzz/read_all.h"
#include "namesake/formats/keras_archive.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile input(".keras");
  input.put(fuzz::bytes_of(data, size));
  fuzz::answers([&] { fuzz::read_all(formats::read_keras_archive(input.path())); });
  return 0;
}
