#include "cli/serve/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

namespace seqspan::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 1024;
constexpr int kLookMilliseconds = 200;
// After its answer a client may still be sending; what it sends is thrown away for so long, because
// closing at once would throw the answer away too.
constexpr std::chrono::milliseconds kLinger{200};

}  // namespace

struct Server::Connection {
  int socket = -1;
  Clock::time_point deadline;
  std::string received;
  std::string answer;  // empty: not yet
  std::size_t sent = 0;
  bool lingers = false;
  bool done = false;
};

Server::~Server() {
  if (socket_ >= 0) ::close(socket_);
}

sim::Result<void> Server::listen(std::uint16_t port) {
  const auto refused = [&](const char* what) {
    const int reason = errno;
    return sim::environment_error(
        what, fmt::format("127.0.0.1:{}", port), std::strerror(reason),
        reason == EADDRINUSE ? "another --port, or 0 for a free one" : "");
  };
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return refused("there is no socket");
  const int yes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(socket_, kBacklog) != 0) {
    return refused("the port cannot be listened on");
  }
  socklen_t size = sizeof(address);
  if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return refused("the port is not known");
  }
  port_ = ntohs(address.sin_port);
  return {};
}

void Server::accept_all(std::vector<Connection>& connections) const {
  for (;;) {
    const int client = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;  // nobody waits, or no descriptor is free now
    Connection connection;
    connection.socket = client;
    connection.deadline = Clock::now() + kDeadline;
    if (connections.size() >= kMostConnections) {
      connection.answer =
          response_text(refusal(503, "too many ask at once", {}, "ask again in a moment"));
      write_to(connection);  // it fits in what the system buffers
      ::close(client);
      continue;
    }
    connections.push_back(std::move(connection));
  }
}

std::string Server::answer_to(const HttpRequest& request) const {
  const bool with_body = request.method != "HEAD";
  if (!is_from_here(request, port_)) {
    return response_text(refusal(403,
                                 "only pages of this server, and programs that call it 127.0.0.1 "
                                 "or localhost, are answered"),
                         with_body);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return response_text(refusal(405, "only GET is answered"), with_body);
  }
  try {
    return response_text(handler_(request), with_body);
  } catch (const std::exception& exception) {
    return response_text(
        refusal(500, "this is a mistake in seqspan, not in the request", exception.what()),
        with_body);
  }
}

void Server::read_from(Connection& connection) const {
  std::array<char, 4096> piece;  // NOLINT: filled by recv
  for (;;) {
    const ssize_t count = ::recv(connection.socket, piece.data(), piece.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      connection.done = true;
      return;
    }
    if (!connection.answer.empty()) continue;  // answered: thrown away
    connection.received.append(piece.data(), static_cast<std::size_t>(count));
    ReadRequest read = read_request(connection.received);
    if (std::holds_alternative<Incomplete>(read)) continue;
    const auto* request = std::get_if<HttpRequest>(&read);
    connection.answer =
        request != nullptr ? answer_to(*request) : response_text(std::get<HttpResponse>(read));
    connection.received = {};
    return;
  }
}

void Server::write_to(Connection& connection) {
  while (connection.sent < connection.answer.size()) {
    const ssize_t count = ::send(connection.socket, connection.answer.data() + connection.sent,
                                 connection.answer.size() - connection.sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0) {
      connection.done = true;
      return;
    }
    connection.sent += static_cast<std::size_t>(count);
  }
  if (connection.lingers) return;
  ::shutdown(connection.socket, SHUT_WR);
  connection.lingers = true;
  connection.deadline = std::min(connection.deadline, Clock::now() + kLinger);
}

void Server::run(const std::atomic<bool>& stop) {
  std::vector<Connection> connections;
  std::vector<pollfd> polled;
  while (!stop) {
    polled.assign(1, {socket_, POLLIN, 0});
    for (const Connection& connection : connections) {
      const bool writes = !connection.answer.empty() && !connection.lingers;
      polled.push_back({connection.socket, static_cast<short>(writes ? POLLOUT : POLLIN), 0});
    }
    ::poll(polled.data(), polled.size(), kLookMilliseconds);
    const std::size_t known = connections.size();
    for (std::size_t i = 0; i < known; ++i) {
      Connection& connection = connections[i];
      const short events = polled[i + 1].revents;
      if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) read_from(connection);
      if (!connection.done && !connection.answer.empty()) write_to(connection);
      if (Clock::now() < connection.deadline) continue;
      if (connection.answer.empty()) {
        connection.answer = response_text(refusal(408, "the request takes too long"));
        write_to(connection);
      }
      connection.done = true;
    }
    if ((polled[0].revents & POLLIN) != 0) accept_all(connections);
    std::erase_if(connections, [](const Connection& connection) {
      if (connection.done) ::close(connection.socket);
      return connection.done;
    });
  }
  for (const Connection& connection : connections) ::close(connection.socket);
}

}  // namespace seqspan::cli
