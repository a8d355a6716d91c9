// to_common IN OUT: the archive of a model again, its config in words that Keras 2 and Keras 3 both know, without optimizer state.
#include <cstdio>
#include <exception>

#include "namesake/formats/keras_archive.h"
#include "namesake/saving/keras2_dialect.h"
#include "namesake/saving/load_model.h"

int main(int count, char** words) {
  if (count != 3) return 1;
  try {
    namesake::load_model(words[1]).save(words[2]);
    const auto file = namesake::formats::read_keras_archive(words[2]);
    namesake::formats::KerasArchiveContent content;
    content.config = namesake::saving::common_dialect_config(file.config);
    content.config.erase("namesake");
    for (const auto& group : file.groups) {  // Keras 2 wants `vars` of every layer
      if (!group.path.empty() && !group.path.starts_with("optimizer")) content.groups.push_back({group.path, group.attributes});
    }
    for (const auto& weight : file.weights) {
      if (!weight.path.starts_with("optimizer/")) content.arrays.push_back({weight.path, weight.dtype, weight.shape, weight.bytes()});
    }
    namesake::formats::write_keras_archive(words[2], content);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
