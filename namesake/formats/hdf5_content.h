// Groups and arrays that shall stand in an HDF5 file, and how they are written: what archives, weight files and legacy files
// have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

class Hdf5Sink;

/// A group that shall stand in the file; those that the paths of arrays imply need not be listed.
struct GroupContent {
  std::string path;                            // "layers/dense/vars"; "" is the root
  JsonValue attributes = JsonValue::object();  // strings, numbers, lists of strings or integers: {"name": "dense_1"}
};

/// An array that shall stand in the file.
struct ArrayContent {
  std::string path;  // "layers/dense/vars/0"
  DType dtype = DType::kInvalid;
  Shape shape;
  Bytes bytes;  // row-major, little-endian
};

struct Hdf5Content {
  std::vector<GroupContent> groups;
  std::vector<ArrayContent> arrays;
};

/// Writes `content` and returns the size in bytes; equal content gives equal bytes. `name` is for messages. Throws
/// NameCollision if two arrays or two attributes of a group have one path, or an array's path is a group's too;
/// InvalidArgument if an array's bytes do not fit its shape; what the sink throws.
std::uint64_t write_hdf5(Hdf5Sink& sink, const std::string& name, const std::vector<GroupContent>& groups,
                         const std::vector<ArrayContent>& arrays);

/// Writes a file of its own, all or nothing. Throws as write_hdf5 does; IoError.
NAMESAKE_API void write_hdf5_file(const std::string& path, const Hdf5Content& content);

}  // namespace namesake::formats
