// The one family of errors. Each has a stable code (a section of docs/errors.md), and a text in this grammar:
//   name-collision: two layers of model "classifier" are called "dense_1".
//     expected  ...
//     received  ...
//     first     examples/loop.cpp:14   Dense({.units = 128, .name = "dense_1"})   scope model_0
//     again     examples/loop.cpp:15   Dense({.units = 10, .name = "dense_1"})    scope model_0
//     fix       leave .name out, or give each its own name
// The library throws these and std::bad_alloc, and nothing else; it never prints, exits or aborts.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/site.h"

namespace namesake {

/// One of the places that an error speaks of.
struct Place {
  std::string label;   // "first", "again", "here"
  Site site;
  std::string detail;  // what stands there: `Dense({.units = 10, .name = "dense_1"})`
  std::string scope;   // the open name scope, "" at the root
};

/// The parts of an error; leave out what does not apply.
struct ErrorParts {
  std::string subject;   // what it is about: a name, a path, a file, an op
  std::string what;      // one sentence, with its full stop
  std::string expected;
  std::string received;
  std::vector<Place> places;
  std::string fix;
};

class NAMESAKE_API Error : public std::runtime_error {
 public:
  Error(std::string_view code, ErrorParts parts);

  /// A stable word: "name-collision", "shape-mismatch", ... See docs/errors.md.
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] const std::string& subject() const noexcept { return parts_.subject; }
  [[nodiscard]] const std::vector<Place>& places() const noexcept { return parts_.places; }
  [[nodiscard]] const std::string& fix() const noexcept { return parts_.fix; }
  [[nodiscard]] const ErrorParts& parts() const noexcept { return parts_; }

 private:
  std::string code_;
  ErrorParts parts_;
};

/// "name-collision": two things would share a name.
class NAMESAKE_API NameCollision : public Error {
 public:
  explicit NameCollision(ErrorParts parts) : Error("name-collision", std::move(parts)) {}
};

/// "invalid-name": a name that some target format cannot hold, or reserves.
class NAMESAKE_API InvalidName : public Error {
 public:
  explicit InvalidName(ErrorParts parts) : Error("invalid-name", std::move(parts)) {}
};

/// "shape-mismatch": shapes or dtypes that do not go together.
class NAMESAKE_API ShapeMismatch : public Error {
 public:
  explicit ShapeMismatch(ErrorParts parts) : Error("shape-mismatch", std::move(parts)) {}
};

/// "invalid-argument": a value outside what the function takes.
class NAMESAKE_API InvalidArgument : public Error {
 public:
  explicit InvalidArgument(ErrorParts parts) : Error("invalid-argument", std::move(parts)) {}
};

/// "unsupported": understood, and not done here.
class NAMESAKE_API Unsupported : public Error {
 public:
  explicit Unsupported(ErrorParts parts) : Error("unsupported", std::move(parts)) {}
};

/// "format-error": a file that is not what its format says.
class NAMESAKE_API FormatError : public Error {
 public:
  static constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

  /// `inner`: the place inside the file as a path (`config.json: config.layers[2].name`), "" if only `offset` (bytes) is known.
  FormatError(std::string file, std::string inner, ErrorParts parts, std::uint64_t offset = kNoOffset);

  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] const std::string& inner() const noexcept { return inner_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::string file_;
  std::string inner_;
  std::uint64_t offset_;
};

/// "io-error": the operating system refused.
class NAMESAKE_API IoError : public Error {
 public:
  /// `error_number` is an errno value; its text is appended. Without a `fix` of its own the error says what helps against
  /// this errno, where something does.
  IoError(std::string file, std::string doing, int error_number, std::string fix = "");
  [[nodiscard]] int error_number() const noexcept { return error_number_; }

 private:
  int error_number_;
};

}  // namespace namesake
