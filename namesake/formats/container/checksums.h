// Whether a wrong checksum is an error. It is, but in fuzz targets: a fuzzer cannot guess checksums, and shall get behind
// them.
#pragma once

namespace namesake::formats {

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
inline constexpr bool kChecksumsCount = false;
#else
inline constexpr bool kChecksumsCount = true;
#endif

}  // namespace namesake::formats
