// Handwritten digits as images of 8x8, learnt by a convolutional net:
//   example_digits_conv data/digits.npz
// The model is saved as digits_conv.keras, loaded again and asked once more. The exit status is 0 only if it knows at least 98
// of 100 digits that it never saw, and the loaded model says the same.
#include <fmt/format.h>
#include <namesake/namesake.h>

#include <cstdio>

namespace nk = namesake;

/// The rows as images with one channel; every fifth one is held out.
void split(const nk::Dataset& all, nk::Dataset& train, nk::Dataset& held_out) {
  const nk::Tensor images = nk::reshape(all.x, {-1, 8, 8, 1});
  std::vector<std::int32_t> train_rows, held_out_rows;
  for (std::int32_t row = 0; row < all.rows(); ++row) (row % 5 == 4 ? held_out_rows : train_rows).push_back(row);
  const auto rows_of = [&](const std::vector<std::int32_t>& rows) {
    const auto indices = nk::Tensor::of<std::int32_t>(rows, {static_cast<std::int64_t>(rows.size())});
    return nk::Dataset{nk::take(images, indices), nk::take(all.y, indices)};
  };
  train = rows_of(train_rows);
  held_out = rows_of(held_out_rows);
}

nk::Sequential build_model() {
  return nk::Sequential({nk::Conv2D({.filters = 32, .kernel_size = 3, .padding = "same", .activation = "relu", .input_shape = {8, 8, 1}}),
                         nk::Conv2D({.filters = 32, .kernel_size = 3, .padding = "same", .activation = "relu"}),
                         nk::MaxPooling2D(),
                         nk::Conv2D({.filters = 64, .kernel_size = 3, .padding = "same", .activation = "relu"}),
                         nk::MaxPooling2D(),
                         nk::Flatten(),
                         nk::Dropout({.rate = 0.3}),
                         nk::Dense({.units = 10, .activation = "softmax"})});
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: example_digits_conv data/digits.npz\n");
    return 2;
  }
  try {
    nk::set_random_seed(1);
    nk::Dataset train, held_out;
    split(nk::load_data(argv[1]), train, held_out);
    fmt::print("{} digits to train on, {} held out\n", train.rows(), held_out.rows());

    nk::Sequential model = build_model();
    model.compile({.optimizer = nk::Adam({.learning_rate = 0.002}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    const nk::History history = model.fit(train.x, train.y, {.batch_size = 32, .epochs = 15, .validation_data = {{held_out.x, held_out.y}}});
    const double accuracy = history["val_accuracy"].back();
    fmt::print("accuracy on {} digits that it never saw: {:.3f}\n", held_out.rows(), accuracy);

    model.save("digits_conv.keras");
    nk::Model loaded = nk::load_model("digits_conv.keras");
    const nk::PredictOptions silent = {.verbose = nk::Verbose::kSilent};
    const bool same = model.predict(held_out.x, silent).to_vector<float>() == loaded.predict(held_out.x, silent).to_vector<float>();
    fmt::print("saved and loaded again: predictions are {}\n", same ? "equal" : "DIFFERENT");
    return accuracy >= 0.98 && same ? 0 : 1;
  } catch (const nk::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
