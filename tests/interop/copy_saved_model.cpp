// copy_saved_model IN OUT: what is read of a SavedModel's messages, of a frozen graph (.pb) or of a meta graph (.meta), written again.
// test_saved_model_files.py lets TensorFlow read the result.
#include <filesystem>
#include <fstream>
#include <iostream>

#include <namesake/formats/graph_def.h>
#include <namesake/formats/saved_model.h>

namespace fs = std::filesystem;
namespace nf = namesake::formats;

namespace {

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string in = arguments[1], out = arguments[2];
  try {
    if (!fs::is_directory(in)) {
      if (in.ends_with(".pb")) {
        write(out, nf::to_bytes(nf::read_graph_def(in)));
      } else {
        nf::SavedModelFile content;  // the one meta graph stands in a SavedModel
        content.meta_graphs.push_back(nf::read_meta_graph(in));
        write(out, nf::saved_model_bytes(content));
      }
      return 0;
    }
    fs::create_directories(out);
    fs::copy(in, out, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    const nf::SavedModelFile content = nf::read_saved_model(in);
    write(fs::path(out) / "saved_model.pb", nf::saved_model_bytes(content));
    if (!content.keras.empty()) write(fs::path(out) / "keras_metadata.pb", nf::keras_metadata_bytes(content.keras));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
