// HDF5 files, from memory.
#include <vector>

#include "fuzz/answers.h"
#include "namesake/formats/container/hdf5_file.h"

using namespace namesake;

namespace {

void read(const formats::Hdf5File& file, const formats::Hdf5Object& object) {
  if (object.dtype == DType::kString) {
    (void)file.read_strings(object);
    return;
  }
  std::vector<std::byte> elements(object.byte_size);
  file.read(object, elements);
  if (const auto data = file.data(object)) fuzz::promise(std::equal(data->begin(), data->end(), elements.begin(), elements.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::answers([&] {
    const formats::Hdf5File file(fuzz::bytes_of(data, size), "input.h5");
    for (const formats::Hdf5Object& object : file.objects()) {
      fuzz::promise(file.find(object.path) != nullptr);
      if (!object.is_dataset() || !object.unsupported.empty() || object.byte_size > fuzz::kMostRead) continue;
      fuzz::answers([&] { read(file, object); });
    }
  });
  return 0;
}
