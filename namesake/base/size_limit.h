// The system's limit on the size of files (`ulimit -f`). A write beyond it would end the process (SIGXFSZ), so whoever
// writes asks first, and reports EFBIG.
#pragma once

#include <cstdint>

namespace namesake::base {

/// Whether a file of `size` bytes is larger than this process may write.
[[nodiscard]] bool exceeds_size_limit(std::uint64_t size) noexcept;

}  // namespace namesake::base
