#include "namesake/formats/weights_h5.h"

#include <utility>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/hdf5_entries.h"
#include "namesake/formats/legacy_h5.h"

namespace namesake::formats {

ModelFile read_hdf5_entries(const std::string& path, std::string format) {
  const auto mapped = base::MappedFile::open(path);
  ModelFile model{.format = std::move(format), .file = path, .size = mapped->bytes().size()};
  list_hdf5({.bytes = mapped->bytes(), .keeper = mapped, .name = path, .offset = 0, .file = mapped}, model);
  return model;
}

ModelFile read_h5(const std::string& path) {
  ModelFile model = read_hdf5_entries(path, "weights.h5");
  if (!looks_legacy(model)) return model;
  model.format = "h5";
  read_legacy_attributes(model);
  return model;
}

bool is_h5_name(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

}  // namespace namesake::formats
