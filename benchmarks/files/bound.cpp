// Plain writing and reading of the same bytes: one buffer, a loop of write() and one fsync(); a loop of read() into a buffer that
// is new, as the memory of a model that is loaded is. No names, no checks, no shapes.
#include <cstddef>
#include <memory>

#include "benchmarks/files/cases.h"

namespace files {
namespace {

struct Bytes {
  explicit Bytes(std::uint64_t length) : size(length), data(new std::byte[length]) {}
  std::uint64_t size;
  std::unique_ptr<std::byte[]> data;
};

int opened(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (file < 0) {
    std::perror(path.c_str());
    std::exit(1);
  }
  return file;
}

void require(bool sound, const std::string& path) {
  if (sound) return;
  std::perror(path.c_str());
  std::exit(1);
}

Bytes read_all(const std::string& path) {
  const int file = opened(path, O_RDONLY);
  Bytes bytes(size_of_file(path));
  for (std::uint64_t done = 0; done < bytes.size;) {
    const ssize_t got = ::read(file, &bytes.data[done], bytes.size - done);
    require(got > 0, path);
    done += static_cast<std::uint64_t>(got);
  }
  ::close(file);
  return bytes;
}

void write_all(const std::string& path, const Bytes& bytes) {
  const int file = opened(path, O_WRONLY | O_CREAT | O_TRUNC);
  for (std::uint64_t done = 0; done < bytes.size;) {
    const ssize_t put = ::write(file, &bytes.data[done], bytes.size - done);
    require(put > 0, path);
    done += static_cast<std::uint64_t>(put);
  }
  require(::fsync(file) == 0, path);
  require(::close(file) == 0, path);
}

void run(const Arguments& arguments, const Case& c) {
  const std::string from = made_file(c), to = new_file(c) + ".plain";
  const auto settled = [&] {
    ::unlink(to.c_str());
    settle(from);
  };
  if (c.work == Work::kSave) {
    const Bytes bytes = read_all(from);
    const Measured m = measured(arguments, settled, [&] { write_all(to, bytes); });
    ::unlink(to.c_str());
    return print(arguments, c, m, 0);
  }
  Bytes bytes(0);
  const auto emptied = [&] {
    bytes = Bytes(0);
    settle(from);
  };
  Measured m = measured(arguments, emptied, [&] { bytes = read_all(from); });
  m.peak -= static_cast<double>(size_of_file(from));
  print(arguments, c, m, 0);
}

}  // namespace
}  // namespace files

int main(int argc, char** argv) {
  files::Arguments arguments;
  if (!bench::parse(argc, argv, arguments)) return 2;
  files::for_each_case(arguments, [&](const files::Case& c) {
    if (c.work != files::Work::kList) files::run(arguments, c);
  });
  return 0;
}
