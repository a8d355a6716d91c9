// The work of this benchmark by Namesake: save, save_weights, load_model, load_weights, and the listing of a checkpoint.
//   bench_files --json [--case NAME]   times, memory and digests, see cases.h
//   bench_files --case make_files      makes the files that all programs load, and prints the digests of their models
#include <namesake/namesake.h>

#include <cstring>
#include <vector>

#include "benchmarks/files/cases.h"
#include "namesake/formats/tensor_bundle.h"

namespace nk = namesake;

namespace files {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

nk::Sequential make_model(const Arguments& arguments, const Size& size) {
  if (size.width == 0) {
    return nk::Sequential({nk::Dense({.units = 128, .activation = "relu", .input_shape = {784}}), nk::Dense({.units = 10, .activation = "softmax"})});
  }
  const int width = arguments.quick ? size.quick_width : size.width;
  nk::Sequential model;
  for (int i = 0; i < size.layers; ++i) {
    model.add(nk::Dense({.units = width, .activation = "relu", .input_shape = i == 0 ? nk::Shape{width} : nk::Shape{}}));
  }
  return model;
}

/// Weight i holds the numbers of a block over and over, beginning with number 1000 i.
void fill(const nk::Model& model) {
  std::vector<float> block(kBlock);
  for (std::size_t i = 0; i < kBlock; ++i) block[i] = unit(kKernel1, i);
  std::size_t at = 0;
  for (const nk::Variable& weight : model.weights()) {
    const std::span<float> values = weight.update<float>();
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = block[(j + at) % kBlock];
    at += 1000;
  }
}

/// The sum over i of i times the sum of the 32-bit words of weight i, i from 1, modulo 2^64.
std::uint64_t digest(const nk::Model& model) {
  std::uint64_t total = 0, i = 0;
  for (const nk::Variable& weight : model.weights()) {
    const nk::Tensor value = weight.value();
    std::uint64_t sum = 0;
    for (const float number : value.data<float>()) {
      std::uint32_t word = 0;
      std::memcpy(&word, &number, sizeof word);
      sum += word;
    }
    total += ++i * sum;
  }
  return total;
}

double bytes_of(const nk::Model& model) {
  double bytes = 0;
  for (const nk::Variable& weight : model.weights()) bytes += 4.0 * static_cast<double>(weight.shape().count());
  return bytes;
}

bool is_weights(const Case& c) { return c.format.name == "weights" || c.format.name == "checkpoint"; }

void save(const nk::Model& model, const Case& c, const std::string& path) {
  (void)(is_weights(c) ? model.save_weights(path) : model.save(path));
}

void run_save(const Arguments& arguments, const Case& c) {
  const nk::Sequential model = make_model(arguments, c.size);
  fill(model);
  const std::string path = new_path(c);
  const auto remove = [&] {
    ::unlink(new_file(c).c_str());
    if (!c.format.data.empty()) ::unlink((path + ".index").c_str());
  };
  const auto prepare = [&] {
    remove();
    settle(made_file(c));
  };
  const Measured m = measured(arguments, prepare, [&] { save(model, c, path); });
  const std::uint64_t wanted = digest(model);
  fill(model);
  (void)model.load_weights(path);
  remove();
  print(arguments, c, m, digest(model) == wanted ? wanted : 0);
}

void run_load_weights(const Arguments& arguments, const Case& c) {
  const nk::Sequential model = make_model(arguments, c.size);
  const auto prepare = [&] { settle(made_file(c)); };
  const Measured m = measured(arguments, prepare, [&] { (void)model.load_weights(made_path(c)); });
  print(arguments, c, m, digest(model));
}

void run_load(const Arguments& arguments, const Case& c) {
  if (is_weights(c)) return run_load_weights(arguments, c);
  nk::Model model;
  const auto prepare = [&] {
    model = {};
    settle(made_file(c));
  };
  Measured m = measured(arguments, prepare, [&] { model = nk::load_model(made_path(c)); });
  m.peak -= bytes_of(model);
  print(arguments, c, m, digest(model));
}

/// Only the index is read: the numbers' file is not touched. The digest is the sum of the sizes.
void run_list(const Arguments& arguments, const Case& c) {
  std::uint64_t bytes = 0;
  settle(made_path(c) + ".index");
  const Measured m = measured(arguments, [] {}, [&] {
    bytes = 0;
    for (const auto& weight : nk::formats::read_tensor_bundle(made_path(c)).weights) bytes += weight.byte_size;
  });
  print(arguments, c, m, bytes);
}

void make_files(const Arguments& arguments) {
  for (const Size& size : kSizes) {
    const nk::Sequential model = make_model(arguments, size);
    fill(model);
    for (const Format& format : kFormats) {
      const Case c{"", Work::kSave, format, size};
      if (is_tried(format, size)) save(model, c, made_path(c));
    }
    std::printf("{\"size\": \"%s\", \"digest\": %llu, \"bytes\": %.0f}\n", size.name.data(), static_cast<unsigned long long>(digest(model)), bytes_of(model));
  }
}

}  // namespace
}  // namespace files

int main(int argc, char** argv) {
  files::Arguments arguments;
  if (!bench::parse(argc, argv, arguments)) return 2;
  try {
    if (arguments.only == "make_files") {
      files::make_files(arguments);
    } else {
      files::for_each_case(arguments, [&](const files::Case& c) {
        c.work == files::Work::kSave ? files::run_save(arguments, c) : c.work == files::Work::kLoad ? files::run_load(arguments, c) : files::run_list(arguments, c);
      });
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_files: %s\n", error.what());
    return 1;
  }
  return 0;
}
