#include "namesake/base/size_limit.h"

#include <sys/resource.h>

namespace namesake::base {

bool exceeds_size_limit(std::uint64_t size) noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur;
}

}  // namespace namesake::base
