// run_signatures FOLDER IN.npz OUT.npz: runs every signature of a SavedModel. IN.npz has "<signature>/<input>" for all of them, OUT.npz gets
// "<signature>/<output>". What cannot be run is said on standard error. For test_graph_ops.py.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>
#include <namesake/saving/saved_model/saved_model.h>

namespace nk = namesake;

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: run_signatures FOLDER IN.npz OUT.npz\n";
    return 2;
  }
  int failed = 0;
  try {
    const nk::SavedModel loaded(argv[1]);
    const nk::formats::NpzFile arrays(argv[2]);
    std::vector<nk::formats::NamedTensor> found;
    for (const nk::SignatureInfo& signature : loaded.signatures()) {
      try {
        std::vector<std::string> names;
        nk::Tensors inputs;
        for (const nk::SignatureSpec& input : signature.inputs) {
          names.push_back(input.name);
          inputs.push_back(arrays.read(signature.name + "/" + input.name));
        }
        const nk::Feed outputs = loaded.run(nk::Feed::named(names, inputs), signature.name);
        for (std::size_t i = 0; i < outputs.size(); ++i) found.push_back({signature.name + "/" + outputs.names()[i], outputs[i]});
      } catch (const nk::Error& error) {
        std::cerr << signature.name << ": " << error.what() << '\n';
        ++failed;
      }
    }
    nk::formats::write_npz(argv[3], found);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return failed == 0 ? 0 : 1;
}
