// What every fuzz target shares: a reader may answer any input with a value or with an Error of ours. Everything else
// (another exception, a broken promise, what the sanitizers see) ends the program, and libFuzzer keeps the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "namesake/base/error.h"

namespace namesake::fuzz {

/// Elements beyond this are not read, so that an execution stays fast; that larger claims are bounded, tests/corrupt checks.
inline constexpr std::uint64_t kMostRead = std::uint64_t{1} << 20;

inline std::span<const std::byte> bytes_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// True if `read` came to its end, false if it threw an Error.
template <class Read>
bool answers(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Ends the program if a promise is broken.
inline void promise(bool kept) {
  if (!kept) std::abort();
}

}  // namespace namesake::fuzz
