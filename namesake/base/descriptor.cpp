#include "namesake/base/descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace namesake::base {

Descriptor::~Descriptor() { static_cast<void>(close()); }

int Descriptor::close() noexcept {
  const int number = std::exchange(number_, -1);
  if (number < 0) return 0;
  // Linux frees the number even if close() is interrupted: trying again could close another thread's file.
  return ::close(number) == 0 || errno == EINTR ? 0 : errno;
}

}  // namespace namesake::base
