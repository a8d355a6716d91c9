// Reads whatever a ModelFile has.
#pragma once

#include "fuzz/answers.h"
#include "namesake/formats/model_file.h"

namespace namesake::fuzz {

inline void read_all(const formats::ModelFile& file) {
  for (const formats::WeightEntry& weight : file.weights) {
    if (weight.byte_size > kMostRead) continue;
    answers([&] { (void)weight.to_tensor(); });
    answers([&] { promise(weight.bytes().span.size() == weight.byte_size); });
  }
  for (const formats::ArchiveEntry& entry : file.entries) {
    if (entry.size > kMostRead) continue;
    answers([&] { promise(entry.bytes().span.size() == entry.size); });
  }
  for (const formats::GroupEntry& group : file.groups) (void)group.stored_name();
}

}  // namespace namesake::fuzz
