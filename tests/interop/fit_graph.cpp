// fit_graph EPOCHS BATCH [MODEL DATA.npz OUT]...: evaluates each compiled model, fits it without shuffling, evaluates it again and saves it. The
// arrays x0, x1, ... of DATA are the inputs in order, y0, y1, ... the targets, w0, ... sample weights, which may be left out; arrays
// x.image, y.age, ... go by name. On standard output one line of JSON a model:
//   {"before": {...}, "history": {"loss": [...]}, "after": {...}}
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

/// The arrays that are called `letter` and a number, or `letter`, a dot and a name; nothing if there is none.
nk::Feed feed(const nk::formats::NpzFile& data, const std::string& letter) {
  nk::Tensors found;
  for (int i = 0; data.has(letter + std::to_string(i)); ++i) found.push_back(data.read(letter + std::to_string(i)));
  std::vector<std::string> names;
  for (const std::string& name : data.names()) {
    if (!name.starts_with(letter + ".")) continue;
    names.push_back(name.substr(2));
    found.push_back(data.read(name));
  }
  if (!names.empty()) return nk::Feed::named(names, found);
  if (found.empty()) return {};
  return found.size() == 1 ? nk::Feed(found[0]) : nk::Feed(found);
}

nk::JsonValue object_of(const nk::Logs& logs) {
  nk::JsonValue object = nk::JsonValue::object();
  for (const auto& [name, value] : logs) object.add(name, value);
  return object;
}

nk::JsonValue object_of(const nk::History& history) {
  nk::JsonValue object = nk::JsonValue::object();
  for (const auto& [name, value] : history.epochs.at(0)) {
    nk::JsonValue values = nk::JsonValue::array();
    for (const double number : history[name]) values.push_back(number);
    object.add(name, std::move(values));
  }
  return object;
}

void run(std::int64_t epochs, std::int64_t batch, const char* from, const char* with, const char* to) {
  const nk::Model model = nk::load_model(from);
  const nk::formats::NpzFile data(with);
  const nk::Feed x = feed(data, "x"), y = feed(data, "y"), weights = feed(data, "w");
  const nk::EvaluateOptions asking{.batch_size = batch, .verbose = nk::Verbose::kSilent, .sample_weight = weights};
  nk::JsonValue answer = nk::JsonValue::object();
  answer.add("before", object_of(model.evaluate(x, y, asking)));
  answer.add("history", object_of(model.fit(x, y, {.batch_size = batch, .epochs = epochs, .verbose = nk::Verbose::kSilent, .shuffle = false, .sample_weight = weights})));
  answer.add("after", object_of(model.evaluate(x, y, asking)));
  model.save(to);
  std::printf("%s\n", nk::to_json(answer).c_str());
}

}  // namespace

int main(int count, char** words) {
  for (int i = 3; i + 2 < count; i += 3) {
    try {
      run(std::atoll(words[1]), std::atoll(words[2]), words[i], words[i + 1], words[i + 2]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
