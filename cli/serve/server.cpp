#include "cli/serve/server.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio.hpp>
#include <exception>
#include <string>
#include <utility>

namespace seqspan::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLook{200};
// After its answer a client may still be sending; what it sends is thrown away for so long, because
// closing at once would throw the answer away too.
constexpr std::chrono::milliseconds kLinger{200};

std::string answer_to(const HttpRequest& request, std::uint16_t port,
                      const Server::Handler& handler) {
  const bool with_body = request.method != "HEAD";
  if (!is_from_here(request, port)) {
    return response_text(refusal(403,
                                 "only pages of this server, and programs that call it 127.0.0.1 "
                                 "or localhost, are answered"),
                         with_body);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return response_text(refusal(405, "only GET is answered"), with_body);
  }
  try {
    return response_text(handler(request), with_body);
  } catch (const std::exception& exception) {
    return response_text(
        refusal(500, "this is a mistake in seqspan, not in the request", exception.what()),
        with_body);
  }
}

// One client: reads its request, answers, hears it out and goes. Alive as long as something of it
// is awaited.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Answer = std::function<std::string(const HttpRequest&)>;

  Connection(tcp::socket socket, const Answer& answer, std::size_t& open)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        answer_(answer),
        open_(open) {
    ++open_;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --open_; }

  void begin() {
    expire_after(Server::kDeadline);
    read();
  }

  // Where there is no room for another one.
  void turn_away() {
    expire_after(kLinger);
    write(response_text(refusal(503, "too many ask at once", {}, "ask again in a moment")));
  }

 private:
  // Closing ends whatever is awaited. One that has not asked yet is told first why.
  void expire_after(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = weak_from_this()](error_code error) {
      const auto alive = self.lock();
      if (error || !alive) return;
      error_code ignored;
      if (alive->text_.empty()) {
        const std::string late = response_text(refusal(408, "the request takes too long"));
        alive->socket_.non_blocking(true, ignored);
        alive->socket_.write_some(asio::buffer(late), ignored);
      }
      alive->socket_.close(ignored);
    });
  }

  void read() {
    socket_.async_read_some(asio::buffer(piece_),
                            [self = shared_from_this()](error_code error, std::size_t count) {
                              if (!error) self->take({self->piece_.data(), count});
                            });
  }

  void take(std::string_view piece) {
    received_ += piece;
    const ReadRequest read_so_far = read_request(received_);
    if (std::holds_alternative<Incomplete>(read_so_far)) return read();
    const auto* const request = std::get_if<HttpRequest>(&read_so_far);
    write(request != nullptr ? answer_(*request)
                             : response_text(std::get<HttpResponse>(read_so_far)));
  }

  void write(std::string text) {
    text_ = std::move(text);
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return;
                        error_code ignored;
                        self->socket_.shutdown(tcp::socket::shutdown_send, ignored);
                        self->expire_after(kLinger);
                        self->hear_out();
                      });
  }

  void hear_out() {
    socket_.async_read_some(asio::buffer(piece_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->hear_out();
                            });
  }

  tcp::socket socket_;
  asio::steady_timer deadline_;
  const Answer& answer_;
  std::size_t& open_;
  std::array<char, 4096> piece_{};
  std::string received_;
  std::string text_;  // of the answer; empty: not yet
};

}  // namespace

struct Server::Listener {
  explicit Listener(Handler handler)
      : answer([this, handler = std::move(handler)](const HttpRequest& request) {
          return answer_to(request, port, handler);
        }) {}

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (!error) {
        const bool full = open >= kMostConnections;
        const auto connection = std::make_shared<Connection>(std::move(socket), answer, open);
        full ? connection->turn_away() : connection->begin();
      }
      if (!error) return accept();
      // No descriptor is free now: when one is.
      retry.expires_after(kLook);
      retry.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
    });
  }

  Connection::Answer answer;
  std::uint16_t port = 0;
  std::size_t open = 0;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer retry{context};
};

Server::Server(Handler handler) : listener_(std::make_unique<Listener>(std::move(handler))) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return listener_->port; }

sim::Result<void> Server::listen(std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  tcp::acceptor& acceptor = listener_->acceptor;
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) listener_->port = acceptor.local_endpoint(error).port();
  if (!error) return {};
  return sim::environment_error(
      "the port cannot be listened on", fmt::format("127.0.0.1:{}", port), error.message(),
      error == asio::error::address_in_use ? "another --port, or 0 for a free one" : "");
}

void Server::run(const std::atomic<bool>& stop) {
  listener_->accept();
  while (!stop) listener_->context.run_for(kLook);
}

}  // namespace seqspan::cli
