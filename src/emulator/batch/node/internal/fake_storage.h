// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "emulator/batch/node/internal/blob_url.h"
#include "emulator/blob/memory_storage.h"
#include "emulator/blob/sas.h"
#include "emulator/blob/service_fixture_fake.h"
#include "emulator/wire/digest.h"
#include "emulator/wire/query.h"
#include "http/server.h"

namespace aloft::emulator::batch {

/// For tests: a Blob service on a port of loopback, with a container "box".
class FakeStorage {
 public:
  /// May answer in the service's place.
  using Interceptor = std::function<std::optional<http::Response>(http::Request&)>;

  FakeStorage()
      : repository_(index_, storage_, system_clock(), {}),
        service_({.name = "acc", .key = "secret"}, repository_),
        client_(service_, system_clock()) {
    auto server = http::Server::start({}, [this](http::Request& request) {
      ++requests_;
      const Interceptor interceptor = *interceptor_.lock();
      if (interceptor) {
        if (auto response = interceptor(request)) return std::move(*response);
      }
      return service_.handle(request);
    });
    CHECK(server.has_value());
    server_ = std::move(*server);
    CHECK(client_.request("PUT", "box?restype=container").status == 201);
  }
  ~FakeStorage() { server_->stop(); }

  void put(const std::string& name, const std::string& content,
           std::initializer_list<http::Headers::Field> metadata = {}) {
    const std::string path = "box/" + percent_encode(name);
    CHECK(client_.request("PUT", path, {{"x-ms-blob-type", "BlockBlob"}}, content).status == 201);
    if (metadata.size() > 0) {
      CHECK(client_.request("PUT", path + "?comp=metadata", metadata).status == 200);
    }
  }
  blob::FakeAnswer get(const std::string& name) {
    return client_.request("GET", "box/" + percent_encode(name));
  }

  /// "http://127.0.0.1:PORT/acc".
  std::string account_url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/acc";
  }
  std::string url(const std::string& path = "box") const { return account_url() + "/" + path; }
  /// The same with a SAS that allows `permissions`.
  std::string sas_url(const std::string& permissions = "rwcl",
                      const std::string& path = "box") const {
    const std::string query =
        "sv=2021-12-02&ss=b&srt=co&sp=" + permissions + "&se=2099-01-01T00%3A00%3A00Z";
    const auto target = blob::parse_target("/acc?" + query);
    const std::string signature =
        base64_encode(hmac_sha256("secret", blob::account_sas_string("acc", target->query)));
    return url(path) + "?" + query + "&sig=" + percent_encode(signature, false);
  }

  void intercept(Interceptor interceptor) { *interceptor_.lock() = std::move(interceptor); }
  /// The next `count` requests get this status.
  void refuse(int count, int status) {
    intercept([left = std::make_shared<std::atomic<int>>(count),
               status](http::Request&) -> std::optional<http::Response> {
      if ((*left)-- <= 0) return std::nullopt;
      http::Response response;
      response.status = status;
      return response;
    });
  }
  int requests() const { return requests_; }

 private:
  blob::Index index_;
  blob::MemoryStorage storage_{index_};
  blob::Repository repository_;
  blob::Service service_;
  blob::FakeClient client_;
  std::atomic<int> requests_ = 0;
  Guarded<Interceptor> interceptor_;
  std::unique_ptr<http::Server> server_;
};

/// "Bearer good" makes `storage` read and write as with a SAS; other tokens are refused.
inline FakeStorage::Interceptor tokens_of(FakeStorage& storage) {
  const std::string sas = storage.sas_url("rwcl");
  return [query = sas.substr(sas.find('?') + 1)](
             http::Request& request) -> std::optional<http::Response> {
    if (request.headers.get("Authorization") == "Bearer good") {
      request.headers.remove("Authorization");
      const bool has_query = request.target.find('?') != std::string::npos;
      request.target += (has_query ? "&" : "?") + query;
    }
    return std::nullopt;
  };
}

}  // namespace aloft::emulator::batch
