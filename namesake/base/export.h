// What the shared library shows: everything else in it is hidden.
#pragma once

#if defined(NAMESAKE_BUILDING) || !defined(_WIN32)
#define NAMESAKE_API __attribute__((visibility("default")))
#else
#define NAMESAKE_API
#endif
