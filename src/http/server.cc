// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <system_error>
#include <thread>

#include "base/file.h"
#include "base/guarded.h"
#include "base/log/log.h"
#include "http/internal/request_reader.h"
#include "http/internal/response_writer.h"
#include "http/internal/server_stream.h"
#include "http/loopback.h"

namespace aloft::http {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Connection {
  UniqueFd socket;
  std::thread thread;  // Only under the registry's lock.
  std::string peer_address;
  std::atomic<ConnectionState> state{ConnectionState::idle};
  SteadyClock::time_point idle_since = SteadyClock::now();  // Only under the registry's lock.
};

/// What connection threads share with the server, which joins them.
struct Shared {
  ServerOptions options;
  Handler handler;
  std::shared_ptr<const ServerIdentity> identity;  // Null: plain.
  std::atomic<bool> stopping{false};
  struct Registry {
    std::list<std::shared_ptr<Connection>> connections;
    std::vector<std::thread> ended;  // To be joined.
  };
  Guarded<Registry> registry;
  std::condition_variable changed;  // A connection became idle or ended, or stopping began.
};

void set_timeout(int socket, int option, std::chrono::milliseconds time) {
  const timeval value{.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
  ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof(value));
}

void prepare_socket(int socket, const ServerOptions& options) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  set_timeout(socket, SO_RCVTIMEO, options.io_timeout);
  set_timeout(socket, SO_SNDTIMEO, options.io_timeout);
}

/// Under the lock, so that who looks for an idle connection and then waits does not miss this one.
void become_idle(Shared& shared, Connection& connection) {
  const auto registry = shared.registry.lock();
  connection.idle_since = SteadyClock::now();
  connection.state = ConnectionState::idle;
  shared.changed.notify_all();
}

/// Closing a socket that holds unread bytes resets the connection, which can take our answer from
/// the peer before it is read: first say that nothing more comes, then let the peer finish.
void close_gently(Shared& shared, Connection& connection, ServerStream& stream) {
  constexpr std::chrono::seconds kPatience{5};
  const int socket = connection.socket.get();
  become_idle(shared, connection);  // Nothing is lost if it is retired now.
  stream.finish();
  if (::shutdown(socket, SHUT_WR) != 0) return;
  std::vector<std::byte> dropped(std::size_t{64} << 10);
  const auto give_up_at = SteadyClock::now() + kPatience;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up_at - SteadyClock::now());
    if (left.count() <= 0) return;
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || ::recv(socket, dropped.data(), dropped.size(), 0) <= 0) return;
  }
}

Response plain_answer(int status) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.set_body(std::string(reason_of(status)) + "\n");
  return response;
}

/// An absolute target ("http://host/path", as for a proxy) in the form that handlers expect.
void make_origin_form(std::string& target) {
  if (!target.starts_with("http://") && !target.starts_with("https://")) return;
  const std::size_t path = target.find('/', target.find("://") + 3);
  target = path == std::string::npos ? "/" : target.substr(path);
}

/// Sends the part of the answer that is to arrive, and has the socket's end be a reset.
void send_broken(Connection& connection, ResponseWriter& writer, Response& response,
                 Method method) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  writer.send(response, method, true);
}

/// Serves one connection until either side ends it.
void serve(Shared& shared, Connection& connection) {
  ServerStream stream(connection.socket.get(), shared.identity.get());
  RequestReader reader(stream, shared.options, connection.state);
  ResponseWriter writer(stream);
  Request request{.body = reader.body()};
  request.peer_address = connection.peer_address;
  request.over_tls = shared.identity != nullptr;
  while (!shared.stopping) {
    const auto outcome = reader.read_head(request.method, request.target, request.headers);
    if (outcome == RequestReader::Outcome::closed) break;
    if (outcome == RequestReader::Outcome::malformed) {
      Response refusal = plain_answer(reader.error_status());
      if (writer.send(refusal, Method::get, false)) close_gently(shared, connection, stream);
      return;
    }
    make_origin_form(request.target);
    Response response = shared.handler(request);
    if (response.reset_after_bytes) {
      send_broken(connection, writer, response, request.method);
      return;
    }
    const bool reusable = reader.finish_body();
    const bool keep = reusable && reader.keep_alive() && !shared.stopping;
    if (!writer.send(response, request.method, keep)) return;
    if (!reusable) return close_gently(shared, connection, stream);
    if (!keep) break;
    response = {};  // Frees what it holds before the wait for the next request.
    become_idle(shared, connection);
  }
  stream.finish();
}

/// True if the connection was idle and now ends.
bool retire(Connection& connection) {
  auto idle = ConnectionState::idle;
  if (!connection.state.compare_exchange_strong(idle, ConnectionState::retired)) return false;
  ::shutdown(connection.socket.get(), SHUT_RDWR);
  return true;
}

/// Makes room for one by ending the connection that is idle for longest, if any is and none is
/// about to end already.
void retire_oldest_idle(const Shared::Registry& registry) {
  for (;;) {
    Connection* oldest = nullptr;
    for (const auto& connection : registry.connections) {
      if (connection->state == ConnectionState::retired) return;
      if (connection->state == ConnectionState::idle &&
          (oldest == nullptr || connection->idle_since < oldest->idle_since)) {
        oldest = connection.get();
      }
    }
    // One that turned busy meanwhile is passed over.
    if (oldest == nullptr || retire(*oldest)) return;
  }
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  }
  return text;
}

struct Listener {
  UniqueFd socket;
  std::uint16_t port = 0;
};

Result<sockaddr_storage> listen_address(const ServerOptions& options, socklen_t& length) {
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(options.port);
    length = sizeof(v4);
  } else if (::inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(options.port);
    length = sizeof(v6);
  } else {
    return fail(ErrorCode::invalid_argument,
                "'" + options.address + "' is no IP address to listen on");
  }
  if (!is_loopback(options.address) && !options.allow_remote) {
    return fail(ErrorCode::invalid_argument,
                options.address + " can be reached from other machines: use 127.0.0.1 or ::1");
  }
  return address;
}

Result<Listener> listen_on(const ServerOptions& options) {
  socklen_t length = 0;
  sockaddr_storage address = TRY(listen_address(options, length));
  const std::string name = options.address + " port " + std::to_string(options.port);
  UniqueFd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_os(errno, "cannot make a socket for " + name);
  // A server that starts anew must not wait for the old one's connections to be forgotten.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    if (errno == EADDRINUSE) {
      return fail(ErrorCode::already_exists, name + " is in use by another program");
    }
    return fail_os(errno, "cannot listen on " + name);
  }
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return fail_os(errno, "cannot learn the port of " + name);
  }
  const std::uint16_t port = address.ss_family == AF_INET6
                                 ? ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port)
                                 : ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  return Listener{.socket = std::move(socket), .port = port};
}

class ThreadedServer final : public Server {
 public:
  ThreadedServer(Listener listener, UniqueFd wake, std::shared_ptr<Shared> shared)
      : listener_(std::move(listener)), wake_(std::move(wake)), shared_(std::move(shared)) {
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ThreadedServer() override { stop(); }

  std::uint16_t port() const override { return listener_.port; }
  void stop() override;

 private:
  void accept_all();
  void accept_one();
  void start_connection(std::shared_ptr<Connection> connection);
  void end_connections();
  void join_ended();
  void wait_for_room();
  bool full() {
    return shared_->registry.lock()->connections.size() >= shared_->options.connections_max;
  }

  Listener listener_;
  UniqueFd wake_;  // Readable once stop() was called.
  std::shared_ptr<Shared> shared_;
  std::thread acceptor_;
};

void ThreadedServer::accept_all() {
  while (!shared_->stopping) {
    pollfd waiting[] = {{.fd = listener_.socket.get(), .events = POLLIN, .revents = 0},
                        {.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR) {
      log(LogLevel::error, "the server cannot wait for connections: errno {}", errno);
      return;
    }
    if (shared_->stopping) return;
    if ((waiting[0].revents & POLLIN) == 0) continue;
    if (full()) wait_for_room();
    if (!shared_->stopping) accept_one();
  }
}

void ThreadedServer::wait_for_room() {
  auto registry = shared_->registry.lock();
  shared_->changed.wait(registry.mutex_lock(), [&] {
    if (shared_->stopping) return true;
    if (registry->connections.size() < shared_->options.connections_max) return true;
    retire_oldest_idle(*registry);  // At each change: all may have been busy when we came.
    return false;
  });
}

void ThreadedServer::accept_one() {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  UniqueFd socket(::accept4(listener_.socket.get(), reinterpret_cast<sockaddr*>(&address), &length,
                            SOCK_CLOEXEC));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log(LogLevel::warning, "the server cannot take a connection: errno {}", errno);
      auto registry = shared_->registry.lock();
      retire_oldest_idle(*registry);
      // The connection still waits, so poll() would return at once: wait until one has ended.
      const std::size_t before = registry->connections.size();
      shared_->changed.wait_for(registry.mutex_lock(), std::chrono::milliseconds(100), [&] {
        return shared_->stopping || registry->connections.size() < before;
      });
    }
    return;
  }
  prepare_socket(socket.get(), shared_->options);
  auto connection = std::make_shared<Connection>();
  connection->socket = std::move(socket);
  connection->peer_address = address_text(address);
  start_connection(std::move(connection));
}

void ThreadedServer::start_connection(std::shared_ptr<Connection> connection) {
  join_ended();
  const auto registry = shared_->registry.lock();
  const auto place = registry->connections.insert(registry->connections.end(), connection);
  const auto run = [&shared = *shared_, place] {
    serve(shared, **place);
    const auto ending = shared.registry.lock();
    ending->ended.push_back(std::move((*place)->thread));
    ending->connections.erase(place);
    shared.changed.notify_all();
  };
  try {
    connection->thread = std::thread(run);
  } catch (const std::system_error& error) {
    log(LogLevel::warning, "the server cannot start a thread: {}", error.what());
    registry->connections.erase(place);
  }
}

void ThreadedServer::join_ended() {
  std::vector<std::thread> ended;
  ended.swap(shared_->registry.lock()->ended);
  for (std::thread& thread : ended) thread.join();
}

void ThreadedServer::stop() {
  if (!acceptor_.joinable()) return;
  {
    const auto registry = shared_->registry.lock();
    shared_->stopping = true;
    shared_->changed.notify_all();
  }
  const std::uint64_t one = 1;
  CHECK(::write(wake_.get(), &one, sizeof(one)) == sizeof(one));
  acceptor_.join();
  listener_.socket = {};  // Who comes now is refused at once, instead of waiting for nobody.
  end_connections();
  join_ended();
}

void ThreadedServer::end_connections() {
  auto registry = shared_->registry.lock();
  for (const auto& connection : registry->connections) retire(*connection);
  const auto all_ended = [&] { return registry->connections.empty(); };
  if (shared_->changed.wait_for(registry.mutex_lock(), shared_->options.stop_grace, all_ended))
    return;
  for (const auto& connection : registry->connections) {
    ::shutdown(connection->socket.get(), SHUT_RDWR);
  }
  shared_->changed.wait(registry.mutex_lock(), all_ended);
}

}  // namespace

Result<std::size_t> RequestBody::read_full(std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const std::size_t got = TRY(read(buffer.subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

void Response::set_body(std::string text) {
  auto owned = std::make_shared<const std::string>(std::move(text));
  body = {std::as_bytes(std::span(*owned))};
  keeps_alive = std::move(owned);
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  std::shared_ptr<const ServerIdentity> identity;
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return fail(ErrorCode::invalid_argument,
                "TLS takes a certificate and its key: name both files");
  }
  if (!options.certificate_file.empty()) {
    identity = TRY(ServerIdentity::load(options.certificate_file, options.key_file));
  }
  Listener listener = TRY(listen_on(options));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return fail_os(errno, "cannot make an eventfd");
  auto shared = std::make_shared<Shared>();
  shared->options = std::move(options);
  shared->handler = std::move(handler);
  shared->identity = std::move(identity);
  return std::make_unique<ThreadedServer>(std::move(listener), std::move(wake), std::move(shared));
}

}  // namespace aloft::http
