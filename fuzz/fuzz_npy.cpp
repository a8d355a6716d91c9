// NPY arrays.
#include "fuzz/answers.h"
#include "namesake/formats/npy.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::answers([&] { (void)formats::parse_npy(fuzz::bytes_of(data, size), "input.npy"); });
  return 0;
}
