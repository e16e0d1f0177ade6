// SPDX-License-Identifier: Apache-2.0
// What one GET of 16 KiB costs on loopback: our client alone and many at a time, and libcurl's easy
// interface. The server is another process, so that the CPU time of this one is the client's.
#include <curl/curl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "measure.h"

namespace {

using namespace aloft;

constexpr std::size_t kBodyBytes = 16u << 10;
constexpr int kRequests = 5'000;
constexpr int kRounds = 11;
constexpr std::size_t kTogether = 64;

/// Serves until this process ends; returns its port.
std::uint16_t start_server() {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  std::uint16_t port = 0;
  if (child > 0) {
    CHECK(::read(ends[0], &port, sizeof port) == sizeof port);
    return port;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::vector<std::byte> body(kBodyBytes, std::byte{'x'});
  auto server = http::Server::start({}, [&](http::Request&) {
    http::Response response;
    response.body.emplace_back(body);
    return response;
  });
  CHECK(server.has_value());
  port = (*server)->port();
  CHECK(::write(ends[1], &port, sizeof port) == sizeof port);
  for (;;) ::pause();
}

/// Adds the headers that a signed request carries.
void prepare(http::Exchange& exchange, const http::Endpoint& endpoint, std::span<std::byte> sink) {
  exchange.clear();
  exchange.endpoint = endpoint;
  exchange.headers.add("x-ms-version", "2021-12-02");
  exchange.headers.add("x-ms-date", "Sat, 21 Nov 2026 03:00:00 GMT");
  exchange.headers.add("Authorization",
                       "SharedKey lab:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  exchange.headers.add("x-ms-range", "bytes=0-16383");
  exchange.sink = sink;
}

void get_alone(http::Client& client, const http::Endpoint& endpoint) {
  std::vector<std::byte> sink(kBodyBytes);
  http::Exchange exchange;
  for (int i = 0; i < kRequests; ++i) {
    prepare(exchange, endpoint, sink);
    CHECK(client.perform(exchange, {}).has_value() && exchange.answer.sink_bytes == kBodyBytes);
  }
}

void get_together(http::Client& client, const http::Endpoint& endpoint) {
  std::vector<std::vector<std::byte>> sinks(kTogether, std::vector<std::byte>(kBodyBytes));
  std::vector<http::Exchange> exchanges(kTogether);
  std::vector<http::Exchange*> pointers;
  for (auto& exchange : exchanges) pointers.push_back(&exchange);
  for (int i = 0; i < kRequests; i += static_cast<int>(kTogether)) {
    for (std::size_t j = 0; j < kTogether; ++j) prepare(exchanges[j], endpoint, sinks[j]);
    client.perform(pointers, {});
    for (const auto& exchange : exchanges) CHECK(exchange.result.has_value());
  }
}

struct CurlSink {
  std::vector<std::byte> bytes = std::vector<std::byte>(kBodyBytes);
  std::size_t filled = 0;
};

std::size_t take(char* data, std::size_t, std::size_t count, void* user) {
  auto& sink = *static_cast<CurlSink*>(user);
  CHECK(sink.filled + count <= sink.bytes.size());
  std::memcpy(sink.bytes.data() + sink.filled, data, count);
  sink.filled += count;
  return count;
}

void get_by_libcurl(CURL* easy) {
  CurlSink sink;
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
  for (int i = 0; i < kRequests; ++i) {
    sink.filled = 0;
    CHECK(curl_easy_perform(easy) == CURLE_OK && sink.filled == kBodyBytes);
  }
}

struct Contender {
  const char* name;
  std::function<void()> run;
  std::vector<double> cpu_us{};
  std::vector<double> wall_us{};
};

void connect_cost(const http::Endpoint& endpoint) {
  constexpr int kConnections = 500;
  std::vector<std::byte> sink(kBodyBytes);
  http::Client client({.idle_max_per_endpoint = 0});
  http::Exchange exchange;
  const double before = bench::cpu_seconds();
  for (int i = 0; i < kConnections; ++i) {
    prepare(exchange, endpoint, sink);
    exchange.headers.add("Connection", "close");
    CHECK(client.perform(exchange, {}).has_value());
  }
  std::printf("%-28s %7.1f us cpu with its own connection each\n", "ours, dialed by libcurl",
              (bench::cpu_seconds() - before) * 1e6 / kConnections);
}

}  // namespace

int main() {
  const http::Endpoint endpoint{.tls = false, .host = "127.0.0.1", .port = start_server()};
  http::Client client;
  CURL* const easy = curl_easy_init();
  curl_slist* headers = nullptr;
  http::Exchange model;
  prepare(model, endpoint, {});
  for (const auto& [name, value] : model.headers) {
    headers = curl_slist_append(headers, (std::string(name) + ": " + std::string(value)).c_str());
  }
  curl_easy_setopt(easy, CURLOPT_URL, to_string(endpoint).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);

  Contender contenders[] = {{"ours, one at a time", [&] { get_alone(client, endpoint); }},
                            {"ours, 64 at a time", [&] { get_together(client, endpoint); }},
                            {"libcurl easy, one at a time", [&] { get_by_libcurl(easy); }}};
  for (int round = 0; round < kRounds; ++round) {
    for (Contender& contender : contenders) {
      const double cpu = bench::cpu_seconds();
      const auto wall = system_clock().now();
      contender.run();
      contender.cpu_us.push_back((bench::cpu_seconds() - cpu) * 1e6 / kRequests);
      contender.wall_us.push_back(
          std::chrono::duration<double, std::micro>(system_clock().now() - wall).count() /
          kRequests);
    }
  }
  std::printf("GET of 16 KiB on loopback, medians of %d interleaved rounds of %d\n", kRounds,
              kRequests);
  for (const Contender& contender : contenders) {
    std::printf("%-28s %s us cpu, %7.1f us wall\n", contender.name,
                bench::spread(contender.cpu_us).c_str(), bench::median(contender.wall_us));
  }
  connect_cost(endpoint);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return 0;
}
