// SPDX-License-Identifier: Apache-2.0
#include "http/internal/dialer.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "http/loopback.h"

namespace aloft::http::internal {
namespace {

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// libcurl chooses a proxy by the scheme of the URL; ours is always http, because it must not begin
/// TLS, so it is looked up here. Empty: none. (HTTP_PROXY may be what somebody sent to a CGI
/// program, so nobody goes by it.)
std::string proxy_for(const Endpoint& endpoint, const ClientOptions& options) {
  const bool at_home = is_loopback(endpoint.host) && !options.use_proxies_for_loopback;
  if (!options.use_proxies || at_home) return "";
  using Names = std::array<const char*, 4>;
  constexpr Names kForTls{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  constexpr Names kForPlain{"http_proxy", "all_proxy", "ALL_PROXY"};
  for (const char* name : endpoint.tls ? kForTls : kForPlain) {
    const char* value = name == nullptr ? nullptr : std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

/// libcurl would speak TLS to it, and what it hands out is the socket below that.
bool wants_tls(const std::string& proxy) {
  return ::strncasecmp(proxy.c_str(), "https://", 8) == 0;
}

/// A scheme that libcurl does not know: it gives up, unless no_proxy leads around the proxy.
constexpr const char* kNoWay = "none://proxy";

}  // namespace

Dialer::Dialer() {
  start_libcurl();
  multi_.reset(curl_multi_init());
  CHECK(multi_ != nullptr);
}

void Dialer::start(const Endpoint& endpoint, std::size_t tag, const ClientOptions& options) {
  Dial dial{
      .endpoint = endpoint, .tag = tag, .easy = std::unique_ptr<CURL, EasyFree>(curl_easy_init())};
  CURL* const easy = dial.easy.get();
  CHECK(easy != nullptr);
  Endpoint plain = endpoint;
  plain.tls = false;
  curl_easy_setopt(easy, CURLOPT_URL, to_string(plain).c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(options.connect_time_max.count(), 1)));
  const std::string proxy = proxy_for(endpoint, options);
  dial.proxy_wants_tls = wants_tls(proxy);
  // An empty name keeps libcurl from looking for one itself.
  curl_easy_setopt(easy, CURLOPT_PROXY, dial.proxy_wants_tls ? kNoWay : proxy.c_str());
  CHECK(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
  dials_.push_back(std::move(dial));
}

void Dialer::wait(std::span<curl_waitfd> other_fds, std::chrono::milliseconds time_max,
                  const Done& done) {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  if (running == static_cast<int>(dials_.size())) {
    const int time_ms = static_cast<int>(std::clamp<std::int64_t>(time_max.count(), 0, 60'000));
    curl_multi_poll(multi_.get(), other_fds.data(), static_cast<unsigned>(other_fds.size()),
                    time_ms, nullptr);
    curl_multi_perform(multi_.get(), &running);
  }
  take_finished(done);
}

void Dialer::take_finished(const Done& done) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const auto found = std::ranges::find(dials_, message->easy_handle,
                                         [](const Dial& dial) { return dial.easy.get(); });
    CHECK(found != dials_.end());
    const std::size_t tag = found->tag;
    Result<UniqueFd> fd = outcome(*found, code);
    curl_multi_remove_handle(multi_.get(), found->easy.get());
    dials_.erase(found);
    done(tag, std::move(fd));
  }
}

Result<UniqueFd> Dialer::outcome(const Dial& dial, CURLcode code) {
  CURL* const easy = dial.easy.get();
  if (code == CURLE_OK) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    // libcurl closes its descriptor with the handle; the connection lives on in ours.
    const int fd = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return fail_os(errno, "cannot keep the connection to " + to_string(dial.endpoint));
    return UniqueFd(fd);
  }
  const std::string name = to_string(dial.endpoint);
  if (code == CURLE_COULDNT_RESOLVE_HOST) {
    return fail(ErrorCode::unavailable, "the host name of " + name +
                                            " is not known here; check the account name, the "
                                            "endpoint and the network");
  }
  long errno_value = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &errno_value);
  if (dial.proxy_wants_tls && errno_value == 0 && code == CURLE_COULDNT_CONNECT) {
    return fail(ErrorCode::unsupported,
                "cannot reach " + name + ": the proxy that the environment names for it " +
                    "(https_proxy, http_proxy or all_proxy) begins with https://, and proxies " +
                    "are spoken to without TLS; name it as http://HOST:PORT, or have no_proxy " +
                    "lead around it (the tunnel to https endpoints is encrypted all the same)");
  }
  const char* why = code == CURLE_OPERATION_TIMEDOUT ? "no answer in time"
                    : code == CURLE_COULDNT_CONNECT && errno_value != 0
                        ? std::strerror(static_cast<int>(errno_value))
                        : curl_easy_strerror(code);
  return fail(ErrorCode::unavailable, "cannot connect to " + name + ": " + why +
                                          "; check the endpoint, and that its server runs");
}

void Dialer::cancel() {
  for (const Dial& dial : dials_) curl_multi_remove_handle(multi_.get(), dial.easy.get());
  dials_.clear();
}

}  // namespace aloft::http::internal
