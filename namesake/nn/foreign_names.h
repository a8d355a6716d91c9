// While a ForeignNames lives, layers made on this thread may have any name that a reader accepts: the names of files are not
// ours to judge. Makers are held to naming/rules.h.
#pragma once

#include "namesake/base/export.h"

namespace namesake::nn {

class NAMESAKE_API ForeignNames {
 public:
  [[nodiscard]] ForeignNames();
  ~ForeignNames();
  ForeignNames(const ForeignNames&) = delete;
  ForeignNames& operator=(const ForeignNames&) = delete;
  [[nodiscard]] static bool accepted() noexcept;

 private:
  bool outer_;
};

}  // namespace namesake::nn
