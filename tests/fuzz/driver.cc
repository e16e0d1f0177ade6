// SPDX-License-Identifier: Apache-2.0
// driver RUNS CORPUS: runs a fuzz target on each file of a corpus, then on RUNS random mutations of
// them. The seed is printed; ALOFT_FUZZ_SEED repeats a run. The input that ends the program is left
// in "crash-SEED-RUN" in the working directory, which the target takes instead of a corpus.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "target.h"

namespace {

constexpr std::size_t kInputBytesMax = std::size_t{16} << 10;

// For the handler of signals, which may use nothing else.
const std::string* current_input = nullptr;
char crash_file[64] = "";

extern "C" void keep_input(int signal) {
  const int file = ::open(crash_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file >= 0 && current_input != nullptr) {
    [[maybe_unused]] const ssize_t written =
        ::write(file, current_input->data(), current_input->size());
    [[maybe_unused]] const ssize_t told = ::write(2, crash_file, std::strlen(crash_file));
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void run(const std::string& input) {
  current_input = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      files.push_back(entry.path());
    }
  } else {
    files.push_back(path);
  }
  std::ranges::sort(files);  // A directory has no order of its own, and a seed is to mean the same.
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    CHECK(stream.good());
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  CHECK(!corpus.empty());
  return corpus;
}

class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::vector<std::string>& corpus)
      : engine_(seed), corpus_(corpus) {}

  std::string next() {
    std::string input = any_of_corpus();
    for (std::size_t count = 1 + below(4); count > 0; --count) mutate(input);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_);
  }
  const std::string& any_of_corpus() { return corpus_[below(corpus_.size())]; }
  /// Of `input`: where it begins, and at most 64 bytes.
  std::pair<std::size_t, std::size_t> any_part(const std::string& input) {
    const std::size_t begin = below(input.size() + 1);
    return {begin, std::min(input.size() - begin, 1 + below(64))};
  }

  void mutate(std::string& input) {
    const auto [begin, length] = any_part(input);
    switch (below(7)) {
      case 0:
        input.erase(begin, length);
        break;
      case 1:
        input.insert(begin, 1 + below(3), static_cast<char>(below(256)));
        break;
      case 2:  // A character that means something more often than others.
        input.insert(begin, 1, kTelling[below(kTelling.size())]);
        break;
      case 3:
        if (begin < input.size()) input[begin] = static_cast<char>(below(256));
        break;
      case 4:
        if (begin < input.size()) {
          input[begin] = static_cast<char>(input[begin] ^ (1 << below(8)));
        }
        break;
      case 5:
        input.insert(below(input.size() + 1), input.substr(begin, length));
        break;
      default: {
        const std::string& other = any_of_corpus();
        const auto [from, count] = any_part(other);
        input.replace(begin, length, other, from, count);
      }
    }
  }

  static constexpr std::string_view kTelling{"<>&;\"'=:,/%?+-.#[]{}()0129 \t\r\n\0\x7f\xff", 34};

  std::mt19937_64 engine_;
  const std::vector<std::string>& corpus_;
};

std::uint64_t choose_seed() {
  const char* given = std::getenv("ALOFT_FUZZ_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s RUNS CORPUS\n", arguments[0]);
    return 2;
  }
  const unsigned long long seed = choose_seed();
  std::printf("ALOFT_FUZZ_SEED=%llu\n", seed);
  std::fflush(stdout);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    ::signal(signal, keep_input);
  }
  const std::vector<std::string> corpus = read_corpus(arguments[2]);
  std::snprintf(crash_file, sizeof(crash_file), "crash-%llu-corpus", seed);
  for (const std::string& input : corpus) run(input);
  Mutator mutator(seed, corpus);
  const long runs = std::strtol(arguments[1], nullptr, 10);
  for (long i = 0; i < runs; ++i) {
    std::snprintf(crash_file, sizeof(crash_file), "crash-%llu-%ld", seed, i);
    run(mutator.next());
  }
  std::printf("%ld runs\n", runs);
  return 0;
}
