// NPZ archives: zip and NPY together.
#include "fuzz/answers.h"
#include "fuzz/input_file.h"
#include "namesake/formats/npz.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile input(".npz");
  input.put(fuzz::bytes_of(data, size));
  fuzz::answers([&] {
    const formats::NpzFile file(input.path());
    for (const std::string& name : file.names()) fuzz::answers([&] { (void)file.read(name); });
  });
  return 0;
}
