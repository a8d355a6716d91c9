// resave IN OUT [IN OUT]...: loads each model and saves it again. What the interop tests put between Keras and Keras.
#include <cstdio>
#include <exception>

#include <namesake/namesake.h>

int main(int count, char** words) {
  for (int i = 1; i + 1 < count; i += 2) {
    try {
      namesake::load_model(words[i]).save(words[i + 1]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
