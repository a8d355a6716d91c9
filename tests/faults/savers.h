// Every way to write a file of a model, for tests that let each of them fail.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace namesake::faults {

/// Writes one of two files to a path: whichever `version` says, 0 or 1. The same version gives the same bytes every time.
struct Saver {
  std::string name;  // for messages: "convert to .keras"
  std::string file;  // a name that it takes: "model.keras"
  std::function<void(const std::string& path, int version)> save;
  bool is_command = false;  // a command or a training: it prints, and sets the process's random seed
};

/// All of them. The models are made at the first call, so that a child process finds them ready.
const std::vector<Saver>& savers();
const Saver& saver(const std::string& name);

/// What `saver` writes: the whole file.
const std::string& expected(const Saver& saver, int version);
/// "old", "new", or what else stands at `path`: 0 is the old version.
std::string which(const Saver& saver, const std::string& path);

}  // namespace namesake::faults
