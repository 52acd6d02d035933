#include "cli/serve/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/render/format_version.hpp"
#include "cli/render/result_parts.hpp"

namespace seqspan::cli {
namespace {

constexpr std::size_t kMostHeaders = 100;
constexpr std::string_view kLineEnd = "\r\n";

const char* reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Absent where an escape is broken or stands for a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexadecimal(text[i + 1]);
      const int low = hexadecimal(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      constexpr int kBase = 16;
      c = static_cast<char>(high * kBase + low);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20U || byte == 0x7fU) return std::nullopt;
    result += c;
  }
  return result;
}

bool read_query(std::string_view text, HttpRequest& request) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) return false;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = decoded(pair.substr(0, equals));
    const auto value = decoded(pair.substr(std::min(pair.size(), equals + 1)));
    if (!key || key->empty() || !value) return false;
    if (!request.query.emplace(*key, *value).second) return false;
  }
  return true;
}

// "GET /path?query HTTP/1.1"
bool read_line(std::string_view line, HttpRequest& request) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return false;
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  request.method = line.substr(0, first);
  const bool is_word =
      !request.method.empty() && std::all_of(request.method.begin(), request.method.end(),
                                             [](char c) { return c >= 'A' && c <= 'Z'; });
  const std::string_view target = line.substr(first + 1, second - first - 1);
  if (!is_word || target.empty() || target.front() != '/') return false;
  const std::size_t question = std::min(target.find('?'), target.size());
  const auto path = decoded(target.substr(0, question));
  if (!path) return false;
  request.path = *path;
  return question == target.size() || read_query(target.substr(question + 1), request);
}

bool read_header(std::string_view line, HttpRequest& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c <= ' ' || c >= 0x7f) return false;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20U || byte == '\t';
  });
  // Two hosts or two lengths mean two things to two readers.
  return clean && request.headers.size() < kMostHeaders &&
         request.headers.emplace(std::move(name), value).second;
}

}  // namespace

HttpResponse refusal(int status, std::string_view what, std::string_view why, std::string_view fix,
                     std::string_view code) {
  Json error = {{"what", what}};
  if (!why.empty()) error["why"] = why;
  if (!fix.empty()) error["fix"] = fix;
  if (!code.empty()) error["code"] = code;
  return {status, "application/json",
          text_of({{"format_version", kFormatVersion}, {"error", std::move(error)}})};
}

ReadRequest read_request(std::string_view received) {
  const std::size_t end = received.substr(0, kLongestRequest).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (received.size() < kLongestRequest) return Incomplete{};
    return refusal(431, fmt::format("a request has at most {} bytes", kLongestRequest));
  }
  HttpRequest request;
  std::string_view head = received.substr(0, end);
  const std::string_view line = head.substr(0, head.find(kLineEnd));
  if (!read_line(line, request)) return refusal(400, "this is no request that is understood");
  head.remove_prefix(std::min(head.size(), line.size() + kLineEnd.size()));
  while (!head.empty()) {
    const std::string_view header = head.substr(0, head.find(kLineEnd));
    if (!read_header(header, request)) return refusal(400, "a header is not understood");
    head.remove_prefix(std::min(head.size(), header.size() + kLineEnd.size()));
  }
  const std::string length = request.header("content-length");
  if (request.headers.count("transfer-encoding") != 0 || (!length.empty() && length != "0")) {
    return refusal(413, "requests have no body", {}, "put what is asked into the address");
  }
  return request;
}

bool is_from_here(const HttpRequest& request, std::uint16_t port) {
  const auto is_own = [port](std::string_view text) {
    return text == fmt::format("127.0.0.1:{}", port) || text == fmt::format("localhost:{}", port);
  };
  if (!is_own(request.header("host"))) return false;
  if (request.headers.count("origin") != 0) {
    constexpr std::string_view kScheme = "http://";
    const std::string origin = request.header("origin");
    if (origin.rfind(kScheme, 0) != 0 || !is_own(origin.substr(kScheme.size()))) return false;
  }
  const std::string site = request.header("sec-fetch-site");
  return site.empty() || site == "same-origin" || site == "none";
}

std::string response_text(const HttpResponse& response, bool with_body) {
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer\r\n"
      "X-Frame-Options: DENY\r\n",
      response.status, reason_of(response.status), response.type, response.body.size());
  if (response.status == 405) text += "Allow: GET, HEAD\r\n";
  text += "\r\n";
  return with_body ? text + response.body : text;
}

}  // namespace seqspan::cli
