// parallel_for: one piece of work on all cores. The calling thread works too and takes piece after piece; the others help as
// far as they wake up in time, so that a busy machine costs little. Threads start at the first call, and are shared.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"

namespace namesake::base {

/// Threads that parallel_for may use, the calling one included: the cores of the machine.
[[nodiscard]] NAMESAKE_API int thread_count();

/// Calls run(context, i) for each i in [0, pieces), in any order, on several threads; returns when all are done. Rethrows the
/// first exception of a piece. Inside another parallel_for, or while another thread uses the threads, it runs right here.
NAMESAKE_API void parallel_for(std::int64_t pieces, void (*run)(void* context, std::int64_t piece), void* context);

/// The same with a callable: parallel_for(4, [&](std::int64_t i) { ... }).
template <class Body>
void parallel_for(std::int64_t pieces, Body body) {
  parallel_for(
      pieces, [](void* context, std::int64_t piece) { (*static_cast<Body*>(context))(piece); }, &body);
}

}  // namespace namesake::base
