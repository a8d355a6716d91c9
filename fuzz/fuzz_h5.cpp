// `.weights.h5` and legacy `.h5` files, with all their weights and lists.
#include "fuzz/input_file.h"
#include "fuzz/read_all.h"
#include "namesake/formats/legacy_h5.h"
#include "namesake/formats/weights_h5.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile input(".h5");
  input.put(fuzz::bytes_of(data, size));
  fuzz::answers([&] {
    const formats::ModelFile file = formats::read_h5(input.path());
    fuzz::read_all(file);
    fuzz::answers([&] { (void)formats::legacy_weights(file); });
  });
  return 0;
}
