// Where an HDF5 file goes while it is written: into a file, from some offset on, or into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "namesake/base/atomic_file.h"
#include "namesake/base/export.h"
#include "namesake/formats/container/part_sums.h"

namespace namesake::formats {

/// Offsets count from the start of the HDF5 file. Both functions may throw; the writer hands the exception on.
class NAMESAKE_API Hdf5Sink {
 public:
  Hdf5Sink() = default;
  virtual ~Hdf5Sink() = default;
  Hdf5Sink(const Hdf5Sink&) = delete;
  Hdf5Sink& operator=(const Hdf5Sink&) = delete;
  /// Bytes never written read as zeros.
  virtual void write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// Gives back what was written; the writer asks for nothing else.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// Writes into `file` from byte `start` on: 0 for a file of its own, else a part of a zip archive, which wants its `sums`.
class NAMESAKE_API Hdf5FileSink final : public Hdf5Sink {
 public:
  explicit Hdf5FileSink(base::AtomicFile& file, std::uint64_t start = 0, PartSums* sums = nullptr)
      : file_(file), start_(start), sums_(sums) {}
  void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    sums_ != nullptr ? sums_->write(file_, start_ + offset, bytes) : file_.write_at(start_ + offset, bytes);
  }
  void read(std::uint64_t offset, std::span<std::byte> out) const override { file_.read_at(start_ + offset, out); }

 private:
  base::AtomicFile& file_;
  std::uint64_t start_;
  PartSums* sums_;
};

class NAMESAKE_API Hdf5MemorySink final : public Hdf5Sink {
 public:
  void write(std::uint64_t offset, std::span<const std::byte> bytes) override;
  void read(std::uint64_t offset, std::span<std::byte> out) const override;
  [[nodiscard]] const std::vector<std::byte>& bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace namesake::formats
