// Two classifiers of handwritten digits, built, trained, saved and loaded in a loop:
//   example_digits data/digits.npz
// Each lives in a name scope of its own, so that no two weights share a name, in memory or in a file. The exit status is 0 only
// if everything that is said here was so.
#include <fmt/format.h>
#include <namesake/namesake.h>

#include <cstdio>

namespace nk = namesake;

nk::Sequential build_classifier(std::string_view name) {
  nk::NameScope scope(name);
  return nk::Sequential({nk::Dense({.units = 128, .activation = "relu", .input_shape = {64}, .name = "dense_1"}),
                         nk::Dense({.units = 10, .activation = "softmax", .name = "dense_2"})});
}

/// Every fifth row is held out.
void split(const nk::Dataset& all, nk::Dataset& train, nk::Dataset& held_out) {
  std::vector<std::int32_t> train_rows, held_out_rows;
  for (std::int32_t row = 0; row < all.rows(); ++row) (row % 5 == 4 ? held_out_rows : train_rows).push_back(row);
  const auto rows_of = [&](const std::vector<std::int32_t>& rows) {
    const auto indices = nk::Tensor::of<std::int32_t>(rows, {static_cast<std::int64_t>(rows.size())});
    return nk::Dataset{nk::take(all.x, indices), nk::take(all.y, indices)};
  };
  train = rows_of(train_rows);
  held_out = rows_of(held_out_rows);
}

bool same_numbers(const nk::Tensor& a, const nk::Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<float>() == b.to_vector<float>();
}

/// Trains and saves one classifier, loads it back, and shows what came of it.
bool train_and_save(int i, const nk::Dataset& train, const nk::Dataset& held_out) {
  const std::string name = fmt::format("model_{}", i);
  fmt::print("\n{}\n", name);

  nk::Sequential model = build_classifier(name);
  model.compile({.optimizer = nk::Adam({.learning_rate = 0.003}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  const nk::History history =
      model.fit(train.x, train.y, {.batch_size = 32, .epochs = 20, .validation_data = {{held_out.x, held_out.y}}});
  const double accuracy = history["val_accuracy"].back();
  fmt::print("accuracy on {} digits that it never saw: {:.3f}\n", held_out.rows(), accuracy);
  model.save(name);  // no extension: a SavedModel directory

  nk::Model loaded = nk::load_model(name);
  const bool same = same_numbers(model.predict(held_out.x, {.verbose = nk::Verbose::kSilent}),
                                 loaded.predict(held_out.x, {.verbose = nk::Verbose::kSilent}));
  fmt::print("saved and loaded again: predictions are {}\n{}", same ? "equal" : "DIFFERENT", nk::name_tree_of_file(name));
  return accuracy >= 0.95 && same;
}

/// Two layers of one model with one name: refused where the second one is made, not in the middle of a save.
bool collision_is_refused() {
  fmt::print("\nTwo layers of one name in one model:\n\n");
  try {
    nk::Sequential clash({nk::Dense({.units = 128, .input_shape = {64}, .name = "dense_1"}),
                          nk::Dense({.units = 10, .name = "dense_1"})});
    fmt::print("nothing was refused\n");
    return false;
  } catch (const nk::NameCollision& error) {
    fmt::print("{}\n", error.what());
    return error.places().size() == 2 && !error.fix().empty();
  }
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: example_digits data/digits.npz\n");
    return 2;
  }
  try {
    nk::set_random_seed(1);
    nk::Dataset train, held_out;
    split(nk::load_data(argv[1]), train, held_out);
    fmt::print("{} digits to train on, {} held out\n", train.rows(), held_out.rows());

    bool good = true;
    for (int i = 0; i < 2; ++i) good = train_and_save(i, train, held_out) && good;
    good = collision_is_refused() && good;
    return good ? 0 : 1;
  } catch (const nk::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
