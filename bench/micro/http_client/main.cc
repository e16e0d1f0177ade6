// SPDX-License-Identifier: Apache-2.0
// What our HTTP client costs against the least that the same bytes can cost (references.h): CPU
// time of this process, interleaved pairs. bench/README.md says how to read it.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../measure.h"
#include "azure/authorizer.h"
#include "base/temporary_directory.h"
#include "http/client.h"
#include "http/testing/self_signed.h"
#include "references.h"
#include "server.h"

namespace {

using namespace aloft;

constexpr int kRounds = 15;
constexpr std::size_t kPartBytes = 8u << 20;
constexpr std::size_t kBlockBytes = 4u << 20;
constexpr std::size_t kSmallBytes = 16u << 10;
constexpr std::size_t kTogether = 64;

/// Our side of all comparisons.
class Ours {
 public:
  Ours(const bench::ConstantServer& server, const std::string& authorities)
      : client_({.authorities_file = authorities}),
        plain_{.tls = false, .host = "127.0.0.1", .port = server.plain_port},
        tls_{.tls = true, .host = "127.0.0.1", .port = server.tls_port},
        authorizer_({.name = "lab", .credential = azure::SharedKey{std::string(64, 'k')}}),
        small_(kTogether, std::vector<std::byte>(kSmallBytes)),
        exchanges_(kTogether) {
    for (http::Exchange& exchange : exchanges_) pointers_.push_back(&exchange);
  }

  void get(bool tls, std::span<std::byte> sink) {
    begin(one_, tls, sink);
    CHECK(client_.perform(one_, {}).has_value() && one_.answer.sink_bytes == sink.size());
  }
  void put(bool tls, std::span<const std::byte> body) {
    begin(one_, tls, {});
    one_.method = http::Method::put;
    one_.body = body;
    CHECK(client_.perform(one_, {}).has_value() && one_.answer.status == 201);
  }
  void get_together(bool sign) {
    for (std::size_t i = 0; i < kTogether; ++i) {
      begin(exchanges_[i], false, small_[i]);
      if (sign) CHECK(authorizer_.authorize(exchanges_[i], {}).has_value());
    }
    client_.perform(pointers_, {});
    for (const http::Exchange& exchange : exchanges_) {
      CHECK(exchange.result.has_value() && exchange.answer.sink_bytes == kSmallBytes);
    }
  }

 private:
  void begin(http::Exchange& exchange, bool tls, std::span<std::byte> sink) {
    exchange.clear();
    exchange.endpoint = tls ? tls_ : plain_;
    exchange.target.append(std::to_string(sink.size()));
    exchange.headers.add("x-ms-version", "2021-12-02");
    exchange.headers.add("x-ms-range", "bytes=0-16383");
    exchange.sink = sink;
  }

  http::Client client_;
  const http::Endpoint plain_;
  const http::Endpoint tls_;
  const azure::Authorizer authorizer_;
  http::Exchange one_;
  std::vector<std::vector<std::byte>> small_;
  std::vector<http::Exchange> exchanges_;
  std::vector<http::Exchange*> pointers_;
};

/// As ours is with its signature.
std::string request(const char* method, std::size_t path, std::size_t body_bytes) {
  return std::string(method) + " /" + std::to_string(path) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nx-ms-version: 2021-12-02\r\nx-ms-range: bytes=0-16383\r\n"
         "x-ms-date: Sat, 21 Nov 2026 03:00:00 GMT\r\n"
         "Authorization: SharedKey lab:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n" +
         (body_bytes > 0 ? "Content-Length: " + std::to_string(body_bytes) + "\r\n" : "") + "\r\n";
}

struct Comparison {
  const char* title;
  const char* reference;
  double ratio_max;   ///< What we ask of ourselves.
  std::size_t bytes;  ///< Moved by one call.
  int calls;          ///< Per round.
  std::function<void()> ours;
  std::function<void()> theirs;
};

double cpu_us_per_call(const Comparison& comparison, const std::function<void()>& call) {
  const double before = bench::cpu_seconds();
  for (int i = 0; i < comparison.calls; ++i) call();
  return (bench::cpu_seconds() - before) * 1e6 / comparison.calls;
}

void compare(const Comparison& comparison) {
  std::vector<double> ours, theirs, ratios;
  for (int round = -1; round < kRounds; ++round) {
    const double our_us = cpu_us_per_call(comparison, comparison.ours);
    const double their_us = cpu_us_per_call(comparison, comparison.theirs);
    if (round < 0) continue;  // The warm-up: connections are made.
    ours.push_back(our_us);
    theirs.push_back(their_us);
    ratios.push_back(our_us / their_us);
  }
  const double gib = static_cast<double>(comparison.bytes) / static_cast<double>(1u << 30);
  std::printf("%-32s %-22s %-26s %-26s %-20s (at most %.2f)\n", comparison.title,
              comparison.reference, bench::spread(ours).c_str(), bench::spread(theirs).c_str(),
              bench::spread(ratios).c_str(), comparison.ratio_max);
  std::printf("%-32s %-22s %.3f s per GiB, %.3f s per GiB\n", "", "",
              bench::median(ours) * 1e-6 / gib, bench::median(theirs) * 1e-6 / gib);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  TemporaryDirectory directory;
  const std::string certificate = directory.path() + "/certificate.pem";
  const std::string key = directory.path() + "/key.pem";
  const auto identity = http::make_self_signed("IP:127.0.0.1");
  write_certificate(identity, certificate);
  write_key(identity, key);
  const bench::ConstantServer server = bench::start_server(certificate, key);

  Ours ours(server, certificate);
  bench::RawLoop raw(server.plain_port);
  bench::OpenSslLoop openssl(server.tls_port);
  std::vector<std::vector<std::byte>> small(kTogether, std::vector<std::byte>(kSmallBytes));
  bench::EpollLoop epoll(server.plain_port, small);
  std::vector<std::byte> part(kPartBytes);
  const std::span<const std::byte> block = std::span(part).first(kBlockBytes);

  const std::string get_part = request("GET", kPartBytes, 0);
  const std::string get_small = request("GET", kSmallBytes, 0);
  const std::string put_block = request("PUT", 0, kBlockBytes);
  const std::size_t part_bytes = bench::head_of_get(kPartBytes).size() + kPartBytes;
  const std::size_t small_bytes = bench::head_of_get(kSmallBytes).size() + kSmallBytes;
  const std::size_t created_bytes = bench::head_of_put().size();

  const Comparison comparisons[] = {
      {"GET 8 MiB", "recv loop", 1.10, kPartBytes, 24, [&] { ours.get(false, part); },
       [&] { raw.get(get_part, part_bytes, part); }},
      {"GET 8 MiB, TLS 1.3", "OpenSSL loop", 1.15, kPartBytes, 8, [&] { ours.get(true, part); },
       [&] { openssl.get(get_part, part_bytes, part); }},
      {"64 GET of 16 KiB", "epoll loop", 1.25, kTogether * kSmallBytes, 60,
       [&] { ours.get_together(false); }, [&] { epoll.get_all(get_small, small_bytes); }},
      {"64 GET of 16 KiB, SharedKey", "epoll loop, unsigned", 1.5, kTogether * kSmallBytes, 60,
       [&] { ours.get_together(true); }, [&] { epoll.get_all(get_small, small_bytes); }},
      {"PUT 4 MiB", "send loop", 1.15, kBlockBytes, 48, [&] { ours.put(false, block); },
       [&] { raw.put(put_block, block, created_bytes); }},
      {"PUT 4 MiB, TLS 1.3", "OpenSSL loop", 1.15, kBlockBytes, 16, [&] { ours.put(true, block); },
       [&] { openssl.put(put_block, block, created_bytes); }},
  };
  std::printf("CPU time of the client in us per call, medians [min-max] of %d interleaved pairs\n",
              kRounds);
  std::printf("%-32s %-22s %-26s %-26s %s\n", "", "reference", "ours", "reference", "ratio");
  const int only = count > 1 ? std::atoi(arguments[1]) : -1;
  for (int i = 0; i < static_cast<int>(std::size(comparisons)); ++i) {
    if (only < 0 || only == i) compare(comparisons[i]);
  }
  return 0;
}
