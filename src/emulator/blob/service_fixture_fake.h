// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/fake_clock.h"
#include "emulator/blob/memory_storage.h"
#include "emulator/blob/sas.h"
#include "emulator/blob/service.h"
#include "emulator/blob/shared_key.h"
#include "emulator/wire/digest.h"

namespace aloft::emulator::blob {

/// A body that is all there, or that breaks off with an error one byte before its end.
class FakeBody final : public http::RequestBody {
 public:
  explicit FakeBody(std::string text, std::optional<Error> broken = {})
      : text_(std::move(text)), broken_(std::move(broken)) {}
  std::optional<std::uint64_t> length_bytes() const override {
    return text_.size() + (broken_ ? 1 : 0);
  }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    // In odd pieces, as a network gives them.
    const std::size_t got = std::min({buffer.size(), text_.size() - done_, std::size_t{1000}});
    text_.copy(reinterpret_cast<char*>(buffer.data()), got, done_);
    if (got == 0 && broken_) return tl::unexpected(*broken_);
    done_ += got;
    return got;
  }

 private:
  std::string text_;
  std::optional<Error> broken_;
  std::size_t done_ = 0;
};

struct FakeAnswer {
  int status = 0;
  std::string code{};  ///< x-ms-error-code.
  std::string body{};
  http::Headers headers{};
};

/// Signed requests to a service, without a server.
class FakeClient {
 public:
  /// `root` is the path of the account; `service` outlives the client.
  template <class AnyService>
  FakeClient(AnyService& service, Clock& clock, std::string root = "/acc/")
      : handle_([&service](http::Request& request) { return service.handle(request); }),
        clock_(clock),
        root_(std::move(root)) {}

  FakeAnswer request(std::string_view method, const std::string& path, http::Headers headers = {},
                     const std::string& content = {}) {
    headers.add("Host", "127.0.0.1:10000");
    headers.add("Content-Length", std::to_string(content.size()));
    headers.add("x-ms-version", "2021-12-02");
    headers.add("x-ms-date",
                format_http_date(std::chrono::floor<std::chrono::seconds>(clock_.wall_now())));
    auto target = parse_target(root_ + path);
    if (target) target->account = "acc";
    const std::string to_sign =
        target ? shared_key_string(http::parse_method(method), headers, *target) : "";
    headers.add("Authorization", "SharedKey acc:" + base64_encode(hmac_sha256("secret", to_sign)));
    return request_as_is(method, path, std::move(headers), content);
  }

  /// With a SAS of the account for all that is in it; `path` has a query already.
  FakeAnswer request_by_sas(std::string_view method, std::string path, std::string_view permissions,
                            std::string_view version, http::Headers headers = {},
                            const std::string& content = {}) {
    ((path += "&ss=b&srt=sco&se=2100-01-01T00:00:00Z&sv=") += version) += "&sp=";
    path += permissions;
    const std::string to_sign = account_sas_string("acc", parse_target(root_ + path)->query);
    path += "&sig=" + percent_encode(base64_encode(hmac_sha256("secret", to_sign)), false);
    headers.add("Content-Length", std::to_string(content.size()));
    return request_as_is(method, path, std::move(headers), content);
  }

  /// Neither signed nor dated.
  FakeAnswer request_as_is(std::string_view method, const std::string& path, http::Headers headers,
                           const std::string& content) {
    FakeBody body(content, broken);
    http::Request request{.method = http::parse_method(method),
                          .target = root_ + path,
                          .headers = std::move(headers),
                          .body = body,
                          .peer_address = "127.0.0.1",
                          .over_tls = over_tls};
    return read(handle_(request));
  }

  bool over_tls = false;
  std::optional<Error> broken{};  ///< How the bodies of requests break off.

 private:
  static FakeAnswer read(http::Response response) {
    FakeAnswer answer{.status = response.status};
    for (const auto& part : response.body) {
      answer.body.append(reinterpret_cast<const char*>(part.data()), part.size());
    }
    if (response.source) {
      answer.body.resize(static_cast<std::size_t>(response.source_length_bytes));
      CHECK(response.source->read(std::as_writable_bytes(std::span(answer.body))).has_value());
    }
    answer.code = response.headers.get("x-ms-error-code");
    answer.headers = std::move(response.headers);
    return answer;
  }

  const http::Handler handle_;
  Clock& clock_;
  const std::string root_;
};

/// A service whose account is in memory, with a client: what tests of it begin with.
class ServiceInMemory {
 protected:
  explicit ServiceInMemory(AccountSettings settings = {})
      : repository_(index_, storage_, clock_, {}, settings) {}

  FakeClock clock_;
  Index index_;
  MemoryStorage storage_{index_};
  Repository repository_;
  const identity::TokenIssuer tokens_{clock_};
  Service service_{{.name = "acc", .key = "secret", .tokens = &tokens_}, repository_};
  FakeClient client_{service_, clock_};
};

}  // namespace aloft::emulator::blob
