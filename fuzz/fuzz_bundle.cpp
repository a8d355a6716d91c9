// The index of a checkpoint, whose data file is missing, and the object graph.
#include "fuzz/answers.h"
#include "fuzz/input_file.h"
#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile input(".index");
  input.put(fuzz::bytes_of(data, size));
  fuzz::answers([&] {
    const formats::ModelFile file = formats::read_tensor_bundle(input.path());
    for (const formats::WeightEntry& weight : file.weights) {
      if (weight.byte_size <= fuzz::kMostRead) fuzz::answers([&] { (void)weight.to_tensor(); });
    }
    (void)formats::read_object_graph(file);
  });
  return 0;
}
